import numpy as np
import pytest
import torch
from fixtures.seeded import seeded
from scipy import ndimage, stats

from attiqa_core.judges.scene_statistics import (
    SCENE_STATISTICS,
    asymmetric_fit,
    normalised_luma,
    patch_features,
    scene_features,
)


def test_luma_is_normalised_by_its_mean_and_deviation_about_each_pixel():
    grey = 255 * torch.rand(1, 1, 24, 30, generator=seeded(0), dtype=torch.float64)
    normalised, deviation = normalised_luma(grey)
    plane = grey[0, 0].numpy()

    def blurred(values):
        return ndimage.gaussian_filter(values, 7 / 6, radius=3, mode="nearest")

    mean = blurred(plane)
    spread = np.sqrt(blurred(plane**2) - mean**2)
    np.testing.assert_allclose(deviation[0, 0], spread, rtol=1e-6)
    np.testing.assert_allclose(normalised[0, 0], (plane - mean) / (spread + 1), rtol=1e-6)


@pytest.mark.parametrize("shape", [0.8, 2.0, 4.0])
def test_a_symmetric_distribution_is_found_again(shape):
    drawn = stats.gennorm.rvs(shape, scale=0.7, size=(1, 40000), random_state=np.random.default_rng(0))
    found, left, right = asymmetric_fit(torch.from_numpy(drawn))
    assert float(found) == pytest.approx(shape, rel=0.06)
    assert float(left) == pytest.approx(0.7, rel=0.05) and float(right) == pytest.approx(0.7, rel=0.05)


def test_the_wider_side_is_told_from_the_other_one():
    drawn = torch.randn(1, 20000, generator=seeded(1), dtype=torch.float64)
    shape, left, right = asymmetric_fit(torch.where(drawn > 0, 2 * drawn, drawn))
    assert float(right / left) == pytest.approx(2, rel=0.03) and 1.6 < float(shape) < 2.4
    mirrored = asymmetric_fit(-torch.where(drawn > 0, 2 * drawn, drawn))
    assert float(mirrored[1]) == pytest.approx(float(right)) and float(mirrored[2]) == pytest.approx(float(left))


def test_independent_samples_have_products_without_a_side():
    patches = torch.randn(2, 96, 96, generator=seeded(2), dtype=torch.float64)
    features = patch_features(patches)
    means = features[:, [3, 7, 11, 15]]
    assert features.shape == (2, len(SCENE_STATISTICS) // 2) and means.abs().max() < 0.05
    smooth = torch.nn.functional.avg_pool2d(patches[:, None], 5, 1, 2)[:, 0]
    assert (patch_features(smooth)[:, 3] > 0.005).all()  # neighbours now agree


def test_patches_without_variation_are_left_out_and_the_rest_at_the_edges_is_not_seen():
    image = torch.rand(1, 3, 200, 290, generator=seeded(3))
    image[:, :, :100, :100] = 0.5
    features, sharpness = scene_features(image)
    assert features.shape == (5, len(SCENE_STATISTICS)) and features.isfinite().all() and (sharpness > 0).all()
    assert torch.equal(features, scene_features(image[:, :, :193, :289])[0])
    assert len(scene_features(torch.zeros(1, 3, 96, 96))[0]) == 0
