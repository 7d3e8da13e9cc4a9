from itertools import combinations

import numpy as np
import pytest
from scipy.special import logit

pytest.importorskip("choix", reason="needs the extra `study`")

from experiments.study.planning.population import Population, strengths_for
from experiments.study.planning.simulate import ARMS, drawn, scores_of, shown_to, simulated
from experiments.study.scale.bradley_terry import scale_of, strengths
from experiments.study.scale.outcomes import outcomes_of
from experiments.study.scale.strength_errors import centring, logit_model
from experiments.study.trials import Trial
from experiments.study.vote import Vote

NAMES = {"a": "tuned", "b": "expert", "c": "default"}


def study(arms=3, raters=8, scenes=6, seed=0, answers="tie", rates=(0.62, 0.75, 0.5), **traits):
    rng = np.random.default_rng(seed)
    population = Population(strengths_for(rates[: arms - 1], answers=answers, **traits), answers=answers, **traits)
    shown = shown_to(raters, scenes, arms, rng)
    return simulated(population, drawn(population, raters, rng), shown, rng)


def test_strengths_of_probabilities_that_follow_the_model_are_found_again():
    true = np.array([0.8, 0.1, -0.9])
    wins = 1000 / (1 + np.exp(true - true[:, None])) * (1 - np.eye(3))
    assert strengths(wins) == pytest.approx(true, abs=1e-5)


def test_choix_and_statsmodels_find_the_same_strengths():
    votes = study()
    found = strengths(outcomes_of(votes, "abc").wins)
    model = logit_model(outcomes_of(votes, "abc"))
    assert centring(3) @ model.params == pytest.approx(found, abs=1e-5)


def test_of_two_arms_the_probability_is_the_win_rate():
    votes = study(arms=2)
    (pair,) = scale_of(votes, {"a": "tuned", "b": "expert"}).pairs
    rate = float(scores_of(votes, "a", "b")[0].mean())
    assert pair.probability == pytest.approx(max(rate, 1 - rate), abs=1e-5)
    assert logit(pair.interval.high) - logit(pair.probability) == pytest.approx(
        logit(pair.probability) - logit(pair.interval.low)
    )


def test_strengths_have_mean_zero_and_lie_in_their_intervals_strongest_first():
    scale = scale_of(study(), NAMES)
    values = [each.value for each in scale.strengths]
    assert sum(values) == pytest.approx(0) and values == sorted(values, reverse=True)
    assert all(each.interval.low < each.value < each.interval.high for each in scale.strengths)
    assert scale.between > 0 and (scale.raters, scale.scenes, scale.votes) == (8, 6, 144)


def test_the_scale_knows_nothing_of_letters_or_order():
    votes = study()
    one, other = scale_of(votes, NAMES), scale_of(votes[::-1], dict(reversed(NAMES.items())))
    assert [each.arm for each in one.strengths] == [each.arm for each in other.strengths]
    for mine, others in zip(one.strengths, other.strengths, strict=True):
        assert mine.interval == pytest.approx(others.interval, abs=1e-5)


@pytest.mark.slow
def test_ranks_and_preferences_follow_from_holms_tests():
    scale = scale_of(study(raters=20, scenes=12), NAMES)
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    expected = multitest.multipletests([pair.p_value for pair in scale.pairs], method="holm")[1]
    assert [pair.p_holm for pair in scale.pairs] == pytest.approx(expected)
    for each in scale.strengths:
        best, worst = each.ranks
        assert best == 1 + sum(
            pair.preferred not in (None, each.arm) for pair in scale.pairs if each.arm in (pair.first, pair.second)
        )
        assert worst == 3 - sum(pair.preferred == each.arm for pair in scale.pairs)


def test_an_arm_that_never_wins_has_no_number_and_the_others_have_theirs_as_without_it():
    votes = study(arms=2)
    lost = [Vote(f"rater{n:03d}", Trial(f"x{n}", "main", "scene000", "a", "c"), "left", 1.0) for n in range(6)]
    scale = scale_of([*votes, *lost], NAMES)
    assert scale.strengths == scale_of(votes, {"a": "tuned", "b": "expert"}).strengths
    assert "never won over" in scale.left_out["default"]


def test_votes_that_all_agree_give_no_scale_but_sentences():
    votes = [Vote(f"r{n}", Trial(f"{n}", "main", f"s{n % 4}", "a", "b"), "left", 1.0) for n in range(12)]
    scale = scale_of(votes, {"a": "tuned", "b": "expert"})
    assert scale.strengths == scale.pairs == ()
    assert len(scale.left_out) == 1
    assert not scale_of([], NAMES).strengths


@pytest.mark.parametrize(
    ("raters", "scenes", "said"), [(2, 8, "these raters only"), (8, 2, "these images only"), (2, 2, "by vote")]
)
def test_with_too_few_raters_or_scenes_the_intervals_speak_of_those_alone(raters, scenes, said):
    scale = scale_of(study(raters=raters, scenes=scenes, seed=3, rates=(0.5, 0.5)), NAMES)
    assert scale.clustered == said and len(scale.strengths) == 3


def test_raters_of_one_mind_do_not_narrow_the_intervals():
    votes = study(raters=4, scenes=12)
    again = [Vote(vote.rater + "x", vote.trial, vote.choice, 1.0) for vote in votes]
    one, twice = scale_of(votes, NAMES), scale_of(votes + again, NAMES)
    widths = [np.ptp(scale.strengths[0].interval) for scale in (one, twice)]
    assert widths[1] > 0.7 * widths[0]


@pytest.mark.slow
def test_intervals_of_strengths_and_pairs_hold_the_truth_about_as_often_as_they_say():
    """80 studies of 3 pairs each; 1,000 of each design in docs/study.md."""
    rng = np.random.default_rng(5)
    population = Population(strengths_for((0.58, 0.65), answers="five"), answers="five")
    true = dict(zip(ARMS, strengths(population.win_rates()), strict=False))
    shown, covered = shown_to(8, 10, 3, rng, per_rater=20), []
    for _ in range(80):
        scale = scale_of(
            simulated(population, drawn(population, 8, rng), shown, rng), dict(zip("abc", "abc", strict=True))
        )
        covered += [each.interval.low <= true[each.arm] <= each.interval.high for each in scale.strengths]
        covered += [
            logit(pair.interval.low) <= true[pair.first] - true[pair.second] <= logit(pair.interval.high)
            for pair in scale.pairs
        ]
    assert len(list(combinations("abc", 2))) * 2 * 80 == len(covered)
    assert 0.90 <= np.mean(covered) <= 0.99
