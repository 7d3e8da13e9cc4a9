import numpy as np
import pytest
import torch
from fixtures.seeded import seeded

from isp_env.frames.batch import FrameBatch
from isp_env.observe import EXPOSURE, OBSERVATION, STATISTICS, exposure_features, noise_level, picture_statistics
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise


def statistic(images, name):
    return picture_statistics(images)[:, STATISTICS.index(name)]


def test_every_statistic_has_its_name():
    assert picture_statistics(torch.rand(2, 3, 80, 80)).shape == (2, len(STATISTICS))
    assert len(set(OBSERVATION)) == len(OBSERVATION)


def test_known_pictures_have_known_statistics():
    grey = torch.full((1, 3, 80, 80), 0.5)
    assert statistic(grey, "luma_percentile_50") == pytest.approx(0.5, abs=1e-5)
    assert statistic(grey, "chroma_mean") == pytest.approx(0, abs=1e-6)
    assert statistic(grey, "clipped_high") == 0 and statistic(torch.ones(1, 3, 80, 80), "clipped_high") == 1
    warm = grey * torch.tensor([1.0, 0.5, 0.25]).view(1, 3, 1, 1)
    assert statistic(warm, "cast_red") == pytest.approx(1) and statistic(warm, "cast_blue") == pytest.approx(-1)


def test_statistics_of_a_batch_are_those_of_each_picture():
    images = torch.rand(3, 3, 90, 100, dtype=torch.float64)  # no pixel within a rounding of a level
    each = torch.cat([picture_statistics(image[None]) for image in images])
    torch.testing.assert_close(picture_statistics(images), each)


def test_noise_level_reads_white_noise_and_ignores_a_ramp():
    generator = seeded()
    noise = 0.05 * torch.randn(1, 1, 200, 200, generator=generator).expand(1, 3, 200, 200)
    ramp = torch.linspace(0.2, 0.8, 200).expand(1, 3, 200, 200)
    assert noise_level(ramp + noise) == pytest.approx(0.05, rel=0.05)
    assert noise_level(ramp) == pytest.approx(0, abs=1e-5)


def test_the_light_that_was_taken_for_white_reads_the_same_of_every_camera():
    grey = np.full((16, 16, 3), 0.4)
    frames = [synthesise(grey, camera, kelvin=4000.0, duv=0.008) for camera in CAMERAS.values()]
    seen = exposure_features(FrameBatch.stack(frames))
    assert seen.shape == (len(CAMERAS), len(EXPOSURE))
    assert seen[:, EXPOSURE.index("as_shot_mired")].numpy() == pytest.approx(2.5, abs=0.02)
    assert seen[:, EXPOSURE.index("as_shot_duv")].numpy() == pytest.approx(0.8, abs=0.03)
    assert seen[:, EXPOSURE.index("log_gain_red")].std() > 0.1
