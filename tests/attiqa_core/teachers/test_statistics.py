import json

import numpy as np
import pytest
import torch
from fixtures.photographs import photograph, three_photographs
from fixtures.seeded import seeded
from scipy.stats import spearmanr
from skimage.color import rgb2lab
from skimage.measure import blur_effect
from torchvision.transforms.v2 import functional as F

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.distortions.axes import AXES
from attiqa_core.srgb import luma
from attiqa_core.teachers.statistics import (
    MEASURES,
    StatisticsTeacher,
    brightness,
    colorfulness,
    contrast,
    noise_sigma,
    sharpness,
)


@pytest.fixture(scope="module")
def photos():
    return three_photographs()


def test_the_measures_are_the_attributes_in_order():
    assert tuple(MEASURES) == ATTRIBUTES


def test_a_batch_equals_a_loop(photos):
    teacher = StatisticsTeacher()
    loop = torch.cat([teacher.attributes(photo[None]) for photo in photos])
    torch.testing.assert_close(teacher.attributes(photos), loop, atol=1e-5, rtol=1e-5)


def test_brightness_is_the_mean_lightness_of_scikit_image(photos):
    expected = [rgb2lab(photo.permute(1, 2, 0).double().numpy())[..., 0].mean() for photo in photos]
    np.testing.assert_allclose(brightness(photos), expected, atol=0.02)


def test_contrast_is_the_spread_of_luma(photos):
    np.testing.assert_allclose(contrast(photos), luma(photos).numpy().std((1, 2, 3)), rtol=1e-5)
    black_and_white = torch.zeros(1, 3, 8, 8)
    black_and_white[..., :4] = 1
    assert float(contrast(black_and_white)) == pytest.approx(0.5)


def test_colorfulness_agrees_with_the_formula_of_the_paper(photos):
    red, green, blue = (255 * photos[0].double().numpy()).reshape(3, -1)
    rg, yb = red - green, 0.5 * (red + green) - blue
    spread, shift = np.hypot(rg.std(), yb.std()), np.hypot(rg.mean(), yb.mean())
    assert float(colorfulness(photos)[0]) == pytest.approx(spread + 0.3 * shift, rel=1e-5)


def test_grey_has_no_colorfulness():
    assert float(colorfulness(torch.rand(1, 1, 16, 16, generator=seeded()).expand(1, 3, 16, 16))) == pytest.approx(
        0, abs=1e-4
    )


@pytest.mark.parametrize("sigma", [0.005, 0.02, 0.05])
def test_the_noise_of_a_flat_image_is_found(sigma):
    noisy = 0.5 + sigma * torch.randn(4, 3, 128, 128, generator=seeded())
    np.testing.assert_allclose(noise_sigma(noisy), sigma, rtol=0.05)


def test_texture_and_edges_are_hardly_taken_for_noise(photos):
    noisy = (photos + 0.05 * torch.randn(photos.shape, generator=seeded())).clamp(0, 1)
    assert (noise_sigma(photos) < 0.012).all()
    np.testing.assert_allclose(noise_sigma(noisy), 0.05, rtol=0.2)


def test_sharpness_orders_blurs_as_the_measure_of_crete_does(photos):
    levels = torch.linspace(-1, 0, 9)
    versions = AXES["sharpness"].apply(photos[:1].expand(9, -1, -1, -1), levels, seeded())
    crete = [blur_effect(version.permute(1, 2, 0).numpy(), channel_axis=2) for version in versions]
    assert spearmanr(sharpness(versions), crete).statistic == pytest.approx(-1)


def test_sharpness_does_not_depend_on_contrast(photos):
    flatter = AXES["contrast"].apply(photos, torch.full((3,), -0.8), seeded())
    torch.testing.assert_close(sharpness(flatter), sharpness(photos), atol=0.02, rtol=0)


def test_sharpness_is_not_fooled_by_noise(photos):
    blurred = AXES["sharpness"].apply(photos, torch.full((3,), -0.5), seeded())
    noisy = AXES["noisiness"].apply(blurred, torch.full((3,), -0.3), seeded())
    assert (sharpness(noisy) < sharpness(photos)).all()


def test_a_flat_photo_has_no_sharpness_to_compare():
    lesson = StatisticsTeacher().lesson(torch.full((2, 3, 32, 32), 0.4), seeded())
    assert lesson.labels[:, 0].isnan().all()
    assert torch.isfinite(lesson.labels[:, 1:]).all()
    assert torch.isfinite(StatisticsTeacher().attributes(torch.zeros(1, 3, 32, 32))).all()


def test_a_lesson_ranks_the_photos_as_they_are(photos):
    lesson = StatisticsTeacher().lesson(photos, seeded())
    assert lesson.images is photos
    assert lesson.labels.dtype == torch.float32 and lesson.labels.shape == (3, 5)
    assert lesson.groups.tolist() == [0, 0, 0]


def test_photos_of_any_size_are_measured_at_one_size():
    picture = photograph("chelsea")
    larger = F.resize(picture, [450], antialias=True)
    teacher = StatisticsTeacher(short_edge=96)
    labels = teacher.encode([teacher.prepare(each.permute(1, 2, 0).numpy()) for each in (picture, larger)])
    torch.testing.assert_close(labels[0], labels[1], rtol=0.05, atol=0.005)


def test_provenance_is_ready_for_json():
    assert json.loads(json.dumps(StatisticsTeacher().provenance()))["teacher"] == "statistics"
