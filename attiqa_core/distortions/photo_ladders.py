"""Ladders of finished photos: one thing at a time changed a little, then more, in both directions.

A reward is climbed along such paths, and a scorer that was only shown wrecks does not see them: it likes the grey, the
hazy and the tinted. Amounts are drawn, so that a margin is asked for at every distance.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from attiqa_core.distortions.edits import cast_of, chroma_times, contrast_times, exposed, sharpened
from attiqa_core.distortions.rungs import Ladders, Rungs, Score, margins_of
from attiqa_core.filters import gaussian_blur
from attiqa_core.photos.images import Picture, crop_at, resize_short_edge, to_images
from attiqa_core.srgb import luma
from attiqa_core.tensors import Images

Change = Callable[[Images, float, torch.Generator], Images]
"""A photo (1, 3, height, width) changed by an amount; what else is drawn, as a cast's hue, is the same for all amounts."""

Range = tuple[float, float]
"""The amounts between which one is drawn."""

BLUR_SIGMA_512 = 6.0  # px for a short edge of 512, at amount 1
STRONGEST_NOISE = 0.12  # sigma in display values
GRAINS_PX = (1, 2, 4, 8, 14)
HUE_SPREAD = 30.0  # degrees either way


def scale_chroma(images: Images, amount: float, generator: torch.Generator) -> Images:
    """Photos with their distance from grey of equal luma scaled by 2**amount; below -4 they are grey."""
    return chroma_times(images, 0.0 if amount < -4 else 2.0**amount)


def cast(images: Images, amount: float, generator: torch.Generator) -> Images:
    """Photos under a cast of a drawn hue, `amount` EV between the strongest and the weakest channel, equally bright."""
    angle = 2 * math.pi * float(torch.rand((), generator=generator, device=generator.device))
    return cast_of(images, amount, angle)


def expose(images: Images, amount: float, generator: torch.Generator) -> Images:
    """Photos exposed by `amount` EV more, in linear light."""
    return exposed(images, amount)


def scale_contrast(images: Images, amount: float, generator: torch.Generator) -> Images:
    """Photos stretched about their mean luma by 2**amount."""
    return contrast_times(images, 2.0**amount)


def veil(images: Images, amount: float, generator: torch.Generator) -> Images:
    """Photos under a veil of mid grey that covers `amount` of them: dull highlights and raised blacks."""
    return images + amount * (0.55 - images)


def turn_hue(images: Images, amount: float, generator: torch.Generator) -> Images:
    """Photos with every hue turned by `amount` degrees about the grey axis, luma kept."""
    angle = math.radians(amount)
    shares = [(1 + 2 * math.cos(angle + 2 * math.pi * k / 3)) / 3 for k in range(3)]
    turn = images.new_tensor([[shares[(row - column) % 3] for column in range(3)] for row in range(3)])
    turned = torch.einsum("rc,bchw->brhw", turn, images)
    return (turned + luma(images) - luma(turned)).clamp(0, 1)


def soften(images: Images, amount: float, generator: torch.Generator) -> Images:
    """Photos without their finest detail, as a denoiser leaves them: blurred by up to 6 px of 512."""
    scale = min(images.shape[2:]) / 512
    sigma = images.new_full((len(images),), amount * BLUR_SIGMA_512 * scale)
    return gaussian_blur(images, sigma, BLUR_SIGMA_512 * scale)


def sharpen(images: Images, amount: float, generator: torch.Generator) -> Images:
    """Photos with `amount` times their detail of 1.5 px of 512 added."""
    return sharpened(images, amount)


def add_noise(images: Images, amount: float, generator: torch.Generator) -> Images:
    """Photos under noise of sigma `amount` in display values, the same for all amounts but its strength.

    Drawn are how coarse its grain is and how much of it is colour: none, its share, or all.
    """
    device = generator.device
    grain_px = GRAINS_PX[int(torch.randint(len(GRAINS_PX), (), generator=generator, device=device))]
    of_colour = int(torch.randint(3, (), generator=generator, device=device))
    height, width = images.shape[2:]
    shape = (1, 3, -(-height // grain_px), -(-width // grain_px))
    noise = torch.randn(shape, generator=generator, device=device).to(images)
    grey = luma(noise)
    noise = (grey, noise, noise - grey)[of_colour]
    noise = noise.repeat_interleave(grain_px, 2).repeat_interleave(grain_px, 3)[..., :height, :width]
    return (images + amount * noise / noise.std().clamp_min(1e-6)).clamp(0, 1)


def _cast_about(hue: float) -> Change:
    """A cast of a hue drawn about this one, in degrees."""

    def change(images: Images, amount: float, generator: torch.Generator) -> Images:
        place = 2 * float(torch.rand((), generator=generator, device=generator.device)) - 1
        return cast_of(images, amount, math.radians(hue + HUE_SPREAD * place))

    return change


@dataclass(frozen=True)
class Kind:
    """One change with the amounts of its first and of its second rung, and how often it is drawn beside the others."""

    change: Change
    near: Range
    far: Range
    often: int = 1


KINDS: dict[str, Kind] = {
    "less chroma": Kind(scale_chroma, (-0.5, -1.3), (-1.5, -5.0), 3),
    "more chroma": Kind(scale_chroma, (0.3, 0.75), (0.9, 1.8), 5),
    "cast": Kind(cast, (0.2, 0.5), (0.6, 1.4), 3),
    "warmer": Kind(_cast_about(30.0), (0.2, 0.5), (0.6, 1.4), 4),
    "bluer": Kind(_cast_about(230.0), (0.2, 0.5), (0.6, 1.4), 4),
    "darker": Kind(expose, (-0.7, -1.5), (-1.8, -3.5)),
    "brighter": Kind(expose, (0.5, 0.9), (1.1, 2.2), 2),
    "less contrast": Kind(scale_contrast, (-0.35, -0.8), (-1.0, -2.2)),
    "more contrast": Kind(scale_contrast, (0.4, 0.8), (0.9, 1.6)),
    "veil": Kind(veil, (0.15, 0.3), (0.4, 0.7)),
    "hue": Kind(turn_hue, (12.0, 30.0), (40.0, 120.0)),
    "hue back": Kind(turn_hue, (-12.0, -30.0), (-40.0, -120.0)),
    "softer": Kind(soften, (0.12, 0.3), (0.4, 1.0)),
    "sharper": Kind(sharpen, (0.9, 1.8), (2.2, 5.0), 2),
    "noise": Kind(add_noise, (0.02, 0.05), (0.06, STRONGEST_NOISE), 3),
}
"""Every change. Chroma and warm or blue light come most often: small changes that ratings of photos say nothing about."""


DRAWN = [kind for kind in KINDS.values() for _ in range(kind.often)]
"""One of these is drawn, each as likely as the next."""


def change_each(photos: Images, generator: torch.Generator) -> Images:
    """Return each photo changed in a way of `KINDS`, by an amount of its first or of its second rung, all drawn."""
    device = generator.device
    chosen = torch.randint(len(DRAWN), (len(photos),), generator=generator, device=device).tolist()
    places = torch.rand(len(photos), 2, generator=generator, device=device).tolist()
    changed = []
    for photo, index, (rung, place) in zip(photos.split(1), chosen, places, strict=True):
        kind = DRAWN[index]
        low, high = kind.near if rung < 0.5 else kind.far
        changed.append(kind.change(photo, low + (high - low) * place, generator))
    return torch.cat(changed)


MARGINS = (0.04, 0.05)
"""Of the MOS range: between the photo and the first rung, and between the two rungs."""

FIELD = 0.896
"""Side of the square that is shown, as a share of the short edge: a scorer's own field of view."""


class PhotoLadders:
    """Good photos and two worse versions of each, along one change at a time. See `KINDS`."""

    def __init__(self, pictures: Sequence[Picture], source: str = "photos"):
        """Take pictures that are good as they are; `source` says in a word which."""
        assert len(pictures), "ladders need photos to begin with"
        self._pictures, self._source = pictures, source

    def draw(self, scenes: int, side: int, generator: torch.Generator, score: Score) -> Rungs:
        """Return three rungs of so many photos, each of another photo and a change of its own."""
        device = generator.device
        chosen = torch.randperm(len(self._pictures), generator=generator, device=device)[:scenes].tolist()
        chosen += torch.randint(
            len(self._pictures), (scenes - len(chosen),), generator=generator, device=device
        ).tolist()
        kinds = torch.randint(len(DRAWN), (scenes,), generator=generator, device=device).tolist()
        photos = [square_of(self._pictures[index], side, generator) for index in chosen]
        rungs = [_rungs_of(photo, DRAWN[kind], generator) for photo, kind in zip(photos, kinds, strict=True)]
        images = torch.cat(rungs, 1)
        return Rungs(images, margins_of(images, torch.tensor(MARGINS, device=device)))

    def described(self) -> dict[str, Any]:
        """Return what a scorer's description says of them."""
        return {"photos": len(self._pictures), "of": self._source, "changes": len(KINDS)}


def square_of(picture: Picture, side: int, generator: torch.Generator) -> Images:
    """Return a square of the picture at a drawn place, perhaps mirrored, (1, 3, side, side) on the generator's device."""
    places = torch.rand(3, generator=generator, device=generator.device).tolist()
    return square_at(picture, FIELD, places, side, generator.device)


def square_at(picture: Picture, field: float, places: Sequence[float], side: int, device: torch.device | str) -> Images:
    """Return a square of the picture, `field` of its short edge large, as `crop_at` places and mirrors it, (1, 3, side, side)."""
    square = crop_at(picture, round(field * min(picture.shape[1:])), *places)
    return resize_short_edge(to_images(square[None]).to(device), side)


def _rungs_of(photo: Images, kind: Kind, generator: torch.Generator) -> Tensor:
    """The photo and its two versions, (3, 1, 3, side, side); both versions draw alike."""
    places = torch.rand(2, generator=generator, device=generator.device).tolist()
    amounts = [low + (high - low) * place for (low, high), place in zip((kind.near, kind.far), places, strict=True)]
    state = generator.get_state()
    versions = [photo]
    for amount in amounts:
        generator.set_state(state)
        versions.append(kind.change(photo, amount, generator))
    return torch.stack(versions)


class MixedLadders:
    """Several kinds of ladders side by side, each with the same share of every step's scenes."""

    def __init__(self, parts: Sequence[Ladders]):
        assert parts, "nothing to mix"
        self._parts = parts

    def draw(self, scenes: int, side: int, generator: torch.Generator, score: Score) -> Rungs:
        """Return the rungs of all parts; the first parts get what does not divide."""
        share, rest = divmod(scenes, len(self._parts))
        counts = [share + (index < rest) for index in range(len(self._parts))]
        drawn = [
            part.draw(count, side, generator, score) for part, count in zip(self._parts, counts, strict=True) if count
        ]
        smallest = min(each.images.shape[-1] for each in drawn)
        images = [resize_short_edge(each.images.flatten(0, 1), smallest).unflatten(0, (3, -1)) for each in drawn]
        two_sided = torch.cat([each.between for each in drawn])
        return Rungs(torch.cat(images, 1), torch.cat([each.margins for each in drawn], 1), two_sided)

    def described(self) -> dict[str, Any]:
        """Return what a scorer's description says of all parts."""
        return {type(part).__name__: part.described() for part in self._parts}


class LaddersInTurn:
    """Several kinds of ladders, one of them drawn for each step: for those that cost as much for one scene as for ten."""

    def __init__(self, parts: Sequence[Ladders]):
        assert parts, "nothing to take turns"
        self._parts = parts

    def draw(self, scenes: int, side: int, generator: torch.Generator, score: Score) -> Rungs:
        """Return the rungs of one part."""
        part = int(torch.randint(len(self._parts), (), generator=generator, device=generator.device))
        return self._parts[part].draw(scenes, side, generator, score)

    def described(self) -> dict[str, Any]:
        """Return what a scorer's description says of all parts."""
        return {type(part).__name__: part.described() for part in self._parts}
