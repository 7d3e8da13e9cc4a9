"""Statistics of natural scenes: locally normalised luma, and the shape of its distribution in patches at two scales.

Source: Mittal, Soundararajan, Bovik 2013, Making a "completely blind" image quality analyzer (NIQE), section II. The same
36 numbers are what BRISQUE (Mittal, Moorthy, Bovik 2012) regresses human scores on.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attiqa_core.filters import HalfKernel, blur
from attiqa_core.srgb import luma
from attiqa_core.tensors import Images

PATCH_PX = 96  # side of a patch at the first scale
SCALES = 2
WINDOW_SIGMA_PX, WINDOW_RADIUS_PX = 7 / 6, 3  # a window of 7 x 7
STABILISER = 1.0  # added to the local deviation, of luma in 0 to 255
NEIGHBOURS = {"right": (0, 1), "below": (1, 0), "right below": (1, 1), "left below": (1, -1)}  # by (down, right)
SCENE_STATISTICS = tuple(
    f"scale {scale + 1}, {name}"
    for scale in range(SCALES)
    for name in (
        *("sample: shape", "sample: spread"),
        *(f"{side}: {what}" for side in NEIGHBOURS for what in ("shape", "mean", "left spread", "right spread")),
    )
)
SHAPES = (0.2, 10.0, 0.001)  # lowest, highest and step of the shapes that are told apart

Patches = Float[Tensor, "patches samples"]
PatchFeatures = Float[Tensor, "patches features"]


def normalised_luma(grey: Float[Tensor, "1 1 height width"]) -> tuple[Tensor, Tensor]:
    """Return luma in 0 to 255 less its local mean, over its local deviation; and that deviation. Both as given.

    Source: equations 1 to 3. Borders repeat the edge.
    """
    window = _window(grey)
    mean = blur(grey, window)
    deviation = (blur(grey.square(), window) - mean.square()).clamp_min(0).sqrt()
    return (grey - mean) / (deviation + STABILISER), deviation


def _window(like: Tensor) -> HalfKernel:
    """The right half of the sampled Gaussian, as the source has it; the whole sums to one."""
    taps = torch.arange(WINDOW_RADIUS_PX + 1, dtype=like.dtype, device=like.device)
    half = (-0.5 * (taps / WINDOW_SIGMA_PX).square()).exp()[None]
    return half / (2 * half.sum() - half[0, 0])


def asymmetric_fit(samples: Patches) -> tuple[Tensor, Tensor, Tensor]:
    """Return shape, left scale and right scale of the asymmetric generalised Gaussian that has each row's moments.

    Where a row has no variation its shape is the lowest and its scales are 0. Source: equations 7 to 9, by Lasmar,
    Stitou, Berthoumieu 2009.
    """
    left, right = (_one_sided_deviation(side) for side in (samples.clamp_max(0), samples.clamp_min(0)))
    tiny = torch.finfo(samples.dtype).tiny
    skew = (left + tiny) / (right + tiny)
    moments = samples.abs().mean(1).square() / samples.square().mean(1).clamp_min(tiny)
    ratio = moments * (skew**3 + 1) * (skew + 1) / (skew**2 + 1).square()
    shapes = torch.arange(*SHAPES, dtype=samples.dtype, device=samples.device)
    ratios = (2 * torch.lgamma(2 / shapes) - torch.lgamma(1 / shapes) - torch.lgamma(3 / shapes)).exp()  # rises
    shape = shapes[torch.searchsorted(ratios, ratio.nan_to_num(0)).clamp_max(len(shapes) - 1)]
    scale = (0.5 * (torch.lgamma(1 / shape) - torch.lgamma(3 / shape))).exp()
    return shape, left * scale, right * scale


def _one_sided_deviation(side: Patches) -> Tensor:
    """The root mean square of the samples that are not zero, 0 if there are none."""
    return (side.square().sum(1) / (side != 0).sum(1).clamp_min(1)).sqrt()


def patch_features(patches: Float[Tensor, "patches side side"]) -> PatchFeatures:
    """Return 18 numbers for each patch of normalised luma: two of its samples, four of each product of neighbours."""
    shape, left, right = asymmetric_fit(patches.flatten(1))
    columns = [shape, (left + right) / 2]
    for shift in NEIGHBOURS.values():
        product = patches * patches.roll(shift, (1, 2))
        shape, left, right = asymmetric_fit(product.flatten(1))
        mean = (right - left) * (torch.lgamma(2 / shape) - torch.lgamma(1 / shape)).exp()
        columns += [shape, mean, left, right]
    return torch.stack(columns, 1)


def scene_features(image: Images) -> tuple[PatchFeatures, Tensor]:
    """Return the 36 numbers of each patch of one image, and each patch's sharpness: the mean local deviation.

    float64, patches in rows from the top left; what is left over at the right and below is not seen. Patches without any
    variation, as in blown sky, have no distribution and are left out. The image is at least `PATCH_PX` px high and wide.
    """
    height, width = (side // PATCH_PX * PATCH_PX for side in image.shape[2:])
    grey = 255 * luma(image[:, :, :height, :width].double())
    columns, sharpness = [], torch.zeros(0)
    for scale in range(SCALES):
        if scale:
            half = (height >> scale, width >> scale)
            grey = F.interpolate(grey, half, mode="bicubic", antialias=True, align_corners=False)
        normalised, deviation = normalised_luma(grey)
        side = PATCH_PX >> scale
        columns.append(patch_features(_patches(normalised, side)))
        if not scale:
            sharpness = _patches(deviation, side).mean((1, 2))
    seen = sharpness > 0
    return torch.cat(columns, 1)[seen], sharpness[seen]


def _patches(plane: Float[Tensor, "1 1 height width"], side: int) -> Float[Tensor, "patches side side"]:
    return F.unfold(plane, side, stride=side)[0].T.reshape(-1, side, side)
