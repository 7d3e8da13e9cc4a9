import numpy as np
import pytest
from scipy.stats import binom, binomtest

from attiqa_core.errors import InputError
from experiments.evaluation.votes import (
    ImageVote,
    agreement_by_rater,
    agreement_with_votes,
    gain_on_votes,
    read_votes,
    scene_groups,
    vote_images,
    write_votes,
)


def independent_votes(right: int, wrong: int) -> tuple[list[ImageVote], dict[str, float]]:
    """One rater and one pair to a vote; the scorer always takes image a."""
    votes = [ImageVote(f"a{i}", f"b{i}", f"rater {i}", "a" if i < right else "b") for i in range(right + wrong)]
    return votes, {name: float(name[0] == "a") for vote in votes for name in vote.pair}


def test_accuracy_counts_choices_halves_equal_scores_and_leaves_out_ties():
    votes = [ImageVote("p", "q", "x", "a"), ImageVote("q", "p", "y", "b"), ImageVote("p", "q", "z", "b"), ImageVote("p", "r", "x", "a"),
             ImageVote("p", "r", "y", "tie")]  # fmt: skip
    measured = agreement_with_votes(votes, {"p": 0.9, "q": 0.1, "r": 0.9})
    assert measured["accuracy"] == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert measured["votes"] == 4 and measured["ties_left_out"] == 1 and measured["raters"] == 3
    assert measured["pairs"] == 2 and measured["pair_accuracy"] == pytest.approx((1 + 0.5) / 2)


def test_votes_on_an_image_without_a_score_do_not_count():
    votes = [ImageVote("p", "q", "x", "a"), ImageVote("p", "r", "x", "a"), ImageVote("r", "q", "y", "b")]
    measured = agreement_with_votes(votes, {"p": 0.9, "q": 0.1, "r": float("nan")})
    assert measured["accuracy"] == 1 and measured["votes"] == 1 and measured["unscored_left_out"] == 2
    nothing = agreement_with_votes(votes, dict.fromkeys("pqr", float("nan")))
    assert nothing["accuracy"] is None and nothing["accuracy_low"] is None and nothing["votes"] == 0


def test_a_pair_without_a_majority_has_no_say_in_the_majorities():
    votes = [ImageVote("p", "q", "x", "a"), ImageVote("p", "q", "y", "b")]
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
    votes = [ImageVote(f"a{p}", f"b{p}", f"r{r}", "a" if p < 7 else "b") for p in range(10) for r in range(20)]
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
    assert votes == [ImageVote("p.png", "q.png", "x", "a")]
    with pytest.raises(InputError, match="no image"):
        vote_images(path, votes, None)
    with pytest.raises(InputError, match="leaves the image folder"):
        vote_images(path, [ImageVote("../p.png", "q.png", "x", "a")], None)


def test_a_studys_further_columns_are_passed_over_and_five_steps_are_kept(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text(
        "scene,image_a,image_b,arm_a,arm_b,left,rater,choice,seconds\n"
        "s1,p,q,A,B,a,x,slightly-a,3.2\ns1,p,r,A,C,c,x,b,1.1\ns2,t,u,A,B,b,y,tie,2\n"
    )
    votes = read_votes(path)
    assert [(vote.wanted, vote.chosen, vote.cluster) for vote in votes] == [
        (0.75, "p", "s1"), (0.0, "r", "s1"), (0.5, None, "s2"),
    ]  # fmt: skip
    write_votes(tmp_path / "again.csv", votes)
    assert read_votes(tmp_path / "again.csv") == votes
    measured = agreement_with_votes(votes, dict(zip("pqrtu", (0.9, 0.1, 0.5, 0.2, 0.3), strict=True)))
    assert measured["accuracy"] == 0.5 and measured["pairs"] == 2 and measured["scenes"] == 1


def test_pairs_of_one_scene_are_drawn_together():
    """Three arms, so three pairs to a scene, all foretold or none: ten pieces of evidence and not thirty."""
    arms = "abc"
    votes = [
        ImageVote(f"{s}{one}", f"{s}{other}", f"r{r}", "a", f"s{s}")
        for s in range(10)
        for one, other in (("a", "b"), ("a", "c"), ("b", "c"))
        for r in range(20)
    ]
    scores = {f"{s}{arm}": (1.0 if s < 7 else -1.0) * (3 - arms.index(arm)) for s in range(10) for arm in arms}
    by_scene = agreement_with_votes(votes, scores)
    by_pair = agreement_with_votes([vote._replace(scene="") for vote in votes], scores)
    ends = binom.ppf([0.025, 0.975], 10, 0.7) / 10
    assert (by_scene["accuracy_low"], by_scene["accuracy_high"]) == pytest.approx(tuple(ends))
    assert by_scene["accuracy"] == by_pair["accuracy"] and by_scene["pairs"] == 30
    assert by_pair["accuracy_high"] - by_pair["accuracy_low"] < 0.7 * (ends[1] - ends[0])


def test_a_split_keeps_together_what_was_compared_or_is_of_one_scene():
    votes = [ImageVote("p", "q", "x", "a"), ImageVote("q", "r", "x", "a"), ImageVote("s", "t", "x", "a", "1"), ImageVote("u", "v", "x", "a", "1"),
             ImageVote("w", "z", "x", "a", "2")]  # fmt: skip
    groups = scene_groups(votes)
    assert groups["p"] == groups["q"] == groups["r"] and groups["s"] == groups["t"] == groups["u"] == groups["v"]
    assert groups["w"] == groups["z"] and len(set(groups.values())) == 3


def test_each_rater_has_an_accuracy_of_their_own():
    votes = [
        ImageVote("p", "q", "x", "a"),
        ImageVote("p", "q", "y", "b"),
        ImageVote("q", "p", "x", "tie"),
        ImageVote("r", "q", "y", "slightly-a"),
    ]
    found = agreement_by_rater(votes, {"p": 0.9, "q": 0.1, "r": 0.4})
    assert found == {"x": {"votes": 1, "accuracy": 1.0}, "y": {"votes": 2, "accuracy": 0.5}}


def test_a_gain_is_paired_and_nothing_where_nothing_changed():
    votes, scores = independent_votes(12, 8)
    turned = {name: -score for name, score in scores.items()}
    assert gain_on_votes(votes, scores, scores) == {"gain": 0.0, "low": 0.0, "high": 0.0}
    gain = gain_on_votes(votes, turned, scores)
    assert gain["gain"] == pytest.approx(0.2) and gain["low"] < 0.2 < gain["high"]
    nothing = gain_on_votes([ImageVote("p", "q", "x", "tie")], {"p": 0, "q": 1}, {"p": 1, "q": 0})
    assert nothing == {"gain": None, "low": None, "high": None}
