import numpy as np
import pytest
import scipy.ndimage
import torch
from fixtures.seeded import per_image, uniform

from isp_env.stages.aberration import REACH_PX, correct_lateral_aberration, correct_mosaic_aberration
from isp_env.stages.mosaic import pack, sampled_colours


def waves(height: int, width: int, scale: float = 1.0) -> torch.Tensor:
    """A smooth pattern drawn `scale` times as large about the centre."""
    rows = (torch.arange(height, dtype=torch.double) - (height - 1) / 2)[:, None] / scale
    columns = (torch.arange(width, dtype=torch.double) - (width - 1) / 2) / scale
    return 0.5 + 0.2 * (0.4 * rows).sin() + 0.2 * (0.3 * columns).cos()


def centre(rgb: torch.Tensor) -> torch.Tensor:
    """The middle of each picture."""
    middle = [(length - 1) / 2 for length in rgb.shape[-2:]]
    return torch.tensor([middle], dtype=rgb.dtype).expand(len(rgb), 2)


def full_size(rgb: torch.Tensor) -> torch.Tensor:
    return rgb.new_ones(len(rgb))


def on_axis(rgb: torch.Tensor, red: torch.Tensor, blue: torch.Tensor) -> torch.Tensor:
    return correct_lateral_aberration(rgb, red, blue, centre(rgb), full_size(rgb))


def test_no_magnification_is_identity_and_still_has_a_gradient():
    rgb, red, blue = uniform(2, 3, 12, 14), per_image(0, 0).requires_grad_(True), per_image(0, 0)
    corrected = on_axis(rgb, red, blue)
    assert torch.equal(corrected, rgb)
    corrected.square().sum().backward()
    assert red.grad is not None and (red.grad != 0).all() and torch.isfinite(red.grad).all()


def test_red_and_blue_drawn_at_another_size_are_put_on_green():
    magnification = 0.01
    truth = waves(80, 100)
    aberrant = torch.stack([waves(80, 100, 1 + magnification), truth, waves(80, 100, 1 - magnification)])[None]
    red, blue = per_image(magnification, dtype=torch.double), per_image(-magnification, dtype=torch.double)
    corrected = on_axis(aberrant, red, blue)[0, :, 4:-4, 4:-4]
    assert (aberrant[0] - truth).abs().max() > 0.02
    assert (corrected - truth[4:-4, 4:-4]).abs().max() < 3e-3  # of a cubic on waves of 16 px


def test_a_shift_by_whole_pixels_equals_scipys():
    rgb = uniform(1, 3, 9, 9, dtype=torch.double)
    red = per_image(1.0, dtype=torch.double)  # the pixel twice as far from the centre
    ours = on_axis(rgb, red, 0 * red)[0, 0].numpy()
    theirs = scipy.ndimage.affine_transform(rgb[0, 0].numpy(), np.eye(2) * 2, -4, order=1, mode="nearest")
    np.testing.assert_allclose(ours, theirs, atol=1e-14)


def test_a_tile_equals_the_whole():
    rgb, red, blue = (
        uniform(1, 3, 64, 72, dtype=torch.double),
        torch.tensor([0.03]).double(),
        torch.tensor([-0.02]).double(),
    )
    whole = on_axis(rgb, red, blue)
    at = centre(rgb) - torch.tensor([10, 20])
    tile = correct_lateral_aberration(rgb[..., 10:50, 20:70], red, blue, at, full_size(rgb))
    inner = slice(REACH_PX, -REACH_PX)
    torch.testing.assert_close(tile[..., inner, inner], whole[..., 10:50, 20:70][..., inner, inner], atol=1e-14, rtol=0)


def test_gradients_of_samples_and_magnifications_match_differences():
    inputs = (uniform(2, 3, 6, 7, dtype=torch.double), per_image(0.05, 0.02).double(), per_image(-0.03, 0.04).double())
    assert torch.autograd.gradcheck(on_axis, [each.requires_grad_(True) for each in inputs], fast_mode=True)


@pytest.mark.parametrize("phase", range(4))
def test_on_a_mosaic_red_and_blue_samples_are_put_on_green(phase):
    magnification, phases = 0.01, torch.tensor([phase])
    truth = waves(80, 100)
    aberrant = torch.stack([waves(80, 100, 1 + magnification), truth, waves(80, 100, 1 - magnification)])[None]
    sampled = sampled_colours(aberrant, phases)
    red, blue = per_image(magnification, dtype=torch.double), per_image(-magnification, dtype=torch.double)
    planes = pack((aberrant * sampled).sum(1, keepdim=True), phases)
    corrected = correct_mosaic_aberration(planes, phases, red, blue, centre(aberrant), full_size(aberrant))
    expected = pack(truth[None, None], phases)
    inner = (..., slice(4, -4), slice(4, -4))
    assert (planes - expected)[inner].abs().max() > 0.02
    assert (corrected - expected)[inner].abs().max() < 4e-3  # of a cubic on waves of 8 samples
    still = correct_mosaic_aberration(planes, phases, 0 * red, 0 * blue, centre(aberrant), full_size(aberrant))
    assert torch.equal(still, planes)
