"""`BlackBoxIsp`: another program in the place of our ISP, for environments, searches and agents."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.errors import InputError, UsageError
from attiqa_core.tensors import Crops, Images
from isp_env.black_box.command_isp import CommandIsp, Failure, Request
from isp_env.black_box.description import BlackBox
from isp_env.black_box.views import FINEST, ProxyView
from isp_env.isp import Limits
from isp_env.parameters.profiles import Profile
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.rendering.frame_groups import Rows, Source

PRICE_OF_NONE = 1.0
"""`over_range` of a setting under which the program gives no picture, which is seen as black: as if every pixel were a whole
range away."""


class BlackBoxIsp:
    """Whatever a description's program makes of raws. No gradient flows through it.

    A setting under which it gives no picture is warned of, seen as black, and priced by PRICE_OF_NONE; a raw of which it gives
    none under its defaults is an error. `square` is the task's.
    """

    differentiable = False

    def __init__(self, command: CommandIsp, *, square: bool = False):
        self.command, self.square = command, square
        self.black_box = command.black_box
        self.name, self.profile = self.black_box.name, self.black_box.profile

    @classmethod
    def load(
        cls, path: str | Path, *, cache: Path | None = None, jobs: int | None = None, square: bool = False
    ) -> "BlackBoxIsp":
        """Return the ISP of a TOML file. Raises: InputError as `BlackBox.load` and `CommandIsp`."""
        return cls(CommandIsp(BlackBox.load(path), cache, jobs), square=square)

    @property
    def described(self) -> Mapping[str, Any]:
        return self.black_box.described()

    def check(self, profile: Profile) -> None:
        """Raises: UsageError for a profile that is not the program's."""
        if profile.foreign != self.profile.foreign:
            raise UsageError(
                f"profile {profile.name}: is not that of {self.name}, whose parameters are "
                f"{', '.join(self.profile.names)}; leave the profile out"
            )

    def pictures(self, rows: Rows, params: IspParams) -> tuple[Images, Crops | None, Limits]:
        sources, device = rows.sources, params.values.device
        size = tuple(rows.group.frames.samples.shape[-2:])
        crop_px = 0 if rows.group.crops is None else rows.group.crops.frames[0].samples.shape[-1]
        kept = self._kept(sources, params, size, crop_px)
        images = torch.stack([_unit(each["proxy"]) for each in kept]).to(device)
        crops = torch.cat([_units(each["crops"]) for each in kept]).to(device) if crop_px else None
        price = torch.tensor([float(each.get("none", 0.0)) for each in kept], device=device)
        return images, crops, {"over_range": price * PRICE_OF_NONE, "gamut": torch.zeros_like(price)}

    def wholes(self, rows: Rows, params: IspParams) -> tuple[Images, Limits]:
        images, _, limits = self.pictures(rows, params)
        return images, limits

    def full(
        self, frame: RawFrame, params: IspParams, device: str | torch.device = "cpu"
    ) -> Float[Tensor, "3 height width"]:
        del device  # the program decides
        _refuse_other_than_file(frame.name, frame.path, "variation" in frame.metadata)
        (answer,) = self.command.pictures([Request(Path(frame.path), params.to_dicts()[0])])
        if isinstance(answer, Failure):
            raise InputError(answer.why)
        return answer

    def _kept(
        self, sources: Sequence[Source], params: IspParams, size: tuple[int, ...], crop_px: int
    ) -> list[dict[str, Any]]:
        """What is seen of each picture: `proxy` and `crops`, and `none` where there is no picture."""
        height, width = size
        asked = []
        for source, values in zip(sources, params.to_dicts(), strict=True):
            _refuse_other_than_file(source.name, source.path, source.varied)
            view = ProxyView((height, width), source.frame_px, self.square, source.corners, crop_px)
            asked.append((Request(Path(source.path), values), view))
        answers = self.command.views(asked)
        black = {
            "proxy": np.zeros((height, width, 3), np.uint16),
            "crops": np.zeros((len(sources[0].corners), crop_px, crop_px, 3), np.uint8),
            "none": 1.0,
        }
        return [self._or_black(*each, black) for each in zip(asked, answers, strict=True)]

    def _or_black(
        self, asked: tuple[Request, ProxyView], answer: dict[str, Any] | Failure, black: dict[str, Any]
    ) -> dict[str, Any]:
        if not isinstance(answer, Failure):
            return answer
        texts = self.black_box.texts(asked[0].values)
        if texts == self.black_box.texts({}):
            raise InputError(answer.why)
        said = ", ".join(f"{name} {text}" for name, text in texts.items())
        warnings.warn(f"{answer.why} (under {said}; it is seen as black)")
        return black


def _refuse_other_than_file(name: str, path: str, varied: bool) -> None:
    if varied:
        raise InputError(
            f"{name}: was changed after it was read, and another program reads the file itself; give it raws as they are"
        )
    if not path or not Path(path).is_file():
        raise InputError(f"{path or name}: is no raw file that another program could read")


def _unit(pixels: np.ndarray) -> Float[Tensor, "3 height width"]:
    """Samples of as many bits as they have, in [0, 1]."""
    return _units(pixels[None])[0]


def _units(pixels: np.ndarray) -> Images:
    white = FINEST if pixels.dtype == np.uint16 else 255
    return torch.from_numpy(pixels.astype(np.float32) / white).permute(0, 3, 1, 2).contiguous()
