"""Figures of pictures: against references, by their protocol, and never without one."""

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate1d
from skimage import data
from skimage.color import deltaE_cie76, deltaE_ciede2000, rgb2lab

from attiqa_core.errors import InputError
from experiments.fivek.metrics import FIGURES, MOST_DB, Figures, is_too_small, mean_of, measured, prepared, size_of
from isp_env.fivek.protocols import PROTOCOLS

EIGHT_BIT = PROTOCOLS["zeng-480p"]
FLOAT = EIGHT_BIT.differing(rounding="float")


@pytest.fixture(scope="module")
def wanted() -> torch.Tensor:
    return torch.from_numpy(data.astronaut()[:60, 200:290].copy()).permute(2, 0, 1)[None].float() / 255


@pytest.fixture(scope="module")
def made(wanted) -> torch.Tensor:
    noise = torch.rand(wanted.shape, generator=torch.Generator().manual_seed(0)) - 0.5
    return (wanted**0.9 + 0.05 * noise).clamp(0, 1)


def plain(images: torch.Tensor) -> np.ndarray:
    return images[0].permute(1, 2, 0).double().numpy()


def test_a_figure_cannot_be_had_without_a_protocol(made, wanted):
    with pytest.raises(TypeError, match="protocol"):
        measured(made, wanted)
    with pytest.raises(TypeError, match="protocol"):
        Figures(psnr_db=25.0, ssim=0.9, delta_e_2000=5.0, delta_e_76=7.0)
    for none in (None, "zeng-480p"):
        with pytest.raises(AssertionError, match="has a protocol"):
            Figures(none, 25.0, 0.9, 5.0, 7.0)
    assert measured(made, wanted, FLOAT).protocol is FLOAT
    mean = mean_of([measured(made, wanted, FLOAT)], "psnr_db")
    assert mean.protocol is FLOAT and FLOAT.sha256[:12] in str(mean)


def test_figures_of_two_protocols_have_no_mean(made, wanted):
    both = [measured(made, wanted, each) for each in (FLOAT, EIGHT_BIT)]
    with pytest.raises(InputError, match="2 protocols"):
        mean_of(both, "psnr_db")


def test_psnr_and_both_delta_e_are_those_of_scikit_image(made, wanted):
    got = measured(made, wanted, FLOAT)
    ours, theirs = (rgb2lab(plain(each)) for each in (made, wanted))
    assert got.psnr_db == pytest.approx(-10 * np.log10(np.square(plain(made) - plain(wanted)).mean()), abs=1e-4)
    assert got.delta_e_2000 == pytest.approx(deltaE_ciede2000(ours, theirs).mean(), abs=0.01)
    assert got.delta_e_76 == pytest.approx(deltaE_cie76(ours, theirs).mean(), abs=0.01)


def test_ssim_is_the_papers_with_its_window_of_11_by_11(made, wanted):
    """Wang 2004, equation 13, written out: Gaussian weights of sigma 1.5, C1 = 0.01^2, C2 = 0.03^2, no sample covariance."""
    weights = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    weights /= weights.sum()

    def averaged(plane: np.ndarray) -> np.ndarray:
        return correlate1d(correlate1d(plane, weights, 0), weights, 1)[5:-5, 5:-5]

    channels = []
    for x, y in zip(made[0].double().numpy(), wanted[0].double().numpy(), strict=True):
        mx, my = averaged(x), averaged(y)
        vx, vy, vxy = averaged(x * x) - mx * mx, averaged(y * y) - my * my, averaged(x * y) - mx * my
        channels.append(((2 * mx * my + 1e-4) * (2 * vxy + 9e-4) / ((mx**2 + my**2 + 1e-4) * (vx + vy + 9e-4))).mean())
    assert measured(made, wanted, FLOAT).ssim == pytest.approx(np.mean(channels), abs=1e-5)


def test_equal_pictures_are_perfect_and_worse_ones_worse(made, wanted):
    same = measured(wanted, wanted, EIGHT_BIT).numbers()
    assert same == {"psnr_db": MOST_DB, "ssim": pytest.approx(1), "delta_e_2000": 0, "delta_e_76": 0}
    near, far = measured(made, wanted, FLOAT), measured(1 - wanted, wanted, FLOAT)
    assert (
        far.psnr_db < near.psnr_db < MOST_DB and far.ssim < near.ssim < 1 and far.delta_e_2000 > near.delta_e_2000 > 0
    )


def test_what_8_bits_cannot_tell_apart_is_equal_there_and_not_on_floats(wanted):
    near = (wanted + 0.001).clamp(0, 1)
    assert measured(near, wanted, EIGHT_BIT).psnr_db == MOST_DB > 70 > measured(near, wanted, FLOAT).psnr_db


def test_means_have_intervals_over_photos_that_hold_the_mean(made, wanted):
    figures = [measured(wanted + k * (made - wanted), wanted, FLOAT) for k in (0.5, 1, 0.25, 0.75)]
    for name in FIGURES:
        mean = mean_of(figures, name)
        assert mean.interval is not None and mean.interval[0] < mean.value < mean.interval[1] and mean.photos == 4
    assert mean_of(figures[:1], "ssim").interval is None


@pytest.mark.parametrize(
    ("edge", "size"), [("short", (480, 720)), ("long", (320, 480)), ("whole", (2000, 3000))]
)  # fmt: skip
def test_the_size_rule_shrinks_the_edge_it_names_and_enlarges_nothing(edge, size):
    protocol = EIGHT_BIT.differing(edge=edge)
    assert size_of(2000, 3000, protocol) == size and size_of(200, 300, protocol) == (200, 300)


def test_pictures_meet_at_the_experts_size_and_light_is_averaged_where_the_protocol_says_so():
    board = torch.zeros(1, 3, 8, 8)
    board[..., ::2, ::2] = board[..., 1::2, 1::2] = 1
    small = EIGHT_BIT.differing(px=4)
    made, wanted = prepared(board, torch.ones(1, 3, 6, 6), small)
    assert made.shape == wanted.shape == (1, 3, 4, 4)
    encoded, light = (prepared(board, board, small.differing(light=each))[0] for each in ("encoded", "linear"))
    assert (encoded - 0.5).abs().max() < 1e-6 and (light - 0.7354).abs().max() < 1e-3


def test_pictures_too_small_for_ssim_are_refused():
    with pytest.raises(InputError, match="11 px"):
        measured(torch.zeros(1, 3, 8, 20), torch.zeros(1, 3, 8, 20), FLOAT)


@pytest.mark.parametrize(("name", "size", "small"), [
    ("zeng-480p", (480, 720), False), ("zeng-480p", (479, 720), True), ("dpe-512", (300, 512), False), ("dpe-512", (400, 500), True),
])  # fmt: skip
def test_an_experts_picture_is_too_small_below_the_protocols_edge(name, size, small):
    assert is_too_small(torch.zeros(1, 3, *size), PROTOCOLS[name]) is small
    assert not is_too_small(torch.zeros(1, 3, 20, 20), PROTOCOLS[name].differing(edge="whole"))


def test_equal_pictures_have_100_db_and_no_difference_and_order_does_not_count(made, wanted):
    same = measured(wanted, wanted, EIGHT_BIT).numbers()
    assert same == {"psnr_db": MOST_DB, "ssim": pytest.approx(1, abs=1e-9), "delta_e_2000": 0, "delta_e_76": 0}
    there, back = measured(made, wanted, FLOAT).numbers(), measured(wanted, made, FLOAT).numbers()
    assert there == pytest.approx(back, rel=1e-5)
    noise = 0.02 * torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    assert measured(0.5 + noise, torch.full_like(noise, 0.5), FLOAT).psnr_db == pytest.approx(33.98, abs=0.1)
