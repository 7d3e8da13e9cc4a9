"""The space that is searched: zero is identity, points and values are inverse, bounds are the stages'."""

import pytest
import torch

from attiqa_core.errors import UsageError
from isp_env.fitting.search_space import DETAIL, SearchSpace
from isp_env.parameters.profiles import CORE, PROFILES
from isp_env.parameters.table import KNOWN
from isp_env.params import IspParams


@pytest.mark.parametrize("name", PROFILES)
def test_zero_is_identity(name):
    space = SearchSpace.of(PROFILES[name])
    params = space.params(torch.zeros(2, len(space.free)))
    assert torch.allclose(params.values, IspParams.default(2, profile=PROFILES[name]).values)


@pytest.mark.parametrize("name", PROFILES)
def test_points_and_values_are_inverse(name):
    space = SearchSpace.of(PROFILES[name])
    share = torch.rand(1, len(space.free), generator=torch.Generator().manual_seed(0))
    points = space.low + share * (space.high - space.low)
    assert torch.allclose(space.point(space.params(points).to_dicts()[0]), points[0], atol=1e-4)


def test_the_ends_are_the_limits_of_the_stages_or_the_ranges_of_the_profile():
    limits, ranges = SearchSpace.of(CORE), SearchSpace.of(CORE, within_ranges=True)
    assert limits.params(limits.high[None])["exposure_ev"].item() == pytest.approx(KNOWN["exposure_ev"].limits[1])
    assert ranges.params(ranges.low[None])["exposure_ev"].item() == pytest.approx(KNOWN["exposure_ev"].low)


def test_what_is_left_out_is_not_free_and_a_space_of_nothing_is_refused():
    assert not set(SearchSpace.of(CORE, without=DETAIL).free) & set(DETAIL)
    with pytest.raises(UsageError, match="nothing to fit"):
        SearchSpace.of(CORE, without=CORE.names)


def test_a_start_beyond_the_bounds_is_brought_to_them():
    space = SearchSpace.of(CORE, within_ranges=True)
    assert space.point({"exposure_ev": 3.0})[0] == space.high[0]
