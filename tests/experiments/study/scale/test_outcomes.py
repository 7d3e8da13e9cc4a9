import numpy as np

from experiments.study.scale.outcomes import on_one_scale, outcomes_of, why_left_out
from experiments.study.trials import Trial
from experiments.study.vote import Vote


def vote(left, right, choice, kind="main", rater="r", scene="s"):
    return Vote(rater, Trial("t", kind, scene, left, right), choice, 1.0)


def test_a_win_counts_for_its_arm_on_whichever_side_and_ties_and_slight_ones_in_part():
    votes = [vote("b", "a", "left"), vote("a", "b", "slightly-left"), vote("a", "b", "tie")]
    wins = outcomes_of(votes, "ab").wins
    assert wins.tolist() == [[0, 1.25], [1.75, 0]]


def test_checks_training_repeats_skipped_pairs_and_other_arms_count_for_nothing():
    votes = [vote("a", "b", "left", kind) for kind in ("training", "repeat", "gold", "trap")]
    votes += [vote("a", "b", "skipped"), vote("a", "c", "left")]
    assert not len(outcomes_of(votes, "ab").score)


def test_arms_that_beat_each_other_round_and_round_are_on_one_scale():
    assert on_one_scale(np.array([[0, 3, 0], [0, 0, 2], [1, 0, 0]])) == [0, 1, 2]


def test_an_arm_that_always_loses_or_wins_or_was_never_compared_is_named_with_why():
    names = ("tuned", "expert", "default", "best", "alone")
    wins = np.zeros((5, 5))
    wins[0, 1], wins[1, 0], wins[0, 2], wins[1, 2], wins[3, 0] = 5, 4, 6, 6, 7
    assert on_one_scale(wins) == [0, 1]
    said = why_left_out(wins, names)
    assert said[2].startswith("default never won over tuned and expert")
    assert said[3].startswith("best never lost to tuned and expert")
    assert said[4].startswith("alone was never compared with tuned and expert")
    assert set(said) == {2, 3, 4}


def test_two_arms_that_both_lost_to_a_third_alone_cannot_be_placed_beside_each_other():
    wins = np.zeros((4, 4))
    wins[0, 1], wins[1, 0], wins[2, 0], wins[2, 3] = 1, 1, 1, 1
    assert "cannot be placed" in why_left_out(wins, "abcd")[3]
