import colour
import numpy as np
import pytest
import torch
from fixtures.photographs import photograph, three_photographs
from fixtures.seeded import seeded
from scipy.ndimage import gaussian_filter
from scipy.stats import spearmanr
from skimage.filters import unsharp_mask
from torchvision.transforms.v2 import functional as F

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.distortions import axes as distortions
from attiqa_core.distortions.axes import AXES, distort
from attiqa_core.filters import gaussian_blur
from attiqa_core.srgb import luma
from attiqa_core.teachers.statistics import MEASURES

NOISELESS = [attribute for attribute in ATTRIBUTES if attribute != "noisiness"]


@pytest.fixture(scope="module")
def photos():
    return three_photographs()


@pytest.fixture(scope="module")
def astronaut():
    return photograph()[None] / 255.0  # 512x512


def test_the_axes_are_the_attributes_in_order():
    assert tuple(AXES) == ATTRIBUTES


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_level_zero_is_identity(attribute, photos):
    assert torch.equal(AXES[attribute].apply(photos, torch.zeros(3), seeded()), photos)


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_a_higher_level_is_more_of_the_attribute(attribute, photos):
    axis = AXES[attribute]
    levels = torch.linspace(axis.low, axis.high, 21)
    for photo in photos:
        versions = axis.apply(photo.expand(21, -1, -1, -1), levels, seeded())
        assert spearmanr(levels, MEASURES[attribute](versions)).statistic > 0.99


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_a_tenth_of_a_level_changes_a_picture_of_512_px_visibly(attribute, astronaut):
    changed = AXES[attribute].apply(astronaut, torch.tensor([-0.1]), seeded())
    assert float((changed - astronaut).square().mean().sqrt()) > 2 / 255


def test_the_input_is_not_changed(photos):
    before = photos.clone()
    levels = torch.full((3, 5), -0.5)
    distort(photos, levels, seeded())
    assert torch.equal(photos, before)
    assert torch.equal(levels, torch.full((3, 5), -0.5))


def test_zero_levels_leave_every_bit(photos):
    assert torch.equal(distort(photos, torch.zeros(3, 5), seeded()), photos)


def test_the_seed_decides_the_noise_and_global_randomness_is_untouched(photos):
    levels = torch.full((3, 5), -0.4)
    state = torch.get_rng_state()
    once = distort(photos, levels, seeded(1))
    assert torch.equal(once, distort(photos, levels, seeded(1)))
    assert not torch.equal(once, distort(photos, levels, seeded(2)))
    assert torch.equal(torch.get_rng_state(), state)


def test_a_batch_equals_a_loop(photos):
    photos = photos.double()
    levels = torch.tensor(
        [[-0.7, 0.2, 0.3, -0.5, 0.0], [0.6, 0.0, -0.9, 0.4, 0.0], [0.0, -0.3, 0.1, 0.0, 0.0]], dtype=torch.float64
    )
    loop = torch.cat([distort(photo[None], level[None], seeded()) for photo, level in zip(photos, levels, strict=True)])
    torch.testing.assert_close(distort(photos, levels, seeded()), loop, atol=1e-12, rtol=0)


@pytest.mark.parametrize("end", [-1.0, 1.0])
def test_results_are_display_images(end, photos):
    result = distort(photos, torch.full((3, 5), end), seeded())
    assert result.shape == photos.shape and result.dtype == torch.float32
    assert result.min() >= 0 and result.max() <= 1


def test_levels_beyond_the_ends_act_as_the_ends(photos):
    far, end = torch.full((3, 5), -7.0), torch.full((3, 5), -1.0)
    assert torch.equal(distort(photos, far, seeded()), distort(photos, end, seeded()))


def test_a_high_noisiness_level_is_clean(photos):
    levels = torch.zeros(3, 5)
    levels[:, ATTRIBUTES.index("noisiness")] = 1.0
    assert torch.equal(distort(photos, levels, seeded()), photos)


@pytest.mark.parametrize("sigma", [1.5, 2.5])
def test_blur_agrees_with_scipy(sigma, photos):
    blurred = gaussian_blur(photos, torch.full((3,), sigma), sigma)[1]
    expected = gaussian_filter(photos[1].double().numpy(), (0, sigma, sigma), mode="mirror", truncate=6)
    np.testing.assert_allclose(blurred, expected, atol=0.02)
    assert np.abs(blurred.numpy() - expected).mean() < 0.001


def test_blur_has_its_variance_below_half_a_pixel_too():
    impulse = torch.zeros(1, 3, 41, 41)
    impulse[..., 20, 20] = 1
    across = torch.arange(41) - 20.0
    for sigma in (0.2, 0.5, 3.0):
        spread = gaussian_blur(impulse, torch.tensor([sigma]), 3.0)[0, 0].sum(0)
        assert float((spread * across**2).sum()) == pytest.approx(sigma**2, rel=0.01)


def test_blurs_add_up_in_variance(photos):
    def blur(images, sigma):
        return gaussian_blur(images, torch.full((3,), sigma), 2.5)

    inside = (..., slice(12, -12), slice(12, -12))
    torch.testing.assert_close(blur(blur(photos, 1.5), 2.0)[inside], blur(photos, 2.5)[inside], atol=1e-3, rtol=0)


def test_sharpening_is_an_unsharp_mask(photos):
    sharpened = AXES["sharpness"].apply(photos, torch.full((3,), 0.5), seeded())[0]
    sigma = distortions.UNSHARP_SIGMA_512 * 96 / 512
    blurred = gaussian_blur(photos, torch.full((3,), sigma), sigma)[0]
    amount = 0.5 * distortions.UNSHARP_AMOUNT
    torch.testing.assert_close(sharpened, (photos[0] + amount * (photos[0] - blurred)).clamp(0, 1), atol=1e-5, rtol=0)


def test_sharpening_agrees_with_scikit_image_at_512_px(astronaut):
    sharpened = AXES["sharpness"].apply(astronaut, torch.tensor([0.3]), seeded())[0, :, 8:-8, 8:-8]
    amount = 0.3 * distortions.UNSHARP_AMOUNT
    expected = unsharp_mask(astronaut[0].numpy(), radius=distortions.UNSHARP_SIGMA_512, amount=amount, channel_axis=0)[
        :, 8:-8, 8:-8
    ]
    assert np.abs(sharpened.numpy() - expected).max() < 0.02


def test_contrast_scales_the_spread_and_keeps_the_mean(photos):
    flatter = AXES["contrast"].apply(photos, torch.full((3,), -1.0), seeded())
    grey, changed = luma(photos).flatten(1), luma(flatter).flatten(1)
    torch.testing.assert_close(changed.mean(1), grey.mean(1), atol=1e-5, rtol=0)
    torch.testing.assert_close(changed.std(1), grey.std(1) * distortions.CONTRAST_GAINS[0], atol=1e-5, rtol=0)


def test_brightness_is_exposure_in_linear_light(photos):
    darker = AXES["brightness"].apply(photos, torch.full((3,), -1.0), seeded())
    linear = colour.models.eotf_sRGB(photos.double().numpy())
    expected = colour.models.eotf_inverse_sRGB(linear * 2.0 ** distortions.EXPOSURES_EV[0])
    np.testing.assert_allclose(darker, expected, atol=2e-4)


@pytest.mark.parametrize(("level", "factor"), [(-1.0, 0.0), (-0.4, 0.6), (1.0, 2.0)])
def test_colorfulness_agrees_with_torchvision(level, factor, photos):
    changed = AXES["colorfulness"].apply(photos, torch.full((3,), level), seeded())
    torch.testing.assert_close(changed, F.adjust_saturation(photos, factor), atol=2e-3, rtol=0)


def test_noise_in_mid_grey_has_the_variance_of_kadid_level_five():
    grey = torch.full((1, 3, 128, 128), 0.5)
    noisy = AXES["noisiness"].apply(grey, torch.tensor([-1.0]), seeded())
    assert float(noisy.var()) == pytest.approx(0.01, rel=0.03)
    assert float(noisy.mean()) == pytest.approx(0.5, abs=0.002)


@pytest.mark.parametrize("size", [(3, 2), (1, 9), (17, 16)])
def test_tiny_images_are_distorted_too(size):
    images = torch.rand(2, 3, *size, generator=seeded())
    assert torch.isfinite(distort(images, torch.full((2, 5), -0.5), seeded())).all()
