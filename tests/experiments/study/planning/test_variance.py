import numpy as np
import pytest

from experiments.study.planning.population import Population, strengths_for
from experiments.study.planning.simulate import drawn, scores_of, shown_to, simulated
from experiments.study.planning.variance import Size, half_width, moments_of, power, standard_error

TRAITS = {"taste_sd": 0.8, "scene_sd": 1.2, "left_bias": 0.5, "left_bias_sd": 0.5, "answers": "tie", "lapse": 0.05}


@pytest.mark.slow
def test_the_standard_error_is_that_of_simulated_studies():
    """Of 600 studies a standard deviation is known to 1 / sqrt(1200), 2.9 %: three of that."""
    rng = np.random.default_rng(0)
    population = Population(strengths_for((0.6,), **TRAITS), **TRAITS)
    shown = shown_to(6, 20, 2, rng, per_rater=10)
    rates = [
        scores_of(simulated(population, drawn(population, 6, rng), shown, rng), "a", "b")[0].mean() for _ in range(600)
    ]
    moments = moments_of(population)
    assert moments.mean == pytest.approx(0.6, abs=1e-6)
    assert np.std(rates) == pytest.approx(standard_error(moments, Size(6, 10, 20)), rel=0.09)
    assert np.mean(rates) == pytest.approx(0.6, abs=3 * np.std(rates) / 600**0.5)


def test_without_spreads_votes_are_a_coin():
    moments = moments_of(Population((0.0, 0.0), 0.0, 0.0))
    assert (moments.mean, moments.vote, moments.same_rater, moments.same_scene) == pytest.approx(
        (0.5, 0.25, 0, 0), abs=1e-9
    )
    assert standard_error(moments, Size(10, 40, 80)) == pytest.approx(0.5 / 20)


def test_more_raters_or_more_scenes_narrow_the_interval_and_raise_the_power():
    moments = moments_of(Population(strengths_for((0.58,))))
    sizes = [Size(10, 20, 100), Size(20, 20, 100), Size(20, 40, 100), Size(20, 40, 400)]
    widths, powers = ([of(moments, size) for size in sizes] for of in (half_width, power))
    assert widths == sorted(widths, reverse=True) and powers == sorted(powers)


def test_where_nothing_is_to_be_found_power_is_the_share_of_false_claims():
    assert power(moments_of(Population((0.0, 0.0))), Size(60, 50, 200)) == pytest.approx(0.05, abs=0.01)
