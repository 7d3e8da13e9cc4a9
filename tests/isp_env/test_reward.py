import numpy as np
import pytest
import torch
from fixtures.photographs import three_photographs

from attiqa_core.srgb import linear_from_srgb, luma, srgb_from_linear
from isp_env.measures.own_white import cast_of, chroma_about, own_white
from isp_env.measures.reference import Reference
from isp_env.parameters.profiles import CORE, PROFILES
from isp_env.params import NAMES, PARAMETERS, IspParams
from isp_env.reward import (
    CAST_TOLERANCE,
    OWN_WEIGHT,
    TERMS,
    UNSEEN_NOISE,
    added_cast,
    chroma_change,
    missed_white,
    picture_terms,
    right_actions,
    squared_distances,
)
from isp_env.reward_weights import RewardWeights

UNDONE = {"temperature_mired": 40.0, "tint_duv": -0.006}
CASTS_EV = {"green": (0, 0.4, 0), "magenta": (0, -0.4, 0), "warm": (0.3, 0, -0.3), "blue": (-0.3, 0, 0.3)}
"""Of red, green and blue, in linear light."""


def with_cast(images, name):
    gains = 2 ** torch.tensor(CASTS_EV[name]).view(1, 3, 1, 1)
    return srgb_from_linear(linear_from_srgb(images) * gains).clamp(0, 1)


def with_chroma(images, gain):
    return (luma(images) + gain * (images - luma(images))).clamp(0, 1)


def photographs():
    return 0.85 * three_photographs()  # room for a cast before it clips


def own_chroma(images):
    return chroma_about(images, own_white(images))


def penalties(images, default):
    """Return the terms of pictures whose camera default is `default`, by name, without a scorer's."""
    none = torch.zeros(len(images))
    limits = {"over_range": none, "gamut": none}
    action = IspParams.identity_action().expand(len(images), -1)
    terms = picture_terms(images, Reference.of(images), none, limits, action, Reference.of(default), RewardWeights())
    return dict(zip(TERMS, terms.unbind(1), strict=True))


@pytest.mark.parametrize("cast", CASTS_EV)
def test_a_cast_is_no_colour(cast):
    images = photographs()
    torch.testing.assert_close(own_chroma(with_cast(images, cast)), own_chroma(images), rtol=0.08, atol=0)


@pytest.mark.parametrize("cast", CASTS_EV)
def test_a_cast_on_a_grey_picture_has_no_chroma_and_is_found(cast):
    ramp = torch.linspace(0.1, 0.9, 64).expand(1, 3, 64, 64)
    seen = with_cast(ramp, cast)
    plain = chroma_about(seen, torch.ones(1, 3))
    assert own_chroma(seen) < 0.15 * plain
    assert cast_of(own_white(seen)).norm() > 2 * CAST_TOLERANCE and cast_of(own_white(ramp)).norm() < 1e-5


def test_half_the_chroma_is_measured_as_half():
    images = photographs()
    torch.testing.assert_close(own_chroma(with_chroma(images, 0.5)), own_chroma(images) / 2, rtol=0.15, atol=0)


def test_a_darker_print_has_the_same_chroma_and_white():
    images = photographs()
    torch.testing.assert_close(own_chroma(images / 2), own_chroma(images), rtol=0.03, atol=0)
    torch.testing.assert_close(own_white(images / 2), own_white(images), rtol=0.03, atol=0)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_the_white_of_black_grey_and_clipped_pictures_is_neutral(level):
    torch.testing.assert_close(own_white(torch.full((1, 3, 8, 8), level)), torch.ones(1, 3))


def test_white_and_chroma_have_the_gradients_of_their_differences():
    images = photographs()[:1, :, ::12, ::12].double().clone().requires_grad_(True)
    torch.autograd.gradcheck(lambda seen: chroma_about(seen, own_white(seen)), images)


@pytest.mark.parametrize("cast", CASTS_EV)
def test_correcting_a_cast_costs_less_than_adding_it(cast):
    right = photographs()[:1]  # its own white is a little warm; that of coffee is coffee
    wrong = with_cast(right, cast)
    corrected, spoiled = penalties(right, wrong), penalties(wrong, right)
    assert corrected["cast"] == 0 if cast != "blue" else corrected["cast"] > 0.8 * spoiled["cast"]
    assert spoiled["cast"] < -0.008
    for terms in (corrected, spoiled):
        assert (terms["chroma_loss"] > -0.02).all() and (terms["chroma_excess"] == 0).all()


def test_losing_chroma_costs_and_so_does_gaining_it():
    images = photographs()
    pale, vivid = penalties(with_chroma(images, 0.5), images), penalties(with_chroma(images, 1.9), images)
    assert (pale["chroma_loss"] < -0.15).all() and (pale["chroma_excess"] == 0).all()
    assert (vivid["chroma_excess"] < -0.1).all() and (vivid["chroma_loss"] == 0).all()
    slight = penalties(with_chroma(images, 0.97), images)
    assert (slight["chroma_loss"] > -0.005).all() and (slight["chroma_excess"] == 0).all()


def measured(chroma, plain_chroma):
    one = torch.ones(1)
    return Reference(one, chroma * one, plain_chroma * one, torch.zeros(1, 2), one)


def test_uncovering_colours_from_under_a_strong_cast_is_no_excess():
    monochrome_light = measured(chroma=0.1, plain_chroma=0.5)
    assert chroma_change(measured(0.3, 0.4), monochrome_light)[1] == 0
    assert chroma_change(measured(0.3, 1.0), monochrome_light)[1] == pytest.approx(0.75)
    assert chroma_change(measured(0.05, 0.5), monochrome_light)[0] == pytest.approx(0.45)


def test_of_casts_between_neutral_and_the_defaults_none_costs_and_beyond_each_does():
    default = torch.tensor([[0.3, -0.2]])
    assert all(added_cast(share * default, default) == 0 for share in (0.0, 0.3, 0.7, 1.0, 1.1))
    across = torch.tensor([[-0.2, -0.3]])  # at right angles
    assert added_cast((default + across) / 2, default) == 0  # on the rim
    assert all(added_cast(cast, default) > 0.03 for cast in (-0.5 * default, 1.5 * default, default + across))


def test_a_grey_picture_may_lose_the_colour_of_its_noise():
    noise = 0.004 * torch.from_numpy(np.random.default_rng(0).normal(size=(1, 3, 144, 144))).float()
    grey = torch.full((1, 3, 144, 144), 0.4)
    assert penalties(grey, grey + noise)["chroma_loss"] > -0.04


def soft_picture(size=144):
    """A soft ramp of some contrast: what little the noise measure sees in it is none."""
    return torch.linspace(0.3, 0.6, size).expand(1, 3, size, size).contiguous()


def with_noise(images, sigma):
    """The pictures with the same grain of that sigma, in display values."""
    drawn = np.random.default_rng(0).normal(size=(1, 1, *images.shape[2:])).astype(np.float32)
    return images + sigma * torch.from_numpy(drawn)


@pytest.mark.parametrize("sigma", [0.004, 0.016])
def test_twice_the_grain_costs_its_weight_in_a_soft_picture_as_in_a_grainy_one(sigma):
    soft = soft_picture()
    paid = penalties(with_noise(soft, 2 * sigma), with_noise(soft, sigma))["grain"]
    doublings = np.log2((2 * sigma + UNSEEN_NOISE) / (sigma + UNSEEN_NOISE))
    torch.testing.assert_close(paid, torch.tensor([-RewardWeights().grain * doublings]).float(), rtol=0.04, atol=0)


def test_grain_that_nobody_sees_costs_next_to_nothing_and_less_than_before_nothing():
    soft = soft_picture()
    assert -0.02 < penalties(with_noise(soft, 1e-4), soft)["grain"] < 0
    assert penalties(with_noise(soft, 0.004), with_noise(soft, 0.008))["grain"] == 0


def test_contrast_that_grows_with_its_noise_adds_no_grain():
    noisy = with_noise(soft_picture(), 0.01)
    assert penalties(0.45 + 1.4 * (noisy - 0.45), noisy)["grain"] > -1e-3
    assert penalties(1.2 * noisy, noisy)["grain"] > -1e-3


def test_grain_has_a_gradient_in_a_picture_of_one_grey_too():
    grey = torch.full((1, 3, 16, 16), 0.4, requires_grad=True)
    penalties(grey, grey.detach())["grain"].sum().backward()
    assert grey.grad is not None and torch.isfinite(grey.grad).all()


@pytest.mark.parametrize("column", range(len(PARAMETERS)), ids=NAMES)
def test_a_parameter_moved_by_its_usual_spread_costs_its_own_weight_or_an_equal_share_of_the_prior(column):
    images = torch.full((1, 3, 8, 8), 0.5)
    none = torch.zeros(1)
    action = IspParams.identity_action()[None].clone()
    action[0, column] += PARAMETERS[column].usual_spread
    weights = RewardWeights(prior=0.5, temperature=0.1, tint=0.2, hue=0.3)
    seen = Reference.of(images)
    terms = picture_terms(images, seen, none, {"over_range": none, "gamut": none}, action, seen, weights)
    own = {parameter: term for term, parameter in OWN_WEIGHT.items()}
    term = own.get(NAMES[column], "prior")
    expected = getattr(weights, term) / (len(PARAMETERS) - len(own) if term == "prior" else 1)
    paid = {name: -float(value) for name, value in zip(TERMS, terms[0], strict=True)}
    assert paid[term] == pytest.approx(expected, rel=1e-5)
    assert sum(paid.values()) == pytest.approx(expected, rel=1e-5)


def test_a_white_balance_missed_on_purpose_costs_until_it_is_undone_and_then_undoing_it_costs_nothing():
    missed = torch.tensor([[40.0, -0.006], [40.0, -0.006], [40.0, -0.006], [torch.nan, torch.nan]])
    undone = IspParams.from_dict([{}, {"temperature_mired": 20.0, "tint_duv": -0.003}, *[UNDONE] * 2]).to_action()
    off = missed_white(undone, missed)
    assert off[0] > off[1] > 0 and off[2] == off[3] == 0
    assert off[0] == pytest.approx(CAST_TOLERANCE * (20**0.5 - 1), rel=1e-4)  # 4 and 2 times what is free
    distances = dict(zip(NAMES, squared_distances(undone, CORE, right_actions(missed)).unbind(1), strict=True))
    for name in ("temperature_mired", "tint_duv"):
        assert distances[name][0] > 0 and distances[name][2] < 1e-9
        assert distances[name][3] == pytest.approx(
            float(distances[name][0]), rel=1e-4
        )  # it is not known: as shot is right
    assert torch.equal(missed_white(undone, None), torch.zeros(4))


def test_a_missed_white_has_finite_gradients_known_or_not_and_none_in_a_profile_without_a_white_point():
    missed = torch.tensor([[40.0, -0.006], [torch.nan, torch.nan], [0.0, 0.0]])
    actions = IspParams.identity_action().repeat(3, 1).requires_grad_()
    (missed_white(actions, missed).sum() + squared_distances(actions, CORE, right_actions(missed)).sum()).backward()
    assert torch.isfinite(actions.grad).all() and actions.grad[0].abs().sum() > 0 and not actions.grad[1:].any()
    other = PROFILES["exposure8"]
    assert not missed_white(IspParams.identity_action(other).repeat(3, 1), missed, other).any()
