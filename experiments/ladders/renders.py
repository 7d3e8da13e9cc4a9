"""Ladders along the ISP's own axes: good photos as raws, rendered well, a little off and far off.

An agent can do nothing but move these controls, so a scorer that is to be its reward has to know where each of them
leads, alone in both directions and together.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from attiqa_core.distortions.photo_ladders import FIELD
from attiqa_core.distortions.rungs import Rungs, margins_of
from attiqa_core.photos.images import Picture, centre_crop, crop_at, resize_short_edge, to_images
from attiqa_core.runs import progress
from isp_env.frame_batch import FrameBatch
from isp_env.params import NAMES, IspParams
from isp_env.pipeline import prepare, render_prepared
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise

SIDE = 256  # px of the stored renders
FIT_SIDE, FIT_STEPS, FIT_RATE = 96, 40, 0.05
LADDERS_OF_A_PHOTO = 6
MARGINS = (0.05, 0.06)
"""Of the MOS range: between the good render and the near one, and between near and far."""

NEAR = (0.2, 0.5)  # of a control's way from the good render to its end
FAR = 2.5  # times as far
SINGLE = 0.7  # share of ladders that move one control alone
KELVINS, EXPOSURES_EV, ISOS = (3500.0, 7000.0), (-0.5, 0.1), (100.0, 400.0, 1600.0)
CHUNK = 16
LEFT_OUT_OF_THE_FIT = ("denoise_luma", "denoise_chroma", "sharpen", "sharpen_radius_px", "clarity")


class RenderLadders:
    """Renders of photos as synthetic raws, made once and kept as 8 bits: about 2.6 MB for each photo."""

    def __init__(self, pictures: Sequence[Picture], seed: int = 0, *, quiet: bool = False):
        """Render all ladders; the same pictures and seed give the same ones."""
        generator = torch.Generator().manual_seed(seed)
        self._good = torch.empty(len(pictures), 3, SIDE, SIDE, dtype=torch.uint8)
        self._off = torch.empty(len(pictures), LADDERS_OF_A_PHOTO, 2, 3, SIDE, SIDE, dtype=torch.uint8)
        parts = torch.arange(len(pictures)).split(CHUNK)
        for part in progress(parts, label="ladders", unit="part", hidden=quiet):
            numbers = part.tolist()
            self._render(part, [pictures[index] for index in numbers], [seed + index for index in numbers], generator)

    def _render(self, part: Tensor, pictures: list[Picture], seeds: list[int], generator: torch.Generator) -> None:
        photos = torch.cat([_centre(picture, 2 * SIDE) for picture in pictures])
        frames = [_as_raw(photo, seed) for photo, seed in zip(photos, seeds, strict=True)]
        good = fitted_actions(frames, photos)
        batch = prepare(FrameBatch.stack([frame.proxy(SIDE, square=True) for frame in frames]))
        with torch.no_grad():
            self._good[part] = _bytes(render_prepared(batch, IspParams.from_action(good))[0])
            for index in range(LADDERS_OF_A_PHOTO):
                near, far = drawn_actions(good, generator)
                for rung, actions in enumerate((near, far)):
                    self._off[part, index, rung] = _bytes(render_prepared(batch, IspParams.from_action(actions))[0])

    def draw(self, scenes: int, side: int, generator: torch.Generator) -> Rungs:
        """Return good, near and far renders of so many scenes, at most `FIELD` of `SIDE` px large."""
        device = generator.device
        field = round(FIELD * SIDE)
        photos = torch.randint(len(self._good), (scenes,), generator=generator, device=device).cpu()
        ladders = torch.randint(LADDERS_OF_A_PHOTO, (scenes,), generator=generator, device=device).cpu()
        places = torch.rand(3, generator=generator, device=device).tolist()
        whole = torch.stack([self._good[photos], *self._off[photos, ladders].unbind(1)])
        shown = to_images(crop_at(whole, field, *places).to(device))
        images = resize_short_edge(shown.flatten(0, 1), min(side, field // 32 * 32)).unflatten(0, (3, scenes))
        return Rungs(images, margins_of(images, torch.tensor(MARGINS, device=device)))

    def described(self) -> dict[str, Any]:
        """Return what a scorer's description says of them."""
        return {"photos": len(self._good), "ladders": LADDERS_OF_A_PHOTO, "px": SIDE}


@torch.enable_grad()
def fitted_actions(frames: Sequence[RawFrame], photos: Float[Tensor, "batch 3 height width"]) -> Tensor:
    """Return the actions whose renders are nearest to the photos that the raws were made of: where nothing is to gain.

    Found on small proxies by gradient; detail and noise are not fitted, they do not show there.
    """
    wanted = resize_short_edge(photos, FIT_SIDE)
    batch = prepare(FrameBatch.stack([frame.proxy(FIT_SIDE, square=True) for frame in frames]))
    identity = IspParams.identity_action()
    free = torch.tensor([name not in LEFT_OUT_OF_THE_FIT for name in NAMES])
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


def drawn_actions(good: Float[Tensor, "batch parameters"], generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return actions a little off and `FAR` times as far off, most of them along one control, either way."""
    count, parameters = good.shape
    single = torch.rand(count, 1, generator=generator) < SINGLE
    one = torch.zeros(count, parameters).scatter_(1, torch.randint(parameters, (count, 1), generator=generator), 1.0)
    some = (torch.rand(count, parameters, generator=generator) < 0.4).float()
    moved = torch.where(single, one, some)
    direction = torch.where(torch.rand(count, parameters, generator=generator) < 0.5, -1.0, 1.0)
    direction = torch.where(good <= -0.9, 1.0, torch.where(good >= 0.9, -1.0, direction))
    low, high = NEAR
    amount = (low + (high - low) * torch.rand(count, 1, generator=generator)) * moved * direction
    return (good + amount).clamp(-1, 1), (good + FAR * amount).clamp(-1, 1)


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


def _bytes(images: Tensor) -> UInt8[Tensor, "batch 3 height width"]:
    return (images * 255).round().to(torch.uint8)
