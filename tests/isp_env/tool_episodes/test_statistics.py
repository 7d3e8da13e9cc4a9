import numpy as np
import pytest
import scipy.fft
import torch
from fixtures.photographs import smooth_scene
from fixtures.seeded import normal, uniform
from torchvision.io import decode_jpeg, encode_jpeg

from attiqa_core.srgb import luma
from isp_env.tool_episodes.statistics import (
    EDGE_LEVELS,
    GREY_LEVELS,
    STATISTICS,
    blockiness,
    dct_matrix,
    grid,
    noises,
    sobel,
    tool_statistics,
)


def scene(seed: int = 0) -> torch.Tensor:
    picture = torch.from_numpy(np.ascontiguousarray(smooth_scene(seed))).float().permute(2, 0, 1)[None, :, :48, :64]
    return (0.8 * picture + 0.1 * uniform(1, 3, 48, 64, seed=seed)).clamp(0, 1)


def entry(images: torch.Tensor, name: str) -> float:
    return float(tool_statistics(images)[0, STATISTICS.index(name)])


def test_every_entry_has_a_name_of_its_own_and_is_float32():
    seen = tool_statistics(scene())
    assert seen.shape == (1, len(STATISTICS)) and seen.dtype == torch.float32
    assert len(set(STATISTICS)) == len(STATISTICS)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_picture_of_one_colour_has_finite_statistics(value):
    seen = tool_statistics(torch.full((1, 3, 17, 23), value))
    assert torch.isfinite(seen).all() and seen.abs().max() <= 10


def test_a_batch_equals_single_pictures():
    images = torch.cat([scene(seed) for seed in range(3)])
    alone = torch.cat([tool_statistics(images[[row]]) for row in range(3)])
    torch.testing.assert_close(tool_statistics(images), alone, atol=1e-5, rtol=0)


def test_histograms_are_numpys():
    images = scene()
    seen, grey = tool_statistics(images)[0].numpy(), luma(images)
    counts, _ = np.histogram(grey.numpy(), [-1, *GREY_LEVELS, 2])
    np.testing.assert_allclose(seen[: len(counts)], counts / grey.numel(), atol=1e-6)
    gradient = sobel(grey).numpy()
    edges, _ = np.histogram(gradient, [-1, *EDGE_LEVELS, 9])
    np.testing.assert_allclose(seen[len(counts) : len(counts) + len(edges)], edges / gradient.size, atol=1e-6)


def test_sobels_gradient_of_a_ramp_is_its_slope():
    down, across = torch.meshgrid(0.03 * torch.arange(9), 0.04 * torch.arange(11), indexing="ij")
    torch.testing.assert_close(sobel((down + across)[None, None]), torch.full((1, 1, 7, 9), 0.05))


@pytest.mark.parametrize("sigma", [0.01, 0.05])
def test_noise_of_a_flat_picture_is_its_sigma(sigma):
    plane = 0.5 + sigma * normal(1, 1, 96, 96)
    everywhere, calm = noises(plane)
    expected = np.log10(sigma) + 2
    assert float(everywhere) == pytest.approx(expected, abs=0.03)  # 2304 differences: 1.2 sigma of their median is 3 %
    assert expected - 0.12 < float(calm) < expected  # the calmest tenth of 144 blocks of 16 differences


def test_noise_of_blocks_ignores_texture_elsewhere():
    plane = 0.5 + 0.01 * normal(1, 1, 96, 96)
    plane[..., 32:] += 0.2 * (normal(1, 1, 96, 64, seed=1))
    everywhere, calm = noises(plane)
    assert float(calm) < 0.1 < float(everywhere)


def test_the_dct_is_scipys():
    np.testing.assert_allclose(dct_matrix(torch.zeros(1)), scipy.fft.dct(np.eye(8), axis=0, norm="ortho"), atol=1e-6)


def test_jpegs_grid_is_seen_and_nothing_else_is():
    clean = scene()
    stored = (clean[0] * 255).round().byte()
    compressed = [decode_jpeg(encode_jpeg(stored, quality))[None] / 255 for quality in (60, 10)]
    names = ("grid", "blockiness")
    for name in names:
        assert abs(entry(clean, name)) < 0.2
    assert entry(compressed[1], "grid") > entry(compressed[0], "grid") > 0.5
    assert entry(compressed[1], "blockiness") > 0.5
    shifted = luma(compressed[1])[..., 4:, 4:]
    assert float(blockiness(shifted)) < 0 and float(grid(shifted)[0]) < 0


def test_each_defect_moves_its_own_entry():
    clean = scene()
    noisy = (clean + 0.05 * normal(*clean.shape)).clamp(0, 1)
    soft = torch.nn.functional.avg_pool2d(clean, 5, 1, 2, count_include_pad=False)
    red = clean * torch.tensor([1.0, 0.7, 0.7])[:, None, None]
    assert entry(noisy, "flat_noise") > entry(clean, "flat_noise") + 0.1
    assert entry(soft, "sharpness_ratio") < entry(clean, "sharpness_ratio") - 0.3
    assert entry(soft, "high_frequencies") < entry(clean, "high_frequencies") - 0.5
    assert entry(red, "own_cast_red") > entry(clean, "own_cast_red") + 0.2
    assert entry(red, "cast_red") > entry(clean, "cast_red") + 0.3
    assert entry(0.3 * clean, "luma_mean") < 0.35 * entry(clean, "luma_mean")
