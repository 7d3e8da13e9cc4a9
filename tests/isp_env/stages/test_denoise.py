import pytest
import torch
from fixtures.seeded import normal, per_image, uniform
from fixtures.tolerances import rounding

from isp_env.raw_io.cameras import CAMERAS
from isp_env.sensor.noise import estimate_noise
from isp_env.stages.demosaic import demosaic
from isp_env.stages.denoise import (
    DEFAULT_CHROMA,
    DEFAULT_LUMA,
    REACH_PX,
    SPACING_PX,
    default_strengths,
    denoise_planes,
    denoise_rgb,
    reach_px,
)
from isp_env.stages.mosaic import per_plane, unpack
from isp_env.stages.stabilise import DARK_SNR, dark_terms, darkness

GAINS = torch.tensor([[1.9, 1.0, 1.7]])
NOISE = torch.tensor([[1e-3, 1e-6]])
SHOT, READ = 1e-3, 1e-6
ROUNDINGS = 200  # opponents 2 x 4, root and back 6, four levels of 8, windows of 25, level of 49, lost of 25, gains


def of_channels(channels: int) -> torch.Tensor:
    return (GAINS if channels == 3 else GAINS[:, [0, 1, 1, 2]])[..., None, None]


def noisy_grey(channels: int, level: float = 0.2, size: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    """A grey of one level, and with the noise that NOISE states."""
    clean = torch.full((1, channels, size, size), level) / of_channels(channels)
    return clean, clean + normal(*clean.shape, seed=1) * (SHOT * clean + READ).sqrt()


@pytest.mark.parametrize(("stage", "channels"), [(denoise_rgb, 3), (denoise_planes, 4)])
class TestDenoise:
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_zero_strength_is_identity(self, stage, channels, dtype):
        samples = uniform(2, channels, 12, 12, dtype=dtype) * 4.1 - 0.1
        samples[..., :4] = 0
        noise, gains = NOISE.to(dtype).expand(2, 2), GAINS.to(dtype).expand(2, 3)
        some = torch.tensor([0, 0.5], dtype=dtype)
        denoised = stage(samples, noise, noise, gains, some * 0 + 0.7, some, some)
        assert denoised.dtype == dtype
        assert torch.equal(denoised[0], samples[0])
        assert not torch.equal(denoised[1], samples[1])

    def test_the_stated_noise_of_a_plain_area_nearly_vanishes_and_the_mean_stays(self, stage, channels):
        clean, noisy = noisy_grey(channels)
        quiet = stage(noisy, NOISE, NOISE, GAINS, per_image(1.0), per_image(0.7), per_image(0.7))
        assert (quiet - clean).square().mean() < 0.03 * (noisy - clean).square().mean()
        standard_error = (noisy - clean).std() / noisy.numel() ** 0.5
        assert (quiet.mean() - noisy.mean()).abs() < standard_error

    def test_the_mean_stays_in_shadows_of_a_few_electrons(self, stage, channels):
        clean, noisy = noisy_grey(channels, level=0.004, size=128)
        quiet = stage(noisy, NOISE, NOISE, GAINS, per_image(1.0), per_image(1), per_image(1))
        standard_error = (noisy - clean).std() / noisy.numel() ** 0.5
        assert (quiet.mean() - noisy.mean()).abs() < 3 * standard_error
        assert (quiet - clean).square().mean() < 0.1 * (noisy - clean).square().mean()

    def test_luma_and_chroma_are_apart(self, stage, channels):
        _, noisy = noisy_grey(channels)
        before = (noisy * of_channels(channels)).sqrt()
        luma = (
            stage(noisy, NOISE, NOISE, GAINS, per_image(1.0), per_image(1), per_image(0)) * of_channels(channels)
        ).sqrt()
        chroma = (
            stage(noisy, NOISE, NOISE, GAINS, per_image(1.0), per_image(0), per_image(1)) * of_channels(channels)
        ).sqrt()
        assert (chroma - before).mean(1).std() < 0.02 * (luma - before).mean(1).std()
        assert (luma - before)[:, [0, -1]].diff(dim=1).std() < 0.02 * (chroma - before)[:, [0, -1]].diff(dim=1).std()

    def test_strong_edges_survive(self, stage, channels):
        samples = torch.full((1, channels, 16, 16), 0.1)
        samples[..., 8:] = 0.5
        quiet = stage(samples, NOISE, NOISE, GAINS, per_image(1.0), per_image(0.7), per_image(0.7))
        assert (quiet - samples).abs().max() < 0.02

    def test_a_batch_is_its_images_one_by_one(self, stage, channels):
        samples = uniform(3, channels, 18, 21, dtype=torch.double)
        noise = torch.tensor([[1e-3, 1e-6], [1e-2, 0], [0, 1e-4]], dtype=torch.double)
        gains = GAINS.double() * torch.tensor([[1.0], [1.3], [0.8]], dtype=torch.double)
        per = [torch.tensor(row, dtype=torch.double) for row in ([1, 0.5, 0.17], [0.5, 1, 0.2], [1, 0, 0.7])]
        whole = stage(samples, noise, noise, gains, *per)
        for i in range(3):
            one = slice(i, i + 1)
            alone = stage(samples[one], noise[one], noise[one], gains[one], *(row[one] for row in per))
            torch.testing.assert_close(whole[one], alone, atol=rounding(ROUNDINGS, dtype=torch.double), rtol=0)

    @pytest.mark.parametrize("noisier", [1, pytest.param(100, marks=pytest.mark.slow)])
    def test_a_sample_reaches_no_further_than_stated(self, stage, channels, noisier):
        noise = NOISE.double() * noisier
        assert (reach_px(noise) == REACH_PX) == (noisier == 100)
        reach = reach_px(noise) // SPACING_PX
        samples = uniform(1, channels, 2 * reach + 9, 2 * reach + 9, dtype=torch.double)
        changed = samples.clone()
        changed[..., reach + 4, reach + 4] += 3
        profile = (
            noise,
            noise,
            GAINS.double(),
            *(per_image(x, dtype=torch.double) for x in (1, 1, 1)),
        )
        apart = (stage(changed, *profile) - stage(samples, *profile)).abs().amax(1)[0]
        rows = torch.nonzero(apart.amax(1) > rounding(ROUNDINGS, dtype=torch.double)).flatten() - (reach + 4)
        assert rows.abs().max() == reach

    @pytest.mark.slow
    def test_gradient_of_samples_and_strengths(self, stage, channels):
        inputs = (
            uniform(1, channels, 5, 5, dtype=torch.double).requires_grad_(True),
            per_image(0.6, dtype=torch.double).requires_grad_(True),
            per_image(0.3, dtype=torch.double).requires_grad_(True),
        )
        noise, gains, scale = NOISE.double(), GAINS.double(), per_image(0.5, dtype=torch.double)
        assert torch.autograd.gradcheck(lambda x, a, b: stage(x, noise, noise, gains, scale, a, b), inputs)

    @pytest.mark.parametrize("noise", [(0, 0), (1e-3, 0), (0, 1e-5), (1e-3, 1e-6)])
    @pytest.mark.parametrize("strength", [0, 1])
    def test_gradients_are_finite(self, stage, channels, noise, strength):
        samples = uniform(1, channels, 8, 8) * 4.1 - 0.1
        samples[..., :5] = 0
        samples.requires_grad_(True)
        strengths = [per_image(strength).requires_grad_(True), per_image(strength).requires_grad_(True)]
        stage(samples, *[torch.tensor([noise]).float()] * 2, GAINS, per_image(1.0), *strengths).sum().backward()
        assert all(torch.isfinite(x.grad).all() for x in (samples, *strengths))


def test_a_proxy_far_smaller_than_the_coarsest_scale_is_untouched():
    samples = uniform(1, 3, 16, 16)
    assert torch.equal(
        denoise_rgb(samples, NOISE, NOISE, GAINS, per_image(1 / 32), per_image(1), per_image(1)), samples
    )


def test_default_strengths_rise_from_nothing_in_daylight_to_full_at_iso_1600():
    isos = (25, 100, 200, 400, 800, 1600, 12800)
    noise = torch.tensor([estimate_noise(iso, (16383,))[0] for iso in isos], dtype=torch.double, requires_grad=True)
    luma, chroma = default_strengths(noise)
    assert (luma.diff() >= 0).all() and (chroma >= luma).all()
    assert luma[:2].abs().max() < 0.01
    assert luma[3].item() == pytest.approx(DEFAULT_LUMA / 2, abs=0.03)  # halfway in doublings
    assert chroma[-2:].tolist() == pytest.approx([DEFAULT_CHROMA] * 2, abs=0.01)
    (luma.sum() + chroma.sum()).backward()
    assert torch.isfinite(noise.grad).all()


def test_default_strengths_are_zero_without_noise():
    assert default_strengths(torch.zeros(1, 2)) == (torch.zeros(1), torch.zeros(1))


PHONE = torch.tensor([CAMERAS["pi-imx219"].noise(3200)])  # what `make demo` once drew as a maze
RIM_PX = 8


def light_at(snr: float) -> float:
    """The light, white being 1, at which a sample of PHONE has this signal-to-noise ratio."""
    shot, read = PHONE[0].tolist()
    return (snr**2 * shot + ((snr**2 * shot) ** 2 + 4 * snr**2 * read) ** 0.5) / 2


def as_the_camera_would(clean: torch.Tensor, seed: int) -> tuple[torch.Tensor, float]:
    """The demosaiced green of planes with PHONE's noise, denoised by default strengths, and the noise's mean sigma."""
    gains, (luma, chroma) = per_plane(GAINS), default_strengths(PHONE)
    noise = normal(*clean.shape, seed=seed) * (PHONE[0, 0] * clean / gains + PHONE[0, 1]).sqrt()
    quiet = denoise_planes(clean / gains + noise, PHONE, PHONE, GAINS, per_image(1.0), luma, chroma)
    rgb = demosaic(unpack(quiet * gains, torch.tensor([0])), torch.tensor([0]), "menon")
    return rgb[..., RIM_PX:-RIM_PX, RIM_PX:-RIM_PX], float((noise * gains).std())


@pytest.mark.parametrize("snr", [0.5, 1, 2])
class TestInTheDark:
    def test_a_grey_is_as_calm_as_means_over_many_samples(self, snr):
        grey = torch.full((1, 4, 96, 96), light_at(snr))
        rgb, sigma = as_the_camera_would(grey, seed=0)
        assert (rgb - light_at(snr)).std() < sigma / 16  # of the mean of 16 x 16 samples of a colour
        grain = 2**0.5 * 8**-1.5 * sigma  # of two such means of 8 x 8 samples that lie a sample apart
        assert rgb.diff(dim=-1).std() < grain and rgb.diff(dim=-2).std() < grain

    def test_an_edge_is_softened_and_stays(self, snr):
        edge = torch.full((1, 4, 96, 96), light_at(snr))
        edge[..., 48:] *= 3
        rgb, _ = as_the_camera_would(edge, seed=1)
        profile, middle = rgb[0, 1].mean(0) / light_at(snr), 96 - RIM_PX
        assert profile[: middle - 20].mean() == pytest.approx(1, abs=0.1)
        assert profile[middle + 20 :].mean() == pytest.approx(3, abs=0.1)
        assert profile[middle + 4 : middle + 8].mean() - profile[middle - 8 : middle - 4].mean() > 1  # of 2, in 8 px
        assert (profile[middle - 20 : middle] < 2).all() and (profile[middle : middle + 20] > 2).all()


def test_darkness_falls_with_the_square_of_the_share_of_noise_in_light():
    gains = torch.ones(1, 4, 1, 1)
    levels = torch.tensor([0, light_at(DARK_SNR), 100 * light_at(DARK_SNR)]).view(1, 1, 1, 3)
    dark = darkness(levels, dark_terms(PHONE, gains)).flatten().tolist()
    assert dark[:2] == pytest.approx([1, 0.25], rel=1e-5) and 0 < dark[2] < 0.001
    assert torch.equal(darkness(levels[..., 1:], dark_terms(PHONE * 0, gains)), torch.zeros(1, 1, 1, 2))


@pytest.mark.parametrize(("sigmas", "stays"), [(0.01, False), (1, True)])
def test_a_step_between_the_greens_stays_where_noise_does_not_explain_it(sigmas, stays):
    planes = torch.full((1, 4, 20, 20), 0.2)
    step = sigmas * (PHONE[0, 0] * 0.2 + PHONE[0, 1]).sqrt()
    planes[:, 1] += step
    quiet = denoise_planes(planes, PHONE, PHONE, torch.ones(1, 3), *(per_image(x) for x in (1, 0.6, 0.75)))
    left = (quiet[:, 1] - quiet[:, 2]).abs().max() / step
    assert left > 0.95 if stays else left < 0.01
