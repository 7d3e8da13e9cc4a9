import choix
import numpy as np
import pytest
from scipy.special import expit

from experiments.study.design.ledger import empty_ledger
from experiments.study.design.posterior import Posterior, expecting, gains, posterior, vote_information, wins_of
from experiments.study.trials import Comparison

WINS = np.array([[0, 12, 9, 4.0], [5, 0, 8, 3], [2, 7, 0, 9], [1, 2, 6, 0]])


def test_with_a_wide_prior_the_mean_is_choix_maximum_likelihood():
    wins = [(i, j) for i in range(4) for j in range(4) for _ in range(int(WINS[i, j]))]
    assert posterior(WINS, 1e3).mean == pytest.approx(choix.opt_pairwise(4, wins), abs=1e-3)


def test_with_a_prior_of_one_logit_the_mean_is_choix_penalised_one():
    wins = [(i, j) for i in range(4) for j in range(4) for _ in range(int(WINS[i, j]))]
    assert posterior(WINS, 1.0).mean == pytest.approx(choix.opt_pairwise(4, wins, alpha=0.5), abs=1e-3)


def test_without_votes_there_is_the_prior_and_an_arm_that_always_wins_stays_finite():
    nothing = posterior(np.zeros((3, 3)))
    assert nothing.mean == pytest.approx([0, 0, 0]) and np.linalg.inv(nothing.precision) == pytest.approx(4 * np.eye(3))
    always = posterior(np.array([[0, 50.0], [0, 0]]))
    assert 1 < always.mean[0] < 5 and always.mean[0] == pytest.approx(-always.mean[1])


def test_a_tie_is_half_a_win_for_both_on_whichever_side_they_stand():
    one, two = Comparison("x", "a", "b"), Comparison("y", "a", "c")
    ledger = empty_ledger([one, two]).with_votes([(one, "b", 0.5), (one, "a", 1.0), (two, "c", 0.75)])
    assert wins_of(ledger, "abc") == pytest.approx(np.array([[0, 1.5, 0.25], [0.5, 0, 0], [0.75, 0, 0]]))


def test_the_information_expected_of_a_vote_is_the_average_over_what_is_known():
    known = posterior(WINS)
    draws = np.random.default_rng(0).multivariate_normal(known.mean, np.linalg.inv(known.precision), 40_000)
    win = expit(draws[:, 0] - draws[:, 3])
    assert vote_information(known)[0, 3] == pytest.approx(np.mean(win * (1 - win)), abs=1e-3)


def test_the_gain_is_what_a_vote_takes_off_the_variance_of_the_centred_strengths():
    known, vote = posterior(WINS), np.zeros((4, 4))
    vote[1, 2] = vote[2, 1] = 1

    def variance(of: Posterior) -> float:
        centring = np.eye(4) - 0.25
        return float(np.trace(centring @ np.linalg.inv(of.precision) @ centring))

    assert gains(known)[1, 2] == pytest.approx(variance(known) - variance(expecting(known, vote)))
    assert np.diag(gains(known)) == pytest.approx(np.zeros(4)) and gains(known) == pytest.approx(gains(known).T)


def test_a_vote_on_a_pair_that_is_decided_tells_less_than_one_that_is_open():
    known = Posterior(np.array([0.0, 0.1, 4.0]), np.eye(3) * 4)
    assert gains(known)[0, 1] > 5 * gains(known)[0, 2]
