"""Shares of a gain: they sum to it, are exact where parameters do not meet, and say which parameter is all of it."""

import pytest
import torch
from fixtures.audited import action_of, middle_grey, policy_of, subject_of, textured_raws
from fixtures.seeded import seeded

from agents.audit.carriers import shares_of
from isp_env.params import NAMES

pytestmark = pytest.mark.slow

ROUNDING = 1e-5  # of sums of a dozen scores in float32


@pytest.fixture(scope="module")
def core():
    return subject_of(policy_of(action_of()), middle_grey, {}, textured_raws((-1.0, -0.5))).core


def shares(core, pairs=2, **entries):
    return shares_of(core, torch.arange(2), action_of(**entries).expand(2, -1), pairs, seeded())


def test_shares_sum_to_the_gain_and_what_does_not_move_has_none(core):
    found = shares(core, exposure_ev=0.5, contrast=0.6, saturation=-0.4)
    assert found.unexplained < ROUNDING and float(found.gain.abs().min()) > 0.01
    unmoved = [index for index, name in enumerate(NAMES) if name not in ("exposure_ev", "contrast", "saturation")]
    assert not found.shares[unmoved].any() and not found.left_out[unmoved].any()
    assert found.evaluations == 2 + 2 * 2 * 2 + 3


def test_one_parameter_alone_is_all_of_the_gain_and_left_out_leaves_none(core):
    found = shares(core, exposure_ev=0.5)
    place = NAMES.index("exposure_ev")
    assert torch.allclose(found.shares[place], found.gain, atol=ROUNDING)
    assert torch.allclose(found.left_out[place], found.gain, atol=ROUNDING)


def test_two_parameters_in_both_orders_are_shapleys_own_formula(core):
    """Of two players each has half of what it adds alone and half of what it adds last: any order and its reverse are all."""
    ids, both = torch.arange(2), {"exposure_ev": 0.5, "contrast": 0.8}

    def score(**entries):
        return core.appraise(ids, action_of(**entries).expand(2, -1)).scores.mean()

    found = shares(core, pairs=1, **both)
    alone, last = score(exposure_ev=0.5) - score(), score(**both) - score(contrast=0.8)
    assert found.shares[NAMES.index("exposure_ev"), 1] == pytest.approx(float(alone + last) / 2, abs=ROUNDING)


def test_a_policy_that_moves_nothing_has_no_shares(core):
    assert not shares(core).shares.any()
