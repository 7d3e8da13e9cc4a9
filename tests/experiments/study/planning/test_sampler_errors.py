import numpy as np
import pytest

from experiments.study.planning.sampler_errors import Size, error_of, finished, rows


@pytest.mark.parametrize("sampler", ["full", "balanced", "adaptive"])
def test_every_sampler_gets_the_same_number_of_votes(sampler):
    size = Size(4, scenes=5, raters=4, per_rater=7, at_once=3, scene_sd=0.3, taste_sd=0.3)
    ledger = finished(size, np.zeros(4), sampler, np.random.default_rng(0))
    assert sum(sum(tally.given) for tally in ledger.tallies.values()) == 28
    assert not any(sum(tally.reserved) for tally in ledger.tallies.values())


@pytest.mark.slow
def test_where_arms_are_far_apart_the_adaptive_scale_is_nearer_the_truth_than_the_balanced_one():
    size = Size(8, scenes=10, raters=8, per_rater=20)
    errors = {
        sampler: np.array([error_of(size, 3.0, sampler, seed).scale for seed in range(12)])
        for sampler in ("balanced", "adaptive")
    }
    assert errors["adaptive"].mean() < errors["balanced"].mean()


def test_the_error_of_the_scale_shrinks_with_votes():
    few, many = (
        np.mean([error_of(Size(3, scenes=8, raters=raters, per_rater=8), 0.5, "full", seed).scale for seed in range(6)])
        for raters in (2, 20)
    )
    assert many < few


def test_the_table_names_every_sampler():
    lines = list(rows([Size(2, scenes=2, raters=2, per_rater=2)], studies=2))
    assert "| full | balanced | adaptive |" in lines[0] and len(lines) == 9
    assert all(line.count("|") == lines[0].count("|") for line in lines)
