"""Ladders along the ISP's own axes: good photos as raws, rendered well, a little off and far off.

An agent can do nothing but move these controls, so a scorer that is to be its reward has to know where each of them
leads, alone in both directions and together.
"""

from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from attiqa_core.distortions.photo_ladders import FIELD
from attiqa_core.distortions.rungs import Rungs, Score, margins_of
from attiqa_core.photos.images import crop_at, resize_short_edge, to_images
from attiqa_core.runs.progress import progress
from attiqa_core.tensors import Images
from experiments.ladders.scenes import CHUNK, Scenes

LADDERS_OF_A_PHOTO = 6
MARGINS = (0.05, 0.06)
"""Of the MOS range: between the good render and the near one, and between near and far."""

NEAR = (0.2, 0.5)  # of a control's way from the good render to its end
FAR = 2.5  # times as far
SINGLE = 0.7  # share of ladders that move one control alone


class RenderLadders:
    """Renders of photos as synthetic raws, made once and kept as 8 bits: about 2.6 MB for each photo."""

    def __init__(self, scenes: Scenes, device: torch.device | str = "cpu", seed: int = 0, *, quiet: bool = False):
        """Render all ladders on `device`; the same scenes and seed give the same ones."""
        generator = torch.Generator().manual_seed(seed)
        size = (3, scenes.side, scenes.side)
        self._good = torch.empty(len(scenes), *size, dtype=torch.uint8)
        self._off = torch.empty(len(scenes), LADDERS_OF_A_PHOTO, 2, *size, dtype=torch.uint8)
        for part in progress(torch.arange(len(scenes)).split(CHUNK), label="ladders", unit="part", hidden=quiet):
            good = scenes.good[part]
            self._good[part] = _rendered(scenes, part, good.to(device))
            for index in range(LADDERS_OF_A_PHOTO):
                for rung, actions in enumerate(drawn_actions(good, generator)):
                    self._off[part, index, rung] = _rendered(scenes, part, actions.to(device))

    def draw(self, scenes: int, side: int, generator: torch.Generator, score: Score) -> Rungs:
        """Return good, near and far renders of so many scenes, at most `FIELD` of a proxy large."""
        device = generator.device
        photos = torch.randint(len(self._good), (scenes,), generator=generator, device=device).cpu()
        ladders = torch.randint(LADDERS_OF_A_PHOTO, (scenes,), generator=generator, device=device).cpu()
        whole = torch.stack([self._good[photos], *self._off[photos, ladders].unbind(1)])
        images = drawn_view(to_images(whole.flatten(0, 1).to(device)), side, generator).unflatten(0, (3, scenes))
        return Rungs(images, margins_of(images, torch.tensor(MARGINS, device=device)))

    def described(self) -> dict[str, Any]:
        """Return what a scorer's description says of them."""
        return {"photos": len(self._good), "ladders": LADDERS_OF_A_PHOTO, "px": self._good.shape[-1]}


def drawn_view(renders: Images, side: int, generator: torch.Generator) -> Float[Tensor, "batch 3 {side} {side}"]:
    """Return one drawn square of all renders, perhaps mirrored, at most `side` px and `FIELD` of a render large."""
    field = round(FIELD * renders.shape[-1])
    places = torch.rand(3, generator=generator, device=generator.device).tolist()
    return resize_short_edge(crop_at(renders, field, *places), min(side, field // 32 * 32))


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


@torch.no_grad()
def _rendered(scenes: Scenes, ids: Tensor, actions: Tensor) -> UInt8[Tensor, "batch 3 height width"]:
    return (scenes.render(ids, actions) * 255).round().to(torch.uint8).cpu()
