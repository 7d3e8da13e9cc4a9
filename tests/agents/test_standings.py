"""What results say: each judge's verdict, the reward's parts, what became of the pictures, and differences between rows."""

import pytest

from agents.benchmark import Result
from agents.standings import REWARD, comparisons, standings

MEASURES = {"chroma": 10.0, "own_chroma": 8.0, "cast": 2.0, "clipped": 0.1, "noise": 0.01, "luma": 0.4}


def result(tuner: str, image: str, scores: dict[str, float], reward: float = 0.0, **measures: float) -> Result:
    return Result(tuner, image, image, scores, {"quality": reward}, {**MEASURES, **measures}, {}, 1, 3, 0.0)


def two_rows() -> list[Result]:
    """A tuner that one judge likes and the other does not, on two raws."""
    return [
        each
        for image, chroma in (("a", 6.0), ("b", 12.0))
        for each in (
            result("default", image, {"mini": 0.5, "other": 0.6}),
            result("climber", image, {"mini": 0.9, "other": 0.4}, 0.3, chroma=chroma, cast=3.5, noise=0.02),
        )
    ]


def test_every_judge_has_a_verdict_of_its_own_and_the_climbed_one_is_not_held_out():
    _, climber = standings(two_rows(), climbed=["mini"])
    mini, other = climber.verdicts["mini"], climber.verdicts["other"]
    assert (mini.mean_gain, mini.better_share, mini.held_out) == (pytest.approx(0.4), 1, False)
    assert (other.mean_gain, other.better_share, other.held_out) == (pytest.approx(-0.2), 0, True)


def test_the_reward_has_a_gain_and_parts_and_the_pictures_are_held_against_the_default():
    default, climber = standings(two_rows())
    assert climber.reward.mean_gain == climber.terms["quality"] == pytest.approx(0.3)
    change = climber.change
    assert (change.chroma, change.chroma_low, change.chroma_high) == pytest.approx((0.9, 0.6, 1.2))
    assert (change.cast, change.noise, change.clipped) == pytest.approx((1.5, 2, 0))
    assert default.change.chroma == default.change.noise == 1


def test_a_difference_is_of_the_same_raws_by_each_judge_and_by_the_reward():
    (difference,) = comparisons(two_rows(), [("climber", "default")])
    assert difference.gains["mini"].mean_gain == pytest.approx(0.4)
    assert difference.gains[REWARD].mean_gain == pytest.approx(0.3)
    (nothing,) = comparisons(two_rows(), [("climber", "climber")])
    assert nothing.gains["mini"].mean_gain == nothing.gains["mini"].gain_high == 0
