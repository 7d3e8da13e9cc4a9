"""Batches of linear-RGB proxies through the native point chain, from balanced RGB to the picture, forward and backward.

The backward pass computes the chain again, a few pixels at a time: between the two only what goes in and the light before
sharpening are kept. Torch keeps the small graph from the parameters to the numbers that the chain takes.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from attiqa_core.tensors import Images, LinearRgb, PerImage
from isp_env.native.build import call, library
from isp_env.native.parameters import constants
from isp_env.native.point_numbers import PointNumbers
from isp_env.native.structures import Parameters
from isp_env.stages.clarity import Base

SMALLEST_PX = 16  # short edge; anything smaller is torch's
_torch_alone = False
FinishNumbers = Float[Tensor, "batch finish_numbers"]
"""The amount of sharpening and its half kernel."""


def takes(samples: Tensor) -> bool:
    """Return whether the native chain can have pictures of such samples: in float32 on the CPU, where there is a compiler."""
    fits = min(samples.shape[-2:]) >= SMALLEST_PX
    plain = samples.device.type == "cpu" and samples.dtype == torch.float32
    return not _torch_alone and fits and plain and not torch.compiler.is_compiling() and library() is not None


@torch.no_grad()
def are_finite(*given: Tensor) -> bool:
    """Return whether all that `finished` takes is: its minima and maxima would lose NaN, which torch carries to the picture."""
    return all(math.isfinite(float(each.sum())) for each in given)


@contextmanager
def torch_alone() -> Iterator[None]:
    """Leave proxies to torch inside: what the native chain is compared with."""
    global _torch_alone
    before, _torch_alone = _torch_alone, True
    try:
        yield
    finally:
        _torch_alone = before


def finished(
    balanced_rgb: LinearRgb,
    point: PointNumbers,
    finish: FinishNumbers,
    base: Base,
    *,
    camera_look: bool,
    origin: tuple[int, int] = (0, 0),
) -> tuple[Images, dict[str, PerImage]]:
    """Return the pictures, clipped, and the penalties of `pipeline.render_with_penalties`, from white-balanced camera RGB.

    Differentiable once in the four tensors; the clip passes the gradient straight through. The same bits for any number of
    threads, with and without gradients, and for an image alone or in a batch.
    """
    given = (balanced_rgb, point, finish, base.coefficients)
    p = _parameters(given, base.cell_px, camera_look)
    if torch.is_grad_enabled() and any(each.requires_grad for each in given):
        display, over_range, beyond = _Finished.apply(p, origin, *given)
    else:
        display, over_range, beyond = _forward(p, origin, given, None)
    return display, {"over_range": over_range, "gamut": beyond}


class _Finished(torch.autograd.Function):
    """The native chain with its own adjoint."""

    @staticmethod
    def forward(ctx: Any, p: Parameters, origin: tuple[int, int], *given: Tensor) -> tuple[Images, PerImage, PerImage]:
        linear = torch.empty_like(given[0], memory_format=torch.contiguous_format)
        results = _forward(p, origin, given, linear)
        ctx.save_for_backward(*given, linear)
        ctx.p, ctx.origin = p, origin
        return results

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *adjoints: Tensor) -> tuple[Tensor | None, ...]:
        *given, linear = (each.contiguous() for each in ctx.saved_tensors)
        of_balanced_rgb, of_point, of_finish = (torch.empty_like(each) for each in given[:3])
        of_coefficients = torch.zeros_like(given[3])
        wanted = of_balanced_rgb if ctx.needs_input_grad[2] else None
        ends = (linear, *(each.contiguous() for each in adjoints))
        call(
            "proxies_backward",
            ctx.p,
            len(linear),
            *given,
            *ctx.origin,
            *ends,
            of_point,
            of_finish,
            wanted,
            of_coefficients,
        )
        return None, None, wanted, of_point, of_finish, of_coefficients


def _forward(
    p: Parameters, origin: tuple[int, int], given: Sequence[Tensor], linear: Tensor | None
) -> tuple[Images, PerImage, PerImage]:
    given = [each.contiguous() for each in given]
    display = torch.empty_like(given[0])
    over_range, beyond = (display.new_empty(len(display)) for _ in range(2))
    call("proxies_forward", p, len(display), *given, *origin, display, linear, over_range, beyond)
    return display, over_range, beyond


def _parameters(given: Sequence[Tensor], cell_px: int, camera_look: bool) -> Parameters:
    balanced_rgb, coefficients = given[0], given[3]
    p = Parameters(constants=constants(), camera_look=camera_look, cell_px=cell_px, threads=torch.get_num_threads())
    p.height, p.width = balanced_rgb.shape[-2:]
    p.cell_rows, p.cell_columns = coefficients.shape[-2:]
    return p
