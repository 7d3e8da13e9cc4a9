"""The sRGB transfer curve, what brightness is made of, and CIELAB: one owner for every tensor in the tree (IEC 61966-2-1)."""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import Images

ENCODED_LIMIT = 0.04045
LINEAR_LIMIT = 0.0031308
LINEAR_SLOPE = 12.92
CURVE_POWER, CURVE_SCALE, CURVE_OFFSET = 2.4, 1.055, -0.055 - LINEAR_SLOPE * LINEAR_LIMIT

LUMA_601 = (0.299, 0.587, 0.114)  # ITU-R BT.601, of display-referred RGB
LUMINANCE = (0.21263901, 0.71516868, 0.07219232)  # Y row of the sRGB to XYZ matrix (D65), of linear RGB
XYZ_OVER_WHITE = (  # linear sRGB to XYZ, each row over its sum: the white is (1, 1, 1)
    (0.43388734, 0.37622401, 0.18988865),
    LUMINANCE,
    (0.01775004, 0.10944762, 0.87280234),
)
LAB_STRAIGHT_BELOW = 6 / 29  # cube root of the ratio to white below which the curve is straight. CIE 15:2018, 8.2.1


def linear_from_srgb(display_rgb: Tensor) -> Tensor:
    """Return linear light of sRGB-encoded values of any shape; the straight part goes on below 0."""
    curve = ((display_rgb.clamp_min(ENCODED_LIMIT) + 0.055) / 1.055) ** 2.4
    return torch.where(display_rgb <= ENCODED_LIMIT, display_rgb / LINEAR_SLOPE, curve)


def srgb_from_linear(linear_rgb: Tensor) -> Tensor:
    """Return the sRGB encoding of linear light; its straight part goes on below 0 and its power above 1.

    A sum of the two pieces, each held at the limit beyond its end: neither a branch nor a power of zero or less, so that
    gradients are finite everywhere.
    """
    power = (linear_rgb.clamp_min(LINEAR_LIMIT).log() * (1 / CURVE_POWER)).exp()
    straight = linear_rgb.clamp_max(LINEAR_LIMIT)
    return torch.add(CURVE_SCALE * power + CURVE_OFFSET, straight, alpha=LINEAR_SLOPE)


def luma(images: Images) -> Float[Tensor, "batch 1 height width"]:
    """Return BT.601 luma of display-referred RGB."""
    return (images * images.new_tensor(LUMA_601).view(1, 3, 1, 1)).sum(1, keepdim=True)


def chroma_map(images: Images) -> Float[Tensor, "batch height width"]:
    """Return the distance of each pixel's display RGB from its own luma, root mean square over R, G and B."""
    return channel_length(images - luma(images)) * 3**-0.5


def channel_length(vectors: Float[Tensor, "batch _channels height width"]) -> Float[Tensor, "batch height width"]:
    """Return the Euclidean length of what each pixel holds; its gradient is 0 where that is 0, where a bare root has none.

    `torch.linalg.vector_norm` along channels says the same in some thirty times the time.
    """
    squares = vectors.square().sum(1)
    positive = squares > 0
    return torch.where(positive, squares, 1.0).sqrt() * positive


def luminance(linear_rgb: Images) -> Float[Tensor, "batch 1 height width"]:
    """Return the relative luminance Y of linear sRGB, 1 for white."""
    return (linear_rgb * linear_rgb.new_tensor(LUMINANCE).view(1, 3, 1, 1)).sum(1, keepdim=True)


def lab_from_srgb(images: Images) -> Float[Tensor, "batch 3 height width"]:
    """Return CIELAB (L* 0 to 100, a*, b*) about sRGB's own white D65; gradients are finite everywhere.

    The curve is a sum of two pieces, each held at the limit beyond its end, as in `srgb_from_linear`.
    """
    to_xyz = images.new_tensor(XYZ_OVER_WHITE)[:, :, None, None]
    ratio = torch.nn.functional.conv2d(linear_from_srgb(images), to_xyz)
    limit = LAB_STRAIGHT_BELOW**3
    root = ratio.clamp_min(limit) ** (1 / 3)
    root = root + (ratio.clamp_max(limit) - limit) / (3 * LAB_STRAIGHT_BELOW**2)
    x, y, z = root.unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)
