import numpy as np
import pytest

from experiments.study.intervals import win_rate
from experiments.study.planning.population import Population
from experiments.study.planning.simulate import drawn, scores_of, shown_to, simulated
from experiments.study.scale.matrix import win_matrix


@pytest.fixture(scope="module")
def votes():
    rng = np.random.default_rng(0)
    population = Population((0.5, 0.0, 0.0))
    return simulated(population, drawn(population, 6, rng), shown_to(6, 8, 3, rng), rng)


@pytest.mark.slow
def test_each_cell_is_the_win_rate_of_its_pair_with_the_interval_that_decides(votes):
    cells = win_matrix(votes, {"a": "A", "b": "B", "c": "C"}, seed=0)
    assert [(cell.first, cell.second) for cell in cells] == [("A", "B"), ("A", "C"), ("B", "C")]
    found = win_rate.measured(*scores_of(votes, "a", "c"), 0, crossed=False)
    assert cells[1].rate == found.rate and cells[1].clustered == found.deciding
    assert cells[1].interval == pytest.approx(found.intervals[found.deciding])


def test_a_pair_without_votes_has_no_cell_and_a_turned_cell_is_its_mirror(votes):
    few = [vote for vote in votes if {vote.trial.left, vote.trial.right} == {"a", "b"}]
    (cell,) = win_matrix(few, {"a": "A", "b": "B", "c": "C"}, seed=0)
    turned = cell.turned()
    assert (turned.first, turned.rate, turned.interval.low) == ("B", 1 - cell.rate, 1 - cell.interval.high)
    assert turned.turned().interval == pytest.approx(cell.interval)
