import numpy as np
import pytest
import torch

from attiqa_core.srgb import linear_from_srgb
from isp_env.tools.catalogue import CLASSICAL
from isp_env.tools.defects import BLUR_SIGMA_PX, DARKEST_EV, DEFECTS, READ_SIGMA, SHOT_SIGMA
from isp_env.tools.tool import Tool

PHOTOS = torch.nn.functional.interpolate(
    torch.rand(3, 3, 8, 9, generator=torch.Generator().manual_seed(0)), size=(40, 45), mode="bicubic"
).clamp(0, 1)
HALF = torch.full((3,), 0.5)


def power(kind: str, exponent: float) -> Tool:
    """A stand-in for a tool: display values to a power, which brightens below 1."""
    return Tool(kind, kind, lambda images, strength: images**exponent)


def drawing() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize("name", DEFECTS)
def test_severity_zero_is_identity_bit_for_bit(name: str) -> None:
    assert torch.equal(DEFECTS[name].plant(PHOTOS, torch.zeros(3), drawing()), PHOTOS)


@pytest.mark.parametrize("name", DEFECTS)
def test_the_picture_given_is_not_changed_and_what_comes_back_is_in_range(name: str) -> None:
    given = PHOTOS.clone()
    planted = DEFECTS[name].plant(given, torch.ones(3), drawing())
    assert torch.equal(given, PHOTOS)
    assert planted.dtype == torch.float32 and planted.min() >= 0 and planted.max() <= 1


@pytest.mark.parametrize("name", DEFECTS)
def test_a_batch_equals_a_loop_with_the_same_generator(name: str) -> None:
    severity = torch.tensor([0.7, 0.0, 0.3])
    generator = drawing()
    one_by_one = [DEFECTS[name].plant(PHOTOS[[i]], severity[[i]], generator) for i in range(3)]
    assert torch.equal(DEFECTS[name].plant(PHOTOS, severity, drawing()), torch.cat(one_by_one))


@pytest.mark.parametrize("name", DEFECTS)
def test_a_picture_depends_on_its_own_draw_only(name: str) -> None:
    alone = DEFECTS[name].plant(PHOTOS, torch.tensor([0.0, 0.0, 0.6]), drawing())[2]
    beside = DEFECTS[name].plant(PHOTOS.flip(1), torch.tensor([1.0, 0.4, 0.6]), drawing())[2]
    among = DEFECTS[name].plant(torch.stack([*PHOTOS[:2].flip(1), PHOTOS[2]]), torch.tensor([1.0, 0.4, 0.6]), drawing())
    assert torch.equal(alone, among[2]) and not torch.equal(alone, beside)


@pytest.mark.parametrize("name", DEFECTS)
def test_more_severity_is_farther_from_the_photo(name: str) -> None:
    errors = [
        float((DEFECTS[name].plant(PHOTOS[:1], torch.tensor([severity]), drawing()) - PHOTOS[:1]).square().mean())
        for severity in (0.25, 0.5, 0.75, 1.0)
    ]
    assert 0 < errors[0] < errors[1] < errors[2] < errors[3]


def test_noise_has_the_variance_of_light_and_of_reading() -> None:
    level = 0.5
    linear = float(linear_from_srgb(torch.tensor(level)))
    planted = linear_from_srgb(
        DEFECTS["noise"].plant(torch.full((1, 3, 100, 100), level), torch.tensor([0.5]), drawing())
    )
    expected = 0.25 * (SHOT_SIGMA**2 * linear + READ_SIGMA**2)
    assert float(planted.var()) == pytest.approx(expected, rel=5 * (2 / 30_000) ** 0.5)  # five sigma of a variance


def test_dark_is_a_gain_in_linear_light() -> None:
    planted = linear_from_srgb(DEFECTS["dark"].plant(PHOTOS, HALF, drawing()))
    torch.testing.assert_close(planted, linear_from_srgb(PHOTOS) * 2 ** (DARKEST_EV / 2), rtol=1e-4, atol=1e-6)


def test_a_cast_is_gains_of_channels_and_keeps_the_light() -> None:
    grey = torch.full((1, 3, 4, 4), 0.4)
    planted = linear_from_srgb(DEFECTS["cast"].plant(grey, torch.ones(1), drawing()))
    luma = planted[0, :, 0, 0] @ torch.tensor([0.299, 0.587, 0.114])
    assert planted[0].flatten(1).std(1).max() < 1e-6 and planted[0, :, 0, 0].std() > 0.05
    assert float(luma) == pytest.approx(float(linear_from_srgb(grey)[0, 0, 0, 0]), rel=1e-4)


def test_blur_spreads_a_point_of_light_by_its_sigma() -> None:
    point = torch.zeros(1, 3, 41, 41)
    point[..., 20, 20] = 1
    spread = linear_from_srgb(DEFECTS["blur"].plant(point, torch.ones(1), drawing()))[0, 0]
    away = (torch.arange(41.0) - 20) ** 2
    assert float(spread.sum()) == pytest.approx(1, rel=1e-3)
    assert float((spread.sum(0) * away).sum()) == pytest.approx(BLUR_SIGMA_PX**2, rel=0.02)


def test_every_defect_knows_a_right_first_tool_and_a_wrong_one() -> None:
    assert DEFECTS["dark"].mends(power("gamma", 0.7)) and not DEFECTS["dark"].mends(power("gamma", 1.4))
    assert DEFECTS["dark"].mends(power("exposure", 1.0)), "a network chooses its direction by itself"
    assert not DEFECTS["cast"].mends(power("gamma", 0.7)) and DEFECTS["cast"].mends(power("white balance", 1.0))
    assert DEFECTS["noise"].mends(power("denoise", 1.0)) and not DEFECTS["noise"].mends(power("sharpen", 1.0))
    assert DEFECTS["blur"].mends(power("sharpen", 1.0)) and not DEFECTS["blur"].mends(power("blur", 1.0))
    assert DEFECTS["jpeg"].mends(power("dejpeg", 1.0))


def test_the_classical_tools_that_mend_are_those_that_push_the_right_way() -> None:
    mending = {name: [tool.name for tool in CLASSICAL.values() if DEFECTS[name].mends(tool)] for name in DEFECTS}
    assert mending["dark"] == [
        *("brightness+0.05", "brightness+0.15", "brightness+0.3", "contrast*1.25", "contrast*1.5", "contrast*2"),
        *("gamma^0.7", "gamma^0.45", "gamma^0.3", "power^0.7", "power^0.45", "power^0.3", "clahe"),
    ]
    assert mending["noise"] == ["box-3", "gaussian-3", "bilateral"] and mending["blur"] == ["sharpen"]
    assert mending["cast"] == ["grey-world"] and mending["jpeg"] == []
