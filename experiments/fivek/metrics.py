"""Pictures against an expert's: PSNR, SSIM and two Delta E, which nobody gets without the protocol they were measured by."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.evaluation.colour_difference import delta_e_76, delta_e_2000
from attiqa_core.evaluation.intervals import of_mean
from attiqa_core.evaluation.psnr import psnr_db
from attiqa_core.evaluation.ssim import ssim
from attiqa_core.srgb import linear_from_srgb, srgb_from_linear
from attiqa_core.tensors import Images, ResizedImages
from isp_env.finished_pictures.geometry import resized
from isp_env.fivek.protocols import ROUNDINGS, Protocol

Compared = Float[Tensor, "batch 3 compared_height compared_width"]
"""Pictures at the size that their protocol compares at."""

MOST_DB = 100.0
"""PSNR that counts as no difference: equal pictures of 8 bits would be infinitely good, and no mean could be had."""


@dataclass(frozen=True)
class Figures:
    """Of one picture. `protocol.METRICS` says what each is; higher is better for the first two."""

    protocol: Protocol
    psnr_db: float
    ssim: float
    delta_e_2000: float
    delta_e_76: float

    def __post_init__(self) -> None:
        assert isinstance(self.protocol, Protocol), "a figure on FiveK has a protocol"

    def numbers(self) -> dict[str, float]:
        """Return the figures by name, without the protocol."""
        return {name: getattr(self, name) for name in FIGURES}


FIGURES = tuple(each.name for each in fields(Figures) if each.name != "protocol")


@dataclass(frozen=True)
class Mean:
    """The mean of one figure over photos, with its 95 % interval over other photos of the same kind; None of one photo."""

    protocol: Protocol
    figure: str
    value: float
    interval: tuple[float, float] | None
    photos: int

    def __str__(self) -> str:
        return (
            f"{self.value:.4g} {self.figure} [{self.protocol.name} {self.protocol.sha256[:12]}] of {self.photos} photos"
        )


def measured(made: Images, wanted: Images, protocol: Protocol) -> Figures:
    """Return the figures of one picture (1, 3, H, W) of the size and rounding of its protocol, as `prepared` makes it."""
    made, wanted = rounded(made, protocol), rounded(wanted, protocol)
    return Figures(
        protocol,
        psnr_db=float(psnr_db(made, wanted, MOST_DB)),
        ssim=ssim(made, wanted),
        delta_e_2000=float(delta_e_2000(made, wanted).mean()),
        delta_e_76=float(delta_e_76(made, wanted).mean()),
    )


def other_rounding(protocol: Protocol) -> Protocol:
    """Return the same protocol with the other rounding."""
    (rounding,) = (each for each in ROUNDINGS if each != protocol.rounding)
    return protocol.differing(rounding=rounding)


def mean_of(figures: Sequence[Figures], name: str) -> Mean:
    """Return the mean of one figure over photos. Raises: InputError for none, or figures of two protocols."""
    if (count := len({each.protocol.sha256 for each in figures})) != 1:
        raise InputError(f"{name}: no mean of figures of {count} protocols; measure all photos by one")
    values = [getattr(each, name) for each in figures]
    return Mean(figures[0].protocol, name, float(np.mean(values)), of_mean(values), len(values))


def prepared(made: Images, wanted: ResizedImages, protocol: Protocol) -> tuple[Compared, Compared]:
    """Return both pictures at the size that the protocol compares at: the expert's decides it, and nothing is enlarged but ours to it."""
    size = size_of(wanted.shape[-2], wanted.shape[-1], protocol)
    return _sized(made, size, protocol), _sized(wanted, size, protocol)


def size_of(height: int, width: int, protocol: Protocol) -> tuple[int, int]:
    """Return height and width at which a picture of that size is compared; a smaller one stays."""
    factor = min(1.0, protocol.px / _edge_px(height, width, protocol))
    return max(1, round(height * factor)), max(1, round(width * factor))


def is_too_small(images: Images, protocol: Protocol) -> bool:
    """Return whether an expert's picture has less than its protocol's size, so that it is measured by another than it says."""
    return _edge_px(images.shape[-2], images.shape[-1], protocol) < protocol.px


def _edge_px(height: int, width: int, protocol: Protocol) -> int:
    """The edge that the protocol goes by; of whole pictures one that is always right."""
    return {"short": min(height, width), "long": max(height, width), "whole": protocol.px}[protocol.edge]


def rounded(images: Images, protocol: Protocol) -> Images:
    """Return pictures rounded to 8 bits, or as they are, as the protocol has it."""
    return (images * 255).round() / 255 if protocol.rounding == "8-bit" else images


def _sized(images: Images, size: tuple[int, int], protocol: Protocol) -> ResizedImages:
    if images.shape[-2:] == size:
        return images
    if protocol.light == "encoded":
        return resized(images, size).clamp(0, 1)
    planes = [
        resized(linear_from_srgb(plane), size) for plane in images.split(1, 1)
    ]  # all at once are the peak of memory
    return srgb_from_linear(torch.cat(planes, 1).clamp(0, 1)).clamp(0, 1)
