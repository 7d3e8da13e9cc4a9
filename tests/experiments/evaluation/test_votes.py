import numpy as np
import pytest
from scipy.stats import binom, binomtest

from attiqa_core.errors import InputError
from experiments.evaluation.votes import Vote, agreement_with_votes, read_votes, vote_images


def independent_votes(right: int, wrong: int) -> tuple[list[Vote], dict[str, float]]:
    """One rater and one pair to a vote; the scorer always takes image a."""
    votes = [Vote(f"a{i}", f"b{i}", f"rater {i}", "a" if i < right else "b") for i in range(right + wrong)]
    return votes, {name: float(name[0] == "a") for vote in votes for name in vote.pair}


def test_accuracy_counts_choices_halves_equal_scores_and_leaves_out_ties():
    votes = [Vote("p", "q", "x", "a"), Vote("q", "p", "y", "b"), Vote("p", "q", "z", "b"), Vote("p", "r", "x", "a"),
             Vote("p", "r", "y", "tie")]  # fmt: skip
    measured = agreement_with_votes(votes, {"p": 0.9, "q": 0.1, "r": 0.9})
    assert measured["accuracy"] == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert measured["votes"] == 4 and measured["ties_left_out"] == 1 and measured["raters"] == 3
    assert measured["pairs"] == 2 and measured["pair_accuracy"] == pytest.approx((1 + 0.5) / 2)


def test_votes_on_an_image_without_a_score_do_not_count():
    votes = [Vote("p", "q", "x", "a"), Vote("p", "r", "x", "a"), Vote("r", "q", "y", "b")]
    measured = agreement_with_votes(votes, {"p": 0.9, "q": 0.1, "r": float("nan")})
    assert measured["accuracy"] == 1 and measured["votes"] == 1 and measured["unscored_left_out"] == 2
    nothing = agreement_with_votes(votes, dict.fromkeys("pqr", float("nan")))
    assert nothing["accuracy"] is None and nothing["accuracy_low"] is None and nothing["votes"] == 0


def test_a_pair_without_a_majority_has_no_say_in_the_majorities():
    votes = [Vote("p", "q", "x", "a"), Vote("p", "q", "y", "b")]
    measured = agreement_with_votes(votes, {"p": 1, "q": 0})
    assert measured["pair_accuracy"] is None and measured["accuracy"] == 0.5


@pytest.mark.slow
def test_the_interval_of_independent_votes_is_near_wilsons():
    """142 of 200, the paper's 71 %. Each vote is its own rater and pair, drawn by both: a variance three times over."""
    measured = agreement_with_votes(*independent_votes(142, 58))
    wilson = binomtest(142, 200).proportion_ci(method="wilson")
    width = (measured["accuracy_high"] - measured["accuracy_low"]) / (wilson.high - wilson.low)
    assert measured["accuracy"] == pytest.approx(0.71) and width == pytest.approx(np.sqrt(3), abs=0.1)


def test_votes_that_hang_together_give_the_interval_of_their_pairs():
    """Ten pairs judged by twenty raters who all agree: ten pieces of evidence, drawn anew as Binomial(10, 0.7)."""
    votes = [Vote(f"a{p}", f"b{p}", f"r{r}", "a" if p < 7 else "b") for p in range(10) for r in range(20)]
    scores = {name: float(name[0] == "a") for vote in votes for name in vote.pair}
    measured = agreement_with_votes(votes, scores)
    ends = binom.ppf([0.025, 0.975], 10, 0.7) / 10
    assert (measured["accuracy_low"], measured["accuracy_high"]) == pytest.approx(tuple(ends))
    assert ends.tolist() == [0.4, 1.0]  # as if by 200 independent votes it would be 0.63 to 0.76


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("image_a,image_b,rater\n", "no column choice"),
        ("image_a,image_b,rater,choice\np,q,x,left\n", "line 2: choice 'left'"),
        ("image_a,image_b,rater,choice\np,p,x,a\n", "line 2: compares 'p' with 'p'"),
        ("image_a,image_b,rater,choice\np,q,x,a\nq,p,x,a\n", "line 3: rater x has voted"),
        ("image_a,image_b,rater,choice\np,q,x,tie\n", "holds no vote"),
        ("image_a,image_b,rater,choice\n", "holds no vote"),
    ],
)
def test_damaged_votes_are_named_by_line(tmp_path, text, complaint):
    path = tmp_path / "votes.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=complaint):
        read_votes(path)


def test_votes_survive_a_bom_crlf_and_capitals_and_images_stay_in_their_folder(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_bytes(b"\xef\xbb\xbfimage_a,image_b,rater,choice\r\np.png,q.png,x,A\r\n")
    votes = read_votes(path)
    assert votes == [Vote("p.png", "q.png", "x", "a")]
    with pytest.raises(InputError, match="no image"):
        vote_images(path, votes, None)
    with pytest.raises(InputError, match="leaves the image folder"):
        vote_images(path, [Vote("../p.png", "q.png", "x", "a")], None)
