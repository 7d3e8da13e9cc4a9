"""Pictures with a right answer, made from a study's own: spoiled so that anyone sees it, and in steps down to where few do."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.distortions.axes import distort
from attiqa_core.distortions.corruptions import SPOILS
from attiqa_core.evaluation.colour_difference import delta_e_2000
from attiqa_core.evaluation.ssim import REACH_PX, ssim
from attiqa_core.photos.images import resize_short_edge, to_images
from attiqa_core.tensors import Images

GOLD: Mapping[str, tuple[float, ...]] = {
    "blurred": (0.6, 1.0),
    "colour cast": (0.9, 1.0),
    "posterised": (0.8, 1.0),
    "underexposed": (0.5, 0.9),
    "pixelated": (0.4, 0.9),
}
"""Ways to spoil a picture (`SPOILS`) on different axes, each with the strengths that are tried until the change is plain.

No noise: it makes a JPEG several times as large as any other, and the size of a file would tell. No overexposure, which mends a
picture that is too dark, and no saturation, which some like in a sky."""
SEEN_PX = 256
"""Short edge at which a change is judged: what is plain there is plain on any screen."""
PLAIN_DELTA_E = 10.0
"""CIE 2000, mean over the picture: so far away colours are another picture at a glance."""
PLAIN_SSIM, LEAST_DELTA_E = 0.75, 3.0
"""Structure lost is plain as well where this much of it is left at most; in black on black nobody sees it."""

TRAINING = ("sharpness", "colorfulness", "contrast", "noisiness", "brightness")
"""Attributes that training pictures lose, in turn."""
MOST, LEAST = 0.9, 0.15
"""Of an attribute's whole axis: what the first training picture loses, and the last."""


@dataclass(frozen=True)
class Spoiled:
    """A spoiled picture, (height, width, 3) uint8, and what was done to it."""

    rgb: np.ndarray
    how: str


def plainly_spoiled(rgb: np.ndarray, first: int, seed: int) -> Iterator[Spoiled]:
    """Yield versions of a picture that anyone prefers it to, each on another axis; `first` says with which of `GOLD` to begin."""
    ways = list(GOLD)
    image = _as_images(rgb)
    for turn in range(len(ways)):
        way = ways[(first + turn) % len(ways)]
        for strength in GOLD[way]:
            spoiled = SPOILS[way].apply(image, strength, torch.Generator().manual_seed(seed))
            if is_plain(image, spoiled):
                yield Spoiled(_as_8_bit(spoiled), f"{way} {strength:g}")
                break


def is_plain(image: Images, spoiled: Images) -> bool:
    """Return whether a change of one picture is seen at a glance, also on a small screen."""
    small, changed = (resize_short_edge(each, min(SEEN_PX, *each.shape[2:])) for each in (image, spoiled))
    distance = float(delta_e_2000(small, changed).mean())
    if distance >= PLAIN_DELTA_E or min(small.shape[2:]) < REACH_PX["gaussian"]:
        return distance >= PLAIN_DELTA_E
    return distance >= LEAST_DELTA_E and ssim(small, changed) <= PLAIN_SSIM


def less_and_less_spoiled(count: int) -> list[Callable[[np.ndarray, int], Spoiled]]:
    """Return `count` functions of a picture and a seed that spoil it, from what everyone sees to what few do, on different axes."""
    losses = np.geomspace(MOST, LEAST, count) if count > 1 else np.full(count, MOST)
    return [_losing(TRAINING[number % len(TRAINING)], float(loss)) for number, loss in enumerate(losses)]


def _losing(attribute: str, loss: float) -> Callable[[np.ndarray, int], Spoiled]:
    def spoil(rgb: np.ndarray, seed: int) -> Spoiled:
        levels = torch.zeros(1, len(ATTRIBUTES))
        levels[0, ATTRIBUTES.index(attribute)] = -loss
        changed = distort(_as_images(rgb), levels, torch.Generator().manual_seed(seed))
        return Spoiled(_as_8_bit(changed), f"{attribute} {-loss:.2f}")

    return spoil


def _as_images(rgb: np.ndarray) -> Images:
    return to_images(torch.from_numpy(rgb.copy()).permute(2, 0, 1)[None])


def _as_8_bit(images: Images) -> np.ndarray:
    return (images[0].permute(1, 2, 0) * 255).round().byte().contiguous().numpy()
