"""A raw and its parameters to the integers of a picture's file, in the output's space, size and depth."""

from collections.abc import Iterable

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from attiqa_core.srgb import linear_from_srgb
from experiments.options.picture_output import PictureOutput
from isp_env.colorimetry.output_space import SPACES, SRGB, OutputSpace
from isp_env.isp import Isp
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.stages.output import encode, quantise
from isp_env.tiles import render_full, render_quantised


def finished_pixels(
    frame: RawFrame,
    params: IspParams,
    output: PictureOutput,
    *,
    device: str | torch.device = "cpu",
    tile: int | None = None,
    isp: Isp | None = None,
) -> np.ndarray:
    """Return (H, W, 3) integers of `output.depth` bits: what `save_pixels` takes.

    `tile` as in `render_quantised`; `isp` makes the picture in the place of ours, in display sRGB.

    At full size straight from the kernel; where `output` asks for another size, from the float picture, resized before rounding.
    Raises: InputError if the picture holds NaN.
    """
    space = SPACES[output.space]
    if isp is not None:
        return _of_another(isp.full(frame, params, device), output, frame)
    if output.size_of(*frame.samples.shape[:2]) == frame.samples.shape[:2]:
        return render_quantised(frame, params, bits=output.depth, device=device, space=space, tile=tile)
    picture = render_full(frame, params, device=device, space=space, tile=tile)
    _, height, width = picture.shape
    size = output.size_of(height, width)
    return quantise(resized(picture, size, space).numpy(), output.depth, frame.path or frame.name)


def _of_another(picture: Float[Tensor, "3 height width"], output: PictureOutput, frame: RawFrame) -> np.ndarray:
    """A finished picture of another program, in the output's size and depth."""
    _, height, width = picture.shape
    size = output.size_of(height, width)
    sized = picture if size == (height, width) else resized(picture, size, SRGB)
    return quantise(sized.numpy(), output.depth, frame.path or frame.name)


def resized(
    picture: Float[Tensor, "3 height width"], size: tuple[int, int], space: OutputSpace
) -> Float[Tensor, "3 new_height new_width"]:
    """Return a picture of values in [0, 1] at another size (height, width): light is averaged, not its encoding.

    Catmull-Rom as wide as a pixel of the smaller picture, so that nothing finer aliases (Pillow's BICUBIC); what it overshoots is
    clipped.
    """
    return of_light(
        (linear_from_srgb(plane).numpy() if space.encoded else plane.numpy() for plane in picture), size, space
    )


def of_light(
    planes: Iterable[np.ndarray], size: tuple[int, int], space: OutputSpace
) -> Float[Tensor, "3 new_height new_width"]:
    """Return the same of planes of linear light, one after another."""
    height, width = size
    small = (Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC) for plane in planes)
    light = torch.stack([torch.from_numpy(np.array(each)) for each in small])
    return encode(light.clamp(0, 1)[None], space)[0].clamp(0, 1)
