import pytest
import torch

from isp_env.params import PARAMETERS, IspParams
from isp_env.reward import TERMS, Reference, picture_terms
from isp_env.reward_weights import RewardWeights


@pytest.mark.parametrize("column", range(len(PARAMETERS)), ids=[parameter.name for parameter in PARAMETERS])
def test_a_parameter_moved_by_its_usual_spread_costs_an_equal_share_of_the_prior(column):
    images = torch.full((1, 3, 8, 8), 0.5)
    none = torch.zeros(1)
    action = IspParams.identity_action()[None].clone()
    action[0, column] += PARAMETERS[column].usual_spread
    limits = {"over_range": none, "gamut": none}
    terms = picture_terms(images, none, limits, action, Reference.of(images), RewardWeights(prior=0.5))
    assert terms[0, TERMS.index("prior")] == pytest.approx(-0.5 / len(PARAMETERS), rel=1e-5)
