import numpy as np
import pytest

from experiments.study.analysis.agreement import fleiss, krippendorff, split_half
from experiments.study.intervals.measured import NotMeasured

PUBLISHED = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""
"""Four observers, twelve units, some missing. Source: Krippendorff 2011, Computing Krippendorff's alpha-reliability, C and D."""


def complete(raters, pairs, agree, seed=0):
    """Every rater on every pair; all take the pair's own answer with this chance, else either."""
    rng = np.random.default_rng(seed)
    own = rng.integers(0, 2, pairs)
    scores = np.where(rng.random((raters, pairs)) < agree, own, rng.integers(0, 2, (raters, pairs))).astype(float)
    rater, pair = (axis.ravel() for axis in np.indices(scores.shape))
    return scores.ravel(), rater, pair


def test_alpha_is_the_published_one_where_not_everyone_answered():
    rows = [line.split() for line in PUBLISHED.strip().splitlines()]
    answers = [(float(cell), unit) for row in rows for unit, cell in enumerate(row) if cell != "."]
    scores, units = map(np.array, zip(*answers, strict=True))
    assert krippendorff(scores, units) == pytest.approx(0.849, abs=5e-4)


def test_alpha_of_two_answers_is_fleiss_kappa_but_for_the_size_of_the_sample():
    pytest.importorskip("statsmodels")
    scores, _, pairs = complete(6, 20, 0.5)
    kappa = fleiss(scores, pairs)
    assert 1 - krippendorff(scores, pairs) == pytest.approx((1 - kappa) * (1 - 1 / len(scores)))


def test_alpha_is_one_where_all_agree_about_zero_by_chance_and_knows_no_names():
    scores, _, pairs = complete(5, 30, 1.0)
    assert krippendorff(scores, pairs) == 1.0
    scores, _, pairs = complete(5, 200, 0.0)
    assert abs(krippendorff(scores, pairs)) < 0.06
    assert krippendorff(1 - scores, np.array([f"p{pair}" for pair in pairs])) == pytest.approx(
        krippendorff(scores, pairs)
    )


def test_single_votes_say_nothing_about_agreement():
    scores, _, pairs = complete(4, 10, 0.5)
    more, of = np.append(scores, [1.0, 0.0]), np.append(pairs, [100, 101])
    assert krippendorff(more, of) == pytest.approx(krippendorff(scores, pairs))
    with pytest.raises(NotMeasured, match="two raters"):
        krippendorff(np.ones(3), np.arange(3))
    with pytest.raises(NotMeasured, match="the same"):
        krippendorff(np.ones(4), np.array([0, 0, 1, 1]))


def test_kappa_is_not_defined_where_pairs_have_different_numbers_of_votes():
    scores, _, pairs = complete(4, 10, 0.5)
    with pytest.raises(NotMeasured, match="same number of votes"):
        fleiss(scores[1:], pairs[1:])


def test_halves_agree_where_pairs_differ_and_not_where_answers_are_chance():
    scores, raters, pairs = complete(20, 40, 0.8)
    assert split_half(scores, raters, pairs, 0) > 0.9
    scores, raters, pairs = complete(20, 40, 0.0)
    assert abs(split_half(scores, raters, pairs, 0)) < 0.4
    assert split_half(scores, raters, pairs, 7) == split_half(scores, raters, pairs, 7)


def test_one_rater_has_no_halves():
    scores, raters, pairs = complete(1, 10, 0.5)
    with pytest.raises(NotMeasured):
        split_half(scores, raters, pairs, 0)
