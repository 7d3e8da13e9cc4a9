"""Good photos as raws of some camera, and the ISP parameters that bring each photo back: where nothing is to gain."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from attiqa_core.photos.images import Picture, centre_crop, resize_short_edge, to_images
from attiqa_core.runs.progress import progress
from attiqa_core.tensors import Images
from isp_env.camera_rgb.prepared import prepare
from isp_env.frames.batch import FrameBatch
from isp_env.params import NAMES, IspParams
from isp_env.pipeline import render_prepared
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise

SIDE = 256  # px of the proxies
FIT_SIDE, FIT_STEPS, FIT_RATE = 96, 40, 0.05
KELVINS, EXPOSURES_EV, ISOS = (3500.0, 7000.0), (-0.5, 0.1), (100.0, 400.0, 1600.0)
CHUNK = 64
LEFT_OUT_OF_THE_FIT = ("denoise_luma", "denoise_chroma", "sharpen", "sharpen_radius_px", "clarity")


@dataclass(frozen=True)
class Scenes:
    """Square proxies of the photos' raws, on the CPU, and for each the action whose render is nearest to its photo."""

    frames: FrameBatch
    good: Float[Tensor, "scenes parameters"]

    @classmethod
    def of(
        cls, pictures: Sequence[Picture], device: torch.device | str = "cpu", seed: int = 0, *, quiet: bool = False
    ) -> "Scenes":
        """Return the scenes of these photos, fitted on `device`; the same pictures and seed give the same ones."""
        proxies: list[RawFrame] = []
        good: list[Tensor] = []
        numbers = list(range(len(pictures)))
        parts = [numbers[start : start + CHUNK] for start in range(0, len(numbers), CHUNK)]
        for part in progress(parts, label="scenes", unit="part", hidden=quiet):
            photos = torch.cat([_centre(pictures[index], 2 * SIDE) for index in part])
            frames = [_as_raw(photo, seed + index) for photo, index in zip(photos, part, strict=True)]
            good.append(fitted_actions(frames, photos, device).cpu())
            proxies += [frame.proxy(SIDE, square=True) for frame in frames]
        return cls(prepare(FrameBatch.stack(proxies)), torch.cat(good))

    def __len__(self) -> int:
        return len(self.good)

    @property
    def side(self) -> int:
        """Side of the proxies in px."""
        return self.frames.samples.shape[-1]

    def take(
        self, ids: Int[Tensor, " some"], device: torch.device
    ) -> tuple[FrameBatch, Float[Tensor, "some parameters"]]:
        """Return the proxies and good actions of some scenes on a device."""
        return self.frames.take(ids.cpu()).to(device), self.good[ids.cpu()].to(device)

    def render(self, ids: Int[Tensor, " some"], actions: Float[Tensor, "some parameters"]) -> Images:
        """Return renders of some scenes on the actions' device, (some, 3, side, side)."""
        return render_prepared(self.take(ids, actions.device)[0], IspParams.from_action(actions))[0]


@torch.enable_grad()
def fitted_actions(
    frames: Sequence[RawFrame], photos: Float[Tensor, "batch 3 height width"], device: torch.device | str = "cpu"
) -> Tensor:
    """Return the actions whose renders are nearest to the photos that the raws were made of.

    Found on small proxies by gradient; detail and noise are not fitted, they do not show there.
    """
    wanted = resize_short_edge(photos, FIT_SIDE).to(device)
    batch = prepare(FrameBatch.stack([frame.proxy(FIT_SIDE, square=True) for frame in frames], device))
    identity = IspParams.identity_action().to(device)
    free = torch.tensor([name not in LEFT_OUT_OF_THE_FIT for name in NAMES], device=device)
    actions = identity.repeat(len(frames), 1).requires_grad_(True)
    optimizer = torch.optim.Adam([actions], lr=FIT_RATE)
    for _ in range(FIT_STEPS):
        optimizer.zero_grad()
        rendered, _ = render_prepared(batch, IspParams.from_action(torch.where(free, actions, identity)))
        (rendered - wanted).abs().mean((1, 2, 3)).sum().backward()
        optimizer.step()
        with torch.no_grad():
            actions.clamp_(-1, 1)
    return torch.where(free, actions, identity).detach()


def _as_raw(photo: Float[Tensor, "3 height width"], seed: int) -> RawFrame:
    """The photo as some camera took it, rightly exposed and balanced, without noise."""
    drawn = np.random.default_rng(seed)
    cameras = list(CAMERAS.values())
    return synthesise(
        photo.permute(1, 2, 0).clamp(0, 1).numpy(),
        cameras[drawn.integers(len(cameras))],
        kelvin=float(drawn.uniform(*KELVINS)),
        exposure_ev=float(drawn.uniform(*EXPOSURES_EV)),
        iso=float(drawn.choice(ISOS)),
        name=str(seed),
    )


def _centre(picture: Picture, side: int) -> Float[Tensor, "1 3 side side"]:
    return centre_crop(resize_short_edge(to_images(picture[None]), side), side)
