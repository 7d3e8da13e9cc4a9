"""What a rehearsal finds wrong in a store."""

from types import SimpleNamespace
from typing import Any

import pytest

from experiments.study.rehearsal.crowd import Heard, Taste
from experiments.study.rehearsal.standing import complaints, standing
from experiments.study.trials import Trial
from experiments.study.vote import Vote

STUDY: Any = SimpleNamespace(
    arms={"a": "first", "b": "second"},
    scenes={name: SimpleNamespace(kind="main", files={"a": "1.jpg", "b": "2.jpg"}) for name in ("s", "t")},
)


def vote(rater: str, scene: str, left: str, choice: str = "left") -> Vote:
    return Vote(rater, Trial(f"{rater}{scene}", "main", scene, left, "b" if left == "a" else "a"), choice, 1.0)


EVEN = [vote("r", "s", "a"), vote("r", "t", "b"), vote("q", "s", "b"), vote("q", "t", "a")]


def said(votes: list[Vote], heard: Heard) -> tuple[str, ...]:
    return complaints(STUDY, standing(STUDY, votes, heard), heard, everybody_finished=True)


def test_even_votes_that_are_all_there_are_complained_of_by_nothing():
    heard = Heard({each.trial.trial: each.choice for each in EVEN})
    assert said(EVEN, heard) == ()
    assert standing(STUDY, EVEN, heard).first_share == 0.5


@pytest.mark.parametrize(
    ("votes", "heard", "words"),
    [
        (EVEN[:3], {"qt": "left"}, "1 acknowledged votes are not in the store"),
        (EVEN, {"qt": "right"}, "1 votes are in the store with another choice"),
        ([vote("r", "s", "a"), vote("q", "s", "b")], {}, "votes of two pairs differ by 2"),
        ([vote(rater, scene, "a") for rater, scene in ("rs", "qs", "pt", "ot")], {}, "sides of a pair differ by 2"),
        ([vote("r", "s", "a"), vote("r", "t", "a")], {}, "sides of a rater differ by 2"),
    ],
)
def test_what_does_not_hold_is_said(votes, heard, words):
    assert said(votes, Heard(heard)) == (words,)


def test_lapses_draw_the_planted_win_rate_to_one_half():
    assert Taste(share=0.6, lapses=0.5).win_rate == pytest.approx(0.55)
