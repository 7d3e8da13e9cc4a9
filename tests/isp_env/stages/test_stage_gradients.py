"""Gradients of the stages whose own files do not check them, against differences in float64.

`output.clip` is left out: its gradient passes straight through on purpose, and its file says so.
"""

from collections.abc import Callable

import pytest
import torch
from fixtures.seeded import normal, per_image, uniform
from torch import Tensor

from attiqa_core.srgb import srgb_from_linear
from isp_env.colorimetry.colour import CameraCalibration, ColourBatch
from isp_env.lens.shading import ShadingBatch
from isp_env.stages import haar
from isp_env.stages.aberration import correct_lateral_aberration, correct_mosaic_aberration
from isp_env.stages.camera import luminance_weights, to_working_space, working_space_map
from isp_env.stages.clarity import added_detail, base_coefficients
from isp_env.stages.defects import correct_defects
from isp_env.stages.false_colour import suppress_false_colour
from isp_env.stages.highlights import restore_mosaic_highlights
from isp_env.stages.lens_shading import plane_gains, rgb_gains
from isp_env.stages.mosaic import pack, pad_to_even, unpack
from isp_env.stages.stabilise import root_variance, stabilise, stabilising_offset, unstabilise
from isp_env.stages.tone import apply_stops, to_stops

PHASES = torch.tensor([1, 2])
NOISE = torch.tensor([[1e-3, 1e-5]], dtype=torch.double).expand(2, 2)
OFFSET = torch.full((2, 1, 1, 1), 0.02, dtype=torch.double)
ROW_2 = torch.ones(2, dtype=torch.double)


def colours() -> ColourBatch:
    batch = ColourBatch.stack([CameraCalibration.from_linear_srgb()] * 2, [(1.8, 1.0, 1.5), (2.0, 1.0, 1.3)])
    return batch._map(lambda tensor: tensor if tensor.dtype == torch.bool else tensor.double())


def light(*shape: int, low: float = -0.1, high: float = 1.1) -> Tensor:
    """Samples below black, above white and between; no two alike, so that no maximum is a tie."""
    return low + (high - low) * uniform(*shape, dtype=torch.double)


def with_hot_pixels(planes: Tensor) -> Tensor:
    planes = 0.3 + 0.05 * planes
    planes[0, 1, 2, 2], planes[1, 0, 1, 3] = 2.0, -1.0
    return planes


def shading(gains: Tensor) -> ShadingBatch:
    places = torch.tensor([[-1.0, 2.0]] * 2, dtype=torch.double)
    return ShadingBatch(gains, places, torch.tensor([[7.0, 5.0]] * 2, dtype=torch.double))


STAGES: dict[str, tuple[Callable, tuple[Tensor, ...]]] = {
    "camera: the map": (
        lambda *given: working_space_map(colours(), *given),
        (20 * normal(2, dtype=torch.double), 0.005 * normal(2, dtype=torch.double), ROW_2 * 0.4, ROW_2 * -0.02),
    ),
    "camera: pixels": (to_working_space, (light(2, 3, 3, 4), uniform(2, 3, 3, dtype=torch.double), ROW_2 * 0.01)),
    "camera: luminance": (luminance_weights, (uniform(2, 3, 3, dtype=torch.double), light(2, 3))),
    "clarity: base": (base_coefficients, (4 * normal(2, 1, 9, 8, dtype=torch.double),)),
    "clarity: detail": (added_detail, (2 * normal(2, 1, 3, 4, dtype=torch.double), ROW_2 * -0.7)),
    "defects": (lambda x: correct_defects(x, NOISE), (with_hot_pixels(uniform(2, 4, 5, 6, dtype=torch.double)),)),
    "false colour": (lambda x: suppress_false_colour(x, PHASES), (light(2, 3, 6, 8),)),
    "haar: bands": (lambda x: haar.analyse(x, 2), (normal(2, 2, 6, 7, dtype=torch.double),)),
    "haar: picture": (
        lambda bands, low: haar.synthesise(bands, low, 2),
        (normal(2, 6, 6, 7, dtype=torch.double), normal(2, 2, 6, 7, seed=1, dtype=torch.double)),
    ),
    "haar: sums": (lambda x: haar.box_sum(haar.mirror(x, 5), 2, 2), (normal(1, 2, 4, 5, dtype=torch.double),)),
    "highlights of a mosaic": (
        lambda x, gains: restore_mosaic_highlights(x, gains),
        (light(2, 4, 3, 4), torch.tensor([[1.9, 1.0, 1.4], [2.1, 1.0, 1.2]], dtype=torch.double)),
    ),
    "aberration of a mosaic": (
        lambda x, *amounts: correct_mosaic_aberration(x, PHASES, *amounts),
        (
            light(2, 4, 8, 9),
            torch.tensor([0.03, -0.05], dtype=torch.double),
            torch.tensor([-0.02, 0.04], dtype=torch.double),
            torch.tensor([[3.3, 4.1], [-7.7, 12.3]], dtype=torch.double),
            torch.tensor([0.9, 0.45], dtype=torch.double),
        ),
    ),
    "lens shading: planes": (
        lambda gains: plane_gains(shading(gains), PHASES, light(2, 4, 5, 6)),
        (1 + uniform(2, 4, 3, 3, dtype=torch.double),),
    ),
    "lens shading: rgb": (
        lambda gains: rgb_gains(shading(gains), light(2, 3, 5, 6)),
        (1 + uniform(2, 4, 3, 3, dtype=torch.double),),
    ),
    "mosaic": (lambda x: unpack(pack(pad_to_even(x), PHASES) * 1.5, PHASES), (light(2, 1, 5, 7),)),
    "stabilise": (stabilise, (light(2, 3, 3, 4), OFFSET)),
    "stabilise: back": (unstabilise, (light(2, 3, 3, 4), OFFSET)),
    "stabilise: offset": (lambda noise: stabilising_offset(noise, OFFSET * 50), (NOISE * ROW_2[:, None],)),
    "stabilise: variance": (
        root_variance,
        (light(2, 1, 3, 4, low=0.05), 1 + uniform(2, 3, 1, 1, dtype=torch.double), NOISE * ROW_2[:, None], OFFSET),
    ),
    "tone: stops": (to_stops, (light(2, 1, 3, 4, low=0.01),)),
    "tone: gain": (
        apply_stops,
        (light(2, 3, 3, 4), normal(2, 1, 3, 4, dtype=torch.double), normal(2, 1, 3, 4, seed=1, dtype=torch.double)),
    ),
    "output: encoding": (srgb_from_linear, (light(2, 3, 3, 4),)),
}


@pytest.mark.parametrize("name", STAGES)
def test_gradients_match_differences(name):
    stage, inputs = STAGES[name]
    assert torch.autograd.gradcheck(stage, tuple(each.clone().requires_grad_(True) for each in inputs), fast_mode=True)


def test_at_zero_aberration_has_the_gradients_of_differences_too():
    """There the shift's whole part steps, but the interpolator's slope does not."""
    picture = light(1, 3, 10, 12)
    where = (per_image(4.5, 5.5, dtype=torch.double)[None], torch.ones(1, dtype=torch.double))

    def energy(red: Tensor) -> Tensor:
        return correct_lateral_aberration(picture, red, 0 * red, *where).square().sum()

    red = torch.zeros(1, dtype=torch.double).requires_grad_(True)
    (gradient,) = torch.autograd.grad(energy(red), red)
    step = per_image(1e-6, dtype=torch.double)
    assert float(gradient) == pytest.approx(float(energy(step) - energy(-step)) / 2e-6, rel=1e-4)
