"""`LearnedIsp`: a learned copy in the place of the program itself, so that agents are trained on it by any algorithm."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.errors import InputError, UsageError
from attiqa_core.tensors import Crops, Images
from isp_env.black_box.isp import BlackBoxIsp
from isp_env.isp import Isp, Limits, OwnIsp
from isp_env.learned_isp.description import DESCRIPTION
from isp_env.learned_isp.files import LearnedModel, load_learned
from isp_env.learned_isp.seen import Seen, seen_of
from isp_env.parameters.profiles import Profile
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.rendering.frame_groups import FrameGroup, Rows

ROUNDING = 1e-5
"""Of an action: what nearer to the default is the default, so that its picture is the program's own to the last bit."""


class LearnedIsp:
    """Pictures as the program would make them, by a network. Gradients flow to the parameters.

    The program itself is asked for one picture of each raw, at its default; and for every picture in full size.
    """

    differentiable = True

    def __init__(self, model: LearnedModel, program: Isp):
        """Raises: InputError if the model is the copy of another program."""
        self.model, self.program = model, program
        self.name = f"learned {model.program['name']}"
        own = program.described or OUR_OWN
        if own["sha256"] != model.program["sha256"]:
            raise InputError(
                f"{self.name}: is a copy of {model.program['name']} {_short(model.program)}, not of {own['name']} {_short(own)}; "
                "give the description that it was made with, or imitate the program again"
            )
        self._network = model.network.requires_grad_(False)
        self._seen: dict[int, tuple[FrameGroup, Seen]] = {}

    @classmethod
    def load(cls, folder: str | Path, *, cache: Path | None = None, jobs: int | None = None) -> "LearnedIsp":
        """Return the ISP of a folder that `attiqa imitate` wrote; its program is found by the path that it was made with.

        Raises: InputError for a damaged folder, or a program that is gone or changed.
        """
        model = load_learned(folder)
        description = model.program.get("description")
        if description is None:
            return cls(model, OwnIsp())
        if not Path(description).is_file():
            raise InputError(
                f"{Path(folder) / DESCRIPTION}: the program's description {description} is gone, which is asked for each raw's "
                "default picture; put it back, or imitate the program again"
            )
        return cls(model, BlackBoxIsp.load(description, cache=cache, jobs=jobs))

    @property
    def described(self) -> Mapping[str, Any]:
        return dict(self.model.program) | {"learned": {"held_out": dict(self.model.held_out)}}

    @property
    def profile(self) -> Profile:
        return self.model.profile

    def check(self, profile: Profile) -> None:
        """Raises: UsageError for a profile that it was not trained with."""
        if profile != self.model.profile:
            raise UsageError(
                f"profile {profile.name}: is not that of {self.name}, whose parameters are {', '.join(self.model.profile.names)}; "
                "leave the profile out"
            )

    def pictures(self, rows: Rows, params: IspParams) -> tuple[Images, Crops | None, Limits]:
        seen, actions = self._seen_of(rows), self._actions(params)
        images = self._network(seen.views, seen.statistics, seen.shrinking, actions)
        crops = None
        if seen.crops is not None:
            count = seen.crops.shape[1]
            statistics, repeated = (each.repeat_interleave(count, 0) for each in (seen.statistics, actions))
            native = torch.ones_like(statistics[:, 0])
            crops = self._network(seen.crops.flatten(0, 1), statistics, native, repeated)
        none = torch.zeros_like(images[:, 0, 0, 0])
        return images, crops, {"over_range": none, "gamut": none}

    def wholes(self, rows: Rows, params: IspParams) -> tuple[Images, Limits]:
        seen = self._seen_of(rows)
        images = self._network(seen.views, seen.statistics, seen.shrinking, self._actions(params))
        none = torch.zeros_like(images[:, 0, 0, 0])
        return images, {"over_range": none, "gamut": none}

    def full(
        self, frame: RawFrame, params: IspParams, device: str | torch.device = "cpu"
    ) -> Float[Tensor, "3 height width"]:
        """Return the program's own picture: what was found on the copy counts by what the program makes of it."""
        return self.program.full(frame, params, device)

    def _seen_of(self, rows: Rows) -> Seen:
        group = rows.group
        if id(group) not in self._seen:  # with the group, whose id nobody else has while it is kept
            self._refuse_other_size(group)
            self._network.to(group.frames.samples.device)
            self._seen[id(group)] = group, seen_of(group, self.program, self.model.profile)
        return self._seen[id(group)][1].take(rows.places)

    def _refuse_other_size(self, group: FrameGroup) -> None:
        height, width = group.frames.samples.shape[-2:]
        size = round((height * width) ** 0.5)
        if abs(size - self.model.proxy_px) > 0.1 * self.model.proxy_px:
            raise UsageError(
                f"{self.name}: was trained on proxies of {self.model.proxy_px} px, not of {size}; "
                f"use --proxy-px {self.model.proxy_px}, or imitate the program at that size"
            )
        if group.crops is not None and not self.model.crops:
            raise UsageError(
                f"{self.name}: was trained without crops; use --crops 0, or imitate the program with crops"
            )

    def _actions(self, params: IspParams) -> Float[Tensor, "batch controls"]:
        """Actions in [-1, 1]; those that are the default but for rounding are it, and keep their gradient."""
        actions = params.to_action(self.model.profile)
        default = self._network.default_action.to(actions)
        near = (actions - default).abs() < ROUNDING
        return actions + torch.where(near, default - actions, torch.zeros_like(actions)).detach()


OUR_OWN: Mapping[str, Any] = {"kind": "our ISP", "name": "attiqa-isp", "sha256": ""}
"""What a copy of our own ISP says of its program."""


def _short(program: Mapping[str, Any]) -> str:
    return str(program["sha256"])[:12] or "(ours)"
