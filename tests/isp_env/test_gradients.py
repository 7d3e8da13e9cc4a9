"""Gradients from the value to the action are finite wherever a picture has pixels that are exactly grey, black or clipped."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from fixtures.shared_data import SHARED

from attiqa_core.srgb import chroma_map
from isp_env.core import IspCore, Task
from isp_env.observe import picture_statistics
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS

WB = (2.0, 1.0, 1.6)
EDGE = 48

SCENES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "black": lambda ramp: 0 * ramp,
    "below black": lambda ramp: -0.01 + 0 * ramp,
    "clipped": lambda ramp: 1 + 0 * ramp,
    "beyond clipping": lambda ramp: 4 + 0 * ramp,
    "one grey": lambda ramp: 0.2 + 0 * ramp,
    "a ramp of greys, from black to clipped": lambda ramp: ramp * 1.2,
    "half black, half clipped": lambda ramp: (ramp > 0.5).astype(np.float32),
    "one colour, clipped in red": lambda ramp: np.stack([2 + 0 * ramp, 0.3 + 0 * ramp, 0 * ramp], -1),
}


def frame_of(scene: str, noise: tuple[float, float]) -> RawFrame:
    """Return a linear raw of what WB turns into the scene, exactly."""
    ramp = np.tile(np.linspace(0, 1, EDGE, dtype=np.float32), (EDGE, 1))
    picture = SCENES[scene](ramp)
    white_balanced = picture if picture.ndim == 3 else np.stack([picture] * 3, -1)
    camera_rgb = (white_balanced / np.array(WB, np.float32)).astype(np.float32)
    calibration = CAMERAS["gopro-hero6"].calibration
    return RawFrame.from_linear_rgb(camera_rgb, wb_as_shot=WB, calibration=calibration, noise=noise, name=scene)


def gradients(core: IspCore) -> torch.Tensor:
    """Return the gradient of every term at the camera default and beside it, (2, terms, images, parameters)."""
    ids = torch.arange(len(core))
    found = []
    for start in (core.identity, (core.identity * 0.5 + 0.2).clamp(-1, 1)):
        actions = start.expand(len(core), -1).clone().requires_grad_(True)
        terms = core.appraise(ids, actions).terms.sum(0)
        rows = [torch.autograd.grad(term, actions, retain_graph=True)[0] for term in terms]
        found.append(torch.stack(rows))
    return torch.stack(found)


@pytest.mark.slow
@pytest.mark.parametrize("noise", [(1e-4, 1e-6), (0.0, 0.0)], ids=["noisy", "noiseless"])
def test_every_term_has_a_finite_gradient_at_grey_black_and_clipped_pixels(tiny_scorer, noise):
    core = IspCore([frame_of(scene, noise) for scene in SCENES], tiny_scorer, Task(proxy_px=EDGE))
    assert torch.isfinite(gradients(core)).all()


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_statistics_of_a_flat_grey_picture_have_finite_gradients(level):
    images = torch.full((1, 3, 80, 80), level, requires_grad=True)
    picture_statistics(images).sum().backward()
    assert images.grad is not None and torch.isfinite(images.grad).all()


def test_chroma_is_the_root_mean_square_distance_from_luma():
    images = torch.rand(2, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    luma = (images * torch.tensor([0.299, 0.587, 0.114]).double().view(1, 3, 1, 1)).sum(1, keepdim=True)
    torch.testing.assert_close(chroma_map(images), (images - luma).square().mean(1).sqrt())


NEUTRAL_RAW = SHARED / "raw" / "gopro" / "GPBK7066_y1152_x384.dng"


@pytest.mark.slow
@pytest.mark.skipif(not NEUTRAL_RAW.is_file(), reason="needs the shared raws")
def test_a_real_raw_with_exactly_neutral_pixels_has_finite_gradients(tiny_scorer):
    core = IspCore([RawFrame.load(NEUTRAL_RAW)], tiny_scorer, Task(proxy_px=96))
    assert torch.isfinite(gradients(core)).all()
