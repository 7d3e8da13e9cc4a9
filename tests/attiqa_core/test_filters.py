import numpy as np
import pytest
import scipy.ndimage
import scipy.special
import torch
from fixtures.seeded import per_image, uniform

from attiqa_core.filters import blur, discrete_gaussian


@pytest.mark.parametrize("variance", [0.0, 0.01, 0.5, 1.0])
def test_discrete_gaussian_has_unit_sum_and_the_right_variance(variance):
    half = discrete_gaussian(per_image(variance, dtype=torch.double), 6)[0]
    taps = torch.arange(7)
    assert 2 * half.sum() - half[0] == pytest.approx(1)
    assert float(2 * (half * taps**2).sum()) == pytest.approx(variance, abs=1e-4)


def test_blur_is_the_bessel_kernel_of_scipy_along_both_axes():
    picture = uniform(1, 1, 24, 24, dtype=torch.double)
    taps = scipy.special.ive(abs(np.arange(-8, 9)), 1.2)
    expected = picture[0, 0].numpy()
    for axis in (0, 1):
        expected = scipy.ndimage.correlate1d(expected, taps, axis=axis, mode="nearest")
    ours = blur(picture, discrete_gaussian(per_image(1.2, dtype=torch.double), 8))[0, 0]
    np.testing.assert_allclose(ours.numpy(), expected, atol=1e-6)
