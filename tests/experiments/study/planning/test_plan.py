import pytest

from experiments.study.planning.plan import Planned, best, checked, least_half_width, sizes
from experiments.study.planning.population import Population, strengths_for
from experiments.study.planning.variance import moments_of

POPULATION = Population(strengths_for((0.58,), lapse=0.02), lapse=0.02)


@pytest.fixture(scope="module")
def found():
    return sizes(POPULATION, 200, seconds=6.0)


def test_what_is_chosen_reaches_the_half_width_and_is_cheapest_first(found):
    chosen = best(found, 0.05)
    assert chosen and all(each.half_width <= 0.05 for each in chosen)
    assert [each.hours for each in chosen] == sorted(each.hours for each in chosen)
    assert chosen[0].hours == min(each.hours for each in found if each.half_width <= 0.05)


def test_no_size_is_chosen_that_asks_more_of_more_raters_than_another(found):
    chosen = best(found, 0.05)
    for place, each in enumerate(chosen):
        assert not any(other.raters <= each.raters and other.per_rater <= each.per_rater for other in chosen[:place])


def test_a_session_is_its_pairs_and_what_comes_before_them():
    planned = Planned(40, 50, 0.05, 0.9, minutes=8.0)
    assert (planned.votes, planned.hours) == (2000, pytest.approx(40 * 8 / 60))


def test_with_few_scenes_no_number_of_raters_is_enough():
    assert not best(sizes(POPULATION, 20, 6.0), 0.05)
    assert least_half_width(moments_of(POPULATION), 20) > 0.05 > least_half_width(moments_of(POPULATION), 200)


@pytest.mark.slow
def test_more_arms_need_more_votes_for_each_pair_of_them():
    three = Population(strengths_for((0.58, 0.58)))
    two = best(sizes(POPULATION, 100, 6.0), 0.08)[0]
    assert best(sizes(three, 100, 6.0), 0.08)[0].votes > 2 * two.votes


@pytest.mark.slow
def test_simulated_studies_agree_with_what_was_expected():
    """60 studies: half widths to a few per cent, coverage and power within three standard errors."""
    planned = next(each for each in sizes(POPULATION, 60, 6.0) if (each.raters, each.per_rater) == (20, 20))
    found = checked(POPULATION, 60, planned, 60, seed=0)
    assert found.half_width == pytest.approx(planned.half_width, rel=0.08)
    assert found.power == pytest.approx(planned.power, abs=0.19)
    assert found.coverage >= 0.95 - 3 * (0.95 * 0.05 / 60) ** 0.5
