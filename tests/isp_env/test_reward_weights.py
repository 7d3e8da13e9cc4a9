import pytest

from attiqa_core.errors import InputError
from isp_env.reward_weights import RewardWeights


def test_stored_weights_come_back():
    weights = RewardWeights(tint=0.5, hue=0.25)
    assert RewardWeights.from_stored(weights.to_dict(), "policy.json") == weights


def test_a_term_that_an_old_file_does_not_name_weighs_nothing_and_one_that_is_no_more_is_left_out():
    old = {"over_range": 2.0, "saturation_excess": 1.0, "prior": 0.05, "cost": 0.1}
    read = RewardWeights.from_stored(old, "policy.json")
    assert (read.over_range, read.prior) == (2.0, 0.05)
    assert read.chroma_loss == read.cast == read.tint == 0


@pytest.mark.parametrize("stored", [{"glow": 1.0}, {"tint": None}, {"tint": -1.0}])
def test_a_weight_that_this_version_cannot_read_names_the_file(stored):
    with pytest.raises(InputError, match=r"runs/agent/policy.json: reward weight \w+=.* is not known"):
        RewardWeights.from_stored(stored, "runs/agent/policy.json")
