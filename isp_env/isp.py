"""What makes pictures of raws under parameters: our own ISP, or whatever else keeps to the same protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.errors import UsageError
from attiqa_core.tensors import Crops, Images, PerImage
from isp_env.parameters.profiles import Profile
from isp_env.params import IspParams
from isp_env.pipeline import render_prepared
from isp_env.raw import RawFrame
from isp_env.rendering.appraisal import Render, pictures_of
from isp_env.rendering.compiled import compiled_render_prepared
from isp_env.rendering.frame_groups import Rows
from isp_env.tiles import render_full

Limits = dict[str, PerImage]
"""The penalties of `pipeline.render_with_penalties`, by name: 0 where nothing had to be taken away."""


class Isp(Protocol):
    """Makes display sRGB in [0, 1]; the same raw and parameters are the same picture."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def differentiable(self) -> bool:
        """Whether gradients flow from pictures to parameters."""
        ...

    @property
    def profile(self) -> Profile | None:
        """The profile that it brings; None: any of our own."""
        ...

    @property
    def described(self) -> Mapping[str, Any] | None:
        """What a policy's bundle says of it, ready for JSON, with its `name` and `sha256`; None for our own."""
        ...

    def check(self, profile: Profile) -> None:
        """Raises: UsageError for a profile whose parameters are none of its."""
        ...

    def pictures(self, rows: Rows, params: IspParams) -> tuple[Images, Crops | None, Limits]:
        """Return pictures of a group's rows at the size of their proxies, of their crops (all those of a row one after the
        other), and limits. Raises: InputError naming the raw that it cannot make a picture of."""
        ...

    def wholes(self, rows: Rows, params: IspParams) -> tuple[Images, Limits]:
        """Return the same without the crops."""
        ...

    def full(
        self, frame: RawFrame, params: IspParams, device: str | torch.device = "cpu"
    ) -> Float[Tensor, "3 height width"]:
        """Return one picture in full size, on the CPU. Raises: InputError as `pictures`."""
        ...


@dataclass(frozen=True)
class OwnIsp:
    """The ISP of `pipeline.py`; batches of exactly `compiled_batch` proxies are rendered under torch.compile."""

    compiled_batch: int | None = None
    name: str = "attiqa-isp"
    differentiable: bool = True
    profile: None = None
    described: None = None

    def check(self, profile: Profile) -> None:
        """Raises: UsageError for the parameters of another program."""
        refuse_foreign(profile)

    def pictures(self, rows: Rows, params: IspParams) -> tuple[Images, Crops | None, Limits]:
        return pictures_of(rows, params, self._render_of(rows))

    def wholes(self, rows: Rows, params: IspParams) -> tuple[Images, Limits]:
        return self._render_of(rows)(rows.group.frames.take(rows.places), params)

    def full(
        self, frame: RawFrame, params: IspParams, device: str | torch.device = "cpu"
    ) -> Float[Tensor, "3 height width"]:
        return render_full(frame, params, device=device)

    def _render_of(self, rows: Rows) -> Render:
        return compiled_render_prepared() if len(rows.places) == self.compiled_batch else render_prepared


def refuse_foreign(profile: Profile) -> None:
    """Raises: UsageError for a profile of another program's parameters, which our ISP does not have."""
    if profile.foreign:
        raise UsageError(
            f"profile {profile.name}: holds the parameters of another program, and our own ISP was to make the pictures; "
            "name the program's description as well (isp=, --isp)"
        )
