"""Plain tools against OpenCV's recorded pictures, against scikit-image and scipy, and what they are for."""

import numpy as np
import pytest
import torch
from fixtures.opencv_tools import RECORDED, SIZES, grey, picture
from fixtures.photographs import three_photographs
from fixtures.seeded import per_image, uniform
from fixtures.tolerances import rounding
from scipy import ndimage
from skimage import color

from attiqa_core.srgb import lab_from_srgb, luma
from isp_env.tools.catalogue import CLASSICAL

OPENCV = np.load(RECORDED)
IMAGES = three_photographs(24, 48)
WITHIN_STEPS = {  # of 8 bits
    "sharpen": 0.01,  # whole numbers
    "box-3": 0.5,  # rounding
    "gaussian-3": 0.75,  # rounding, and its kernel in 8 bits of fixed point
    "bilateral": 0.51,  # rounding, and its exponentials from a table
    "equalise": 3.0,  # luma, colour differences (1.1 and 2.0 times) and the result rounded
    "clahe": 3.0,
}


def images_of(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def steps_apart(name: str, pixels: np.ndarray, expected: np.ndarray) -> float:
    result = CLASSICAL[name](images_of(pixels))[0].permute(1, 2, 0).numpy() * 255
    return float(np.abs(result - expected).max())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", WITHIN_STEPS)
def test_it_is_opencvs_within_what_8_bits_round(name, size):
    assert steps_apart(name, picture(size), OPENCV[f"{name}, {size}"]) <= WITHIN_STEPS[name]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("name", "within"), [("equalise", 0.5), ("clahe", 1.0)]
)  # its curves rounded; those mixed, again
def test_curves_of_grey_are_opencvs_within_a_step(name, within, size):
    pixels = np.repeat(grey(size)[..., None], 3, 2)
    assert steps_apart(name, pixels, OPENCV[f"{name} of grey, {size}"][..., None]) <= within


@pytest.mark.parametrize("name", ["box-3", "gaussian-3", "sharpen"])
def test_a_kernel_is_scipys_with_the_same_taps(name):
    side = np.exp(-1 / 4.5)
    taps = np.array([1, 1, 1]) / 3 if name != "gaussian-3" else np.array([side, 1, side]) / (1 + 2 * side)
    kernel = np.outer(taps, taps) if name != "sharpen" else np.array([[-1, -1, -1], [-1, 9, -1], [-1, -1, -1]])
    images = IMAGES.double().numpy()
    expected = ndimage.correlate(images, kernel[None, None], mode="mirror").clip(0, 1)
    result = CLASSICAL[name](IMAGES.double()).numpy()
    assert np.abs(result - expected).max() <= rounding(64, 9, torch.float64)


def test_bilateral_is_the_sum_over_the_window_as_it_is_written():
    pixels = uniform(1, 3, 9, 8, seed=2, dtype=torch.float64)
    padded = np.pad(pixels[0].numpy(), ((0, 0), (8, 8), (8, 8)), mode="reflect")
    row, column = 4, 2
    down, right = np.mgrid[-7:8, -7:8]
    window = padded[:, row + 1 : row + 16, column + 1 : column + 16]
    distance = np.abs(window - pixels[0].numpy()[:, row, column, None, None]).sum(0)
    weight = np.exp(-(down**2 + right**2) / (2 * 75**2) - distance**2 / (2 * (75 / 255) ** 2)) * (
        down**2 + right**2 <= 49
    )
    expected = (weight * window).sum((1, 2)) / weight.sum()
    assert CLASSICAL["bilateral"](pixels)[0, :, row, column].numpy() == pytest.approx(expected, abs=1e-12)


def test_bilateral_smooths_noise_and_keeps_an_edge_that_a_box_blurs():
    edge = torch.zeros(1, 3, 16, 16) + 0.1
    edge[..., 8:] = 0.9
    noisy = edge + 0.02 * (uniform(1, 3, 16, 16) - 0.5)
    smooth, boxed = CLASSICAL["bilateral"](noisy), CLASSICAL["box-3"](noisy)
    assert (smooth - edge).abs().max() < 0.4 * (noisy - edge).abs().max()
    assert (boxed - edge).abs().max() > 0.2


def test_bilateral_does_not_depend_on_the_strips_it_is_worked_in(monkeypatch):
    whole = CLASSICAL["bilateral"](IMAGES)
    monkeypatch.setattr("isp_env.tools.bilateral.STRIP_PIXELS", 5 * 24 * 3)
    assert torch.equal(CLASSICAL["bilateral"](IMAGES), whole)


def test_equalised_levels_are_spread_evenly_and_colour_differences_stay():
    images = IMAGES[:1] * 0.2 + 0.3
    result = CLASSICAL["equalise"](images)
    spread = luma(result).flatten().sort().values
    even = torch.linspace(0, 1, len(spread))
    assert (spread - even).abs().max() < (spread - luma(images).flatten().sort().values).abs().max()
    assert luma(result).min() < 0.01 and luma(result).max() > 0.99
    assert torch.allclose((result - luma(result))[..., 5:9, 5:9], (images - luma(images))[..., 5:9, 5:9], atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
def test_a_picture_of_one_luma_is_not_equalised(value):
    plain = torch.full((1, 3, 8, 8), value)
    assert torch.equal(CLASSICAL["equalise"](plain), plain)


def test_clahe_raises_local_contrast_less_than_equalising_each_tile_would():
    ramp = torch.linspace(0.45, 0.55, 64).expand(1, 3, 64, 64)
    gain = CLASSICAL["clahe"](ramp).std() / ramp.std()
    assert 1 < gain < CLASSICAL["equalise"](ramp).std() / ramp.std()


def test_grey_world_is_the_same_sum_in_scikit_images_cielab():
    images = IMAGES.double()
    lab = color.rgb2lab(images.numpy(), channel_axis=1)
    lab[:, 1:] -= lab[:, 1:].mean((2, 3), keepdims=True) * lab[:, :1] / 100 * 1.1
    expected = np.clip(color.lab2rgb(lab, channel_axis=1), 0, 1)
    apart = np.abs(CLASSICAL["grey-world"](images).numpy() - expected).max()
    assert apart < 1e-3  # their white has five digits, and their matrix six: a quarter of an 8-bit step


def test_grey_world_takes_most_of_a_cast():
    yellow = IMAGES[:1] * torch.tensor([1.0, 0.95, 0.7]).view(1, 3, 1, 1)
    before, after = (
        lab_from_srgb(each)[0, 1:].mean((1, 2)).norm() for each in (yellow, CLASSICAL["grey-world"](yellow))
    )
    assert after < 0.6 * before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sharpen", "box-3", "gaussian-3", "bilateral", "grey-world"])
def test_gradients_are_those_of_finite_differences(name):
    images = uniform(1, 3, 4, 3, seed=1, dtype=torch.float64) * 0.05 + 0.4  # so that sharpening does not clip
    strength = per_image(0.6, dtype=torch.float64)
    # along one random direction: entry by entry the window's 74 shifts would take seconds
    assert torch.autograd.gradcheck(
        CLASSICAL[name], (images.requires_grad_(), strength.requires_grad_()), fast_mode=True
    )


@pytest.mark.parametrize("name", ["equalise", "clahe"])
def test_what_is_counted_has_no_gradient_and_passes_the_pictures(name):
    images = (IMAGES[:1] * 0.2 + 0.4).requires_grad_()
    result = CLASSICAL[name](images, per_image(0.5))
    result.sum().backward()
    inside = (result > 0) & (result < 1)
    assert images.grad is not None and torch.equal(images.grad[inside], torch.ones_like(images.grad[inside]))
