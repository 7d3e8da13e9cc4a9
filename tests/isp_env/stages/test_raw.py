import pytest
import torch
from fixtures.seeded import normal, per_image, uniform

from isp_env.cfa import CFA_PATTERNS
from isp_env.stages.defects import correct_defects
from isp_env.stages.denoise import denoise_planes, denoise_rgb
from isp_env.stages.highlights import CLIP_START, restore_highlights, restore_mosaic_highlights
from isp_env.stages.mosaic import pack, pad_to_even, unpack

PHASES = torch.arange(4)
GAINS = torch.tensor([[1.9, 1.0, 1.7]])
NOISE = torch.tensor([[1e-3, 1e-6]])


def test_packing_finds_the_colours_of_every_phase():
    block = {"R": 1.0, "B": 4.0}
    for index, pattern in enumerate(CFA_PATTERNS):
        red_row = pattern.index("R") // 2
        values = [block.get(c, 2.0 if i // 2 == red_row else 3.0) for i, c in enumerate(pattern)]
        mosaic = torch.tensor(values).view(1, 1, 2, 2).repeat(1, 1, 3, 3)
        planes = pack(mosaic, torch.tensor([index]))
        assert planes.mean((0, 2, 3)).tolist() == [1, 2, 3, 4]


def test_unpack_inverts_pack():
    mosaic = uniform(4, 1, 6, 8)
    assert torch.equal(unpack(pack(mosaic, PHASES), PHASES), mosaic)


def test_odd_sizes_are_mirrored_in_phase():
    padded = pad_to_even(uniform(1, 1, 5, 7))
    assert padded.shape == (1, 1, 6, 8)
    assert torch.equal(padded[..., 5, :], padded[..., 3, :])


def test_a_defect_is_replaced_and_everything_else_stays():
    planes = 0.3 + 0.05 * uniform(1, 4, 16, 16)
    broken = planes.clone()
    broken[0, 0, 5, 5], broken[0, 2, 9, 3], broken[0, 3, 0, 0] = 1.0, 0.0, 1.0
    corrected = correct_defects(broken, NOISE)
    changed = corrected != broken
    assert changed.nonzero().tolist() == [[0, 0, 5, 5], [0, 2, 9, 3], [0, 3, 0, 0]]
    assert (corrected - planes).abs().max() < 0.06


def test_edges_lines_and_noise_are_no_defects():
    planes = torch.full((1, 4, 16, 16), 0.1)
    planes[..., 8:] = 0.9
    planes[..., 4, :] = 0.7
    planes = planes + 0.01 * uniform(1, 4, 16, 16)
    assert torch.equal(correct_defects(planes, NOISE), planes)


def test_highlights_below_clipping_are_untouched():
    rgb = uniform(2, 3, 8, 8) * CLIP_START
    assert torch.equal(restore_highlights(rgb, GAINS.expand(2, 3)), rgb)


def test_clipped_white_is_neutral_and_clipped_green_is_not_magenta():
    white = restore_highlights(torch.ones(1, 3, 1, 1), GAINS) * GAINS[..., None, None]
    torch.testing.assert_close(white, torch.full_like(white, 1.9))
    green_clipped = restore_highlights(torch.tensor([0.7, 1.0, 0.8]).view(1, 3, 1, 1), GAINS) * GAINS[..., None, None]
    red, green, blue = green_clipped.flatten().tolist()
    assert green == pytest.approx((red + blue) / 2)


def test_a_saturated_light_keeps_its_hue():
    orange = torch.tensor([1.0, 0.5, 0.1]).view(1, 3, 1, 1)
    assert torch.equal(restore_highlights(orange, GAINS), orange)


def test_highlights_of_a_mosaic_are_those_of_rgb():
    rgb = uniform(1, 3, 6, 6) * 0.3 + 0.7
    planes = rgb[:, [0, 1, 1, 2]]
    restored = restore_mosaic_highlights(planes, GAINS)
    torch.testing.assert_close(restored[:, [0, 1, 3]], restore_highlights(rgb, GAINS))


def test_highlights_gradient():
    rgb = (uniform(1, 3, 3, 3, dtype=torch.double) * 0.4 + 0.7).requires_grad_(True)
    assert torch.autograd.gradcheck(lambda x: restore_highlights(x, GAINS.double()), rgb)


@pytest.mark.parametrize(("stage", "channels"), [(denoise_rgb, 3), (denoise_planes, 4)])
class TestDenoise:
    def noisy(self, channels: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        clean = (
            torch.full((1, channels, 64, 64), 0.2)
            / (GAINS if channels == 3 else GAINS[:, [0, 1, 1, 2]])[..., None, None]
        )
        noise = normal(*clean.shape, seed=1)
        return clean, clean + noise * (1e-3 * clean + 1e-6).sqrt(), NOISE

    def test_zero_strength_is_identity(self, stage, channels):
        samples = uniform(1, channels, 12, 12)
        samples[..., :4] = 0
        assert torch.equal(stage(samples, NOISE, GAINS, per_image(0.7), per_image(0), per_image(0)), samples)

    def test_full_strength_removes_most_fine_noise_and_keeps_the_mean(self, stage, channels):
        clean, noisy, noise = self.noisy(channels)
        quiet = stage(noisy, noise, GAINS, per_image(1.0), per_image(1), per_image(1))
        assert (quiet - clean).square().mean() < 0.35 * (noisy - clean).square().mean()
        torch.testing.assert_close(quiet.mean(), noisy.mean(), atol=1e-4, rtol=0)

    def test_luma_and_chroma_are_apart(self, stage, channels):
        _, noisy, noise = self.noisy(channels)
        luma = stage(noisy, noise, GAINS, per_image(1.0), per_image(1), per_image(0))
        chroma = stage(noisy, noise, GAINS, per_image(1.0), per_image(0), per_image(1))
        gains = (GAINS if channels == 3 else GAINS[:, [0, 1, 1, 2]])[..., None, None]
        torch.testing.assert_close((chroma * gains).mean(1), (noisy * gains).mean(1))
        assert ((luma - noisy) * gains).mean(1).abs().mean() > 1e-3

    def test_strong_edges_survive(self, stage, channels):
        samples = torch.full((1, channels, 16, 16), 0.1)
        samples[..., 8:] = 0.5
        quiet = stage(samples, NOISE, GAINS, per_image(1.0), per_image(1), per_image(1))
        assert (quiet - samples).abs().max() < 0.05

    @pytest.mark.slow
    def test_gradient_of_samples_and_strengths(self, stage, channels):
        inputs = (
            uniform(1, channels, 5, 5, dtype=torch.double).requires_grad_(True),
            per_image(0.6, dtype=torch.double).requires_grad_(True),
            per_image(0.3, dtype=torch.double).requires_grad_(True),
        )
        noise, gains, scale = NOISE.double(), GAINS.double(), per_image(0.5, dtype=torch.double)
        assert torch.autograd.gradcheck(lambda x, a, b: stage(x, noise, gains, scale, a, b), inputs)

    def test_gradients_are_finite_at_black_and_zero_strength(self, stage, channels):
        samples = torch.zeros(1, channels, 6, 6, requires_grad=True)
        strengths = [per_image(0).requires_grad_(True), per_image(0).requires_grad_(True)]
        stage(samples, torch.zeros(1, 2), GAINS, per_image(1.0), *strengths).sum().backward()
        assert all(torch.isfinite(x.grad).all() for x in (samples, *strengths))
