"""Killed at any moment, the server loses no acknowledged vote and doubles none."""

import pytest
from fixtures.studies import small_study

from experiments.study.rehearsal.soak import Acknowledged, compared, soak
from experiments.study.server.store import Store


@pytest.mark.slow
def test_two_kills_during_two_hundred_votes_lose_and_double_nothing(tmp_path):
    small_study(tmp_path, scenes=30)
    figures = soak(tmp_path, tmp_path / "votes.sqlite", votes=200, kills=2, threads=4)
    assert figures["acknowledged"] >= 200 and (figures["kills"], figures["exit"], figures["integrity"]) == (
        2,
        143,
        "ok",
    )
    assert not any(figures[name] for name in ("lost", "changed", "doubled", "counted_wrongly", "never_acknowledged"))


def test_a_vote_that_is_not_in_the_store_is_counted_as_lost(tmp_path):
    study = small_study(tmp_path)
    Store.of(tmp_path / "votes.sqlite", study).close()
    figures = compared(tmp_path / "votes.sqlite", tmp_path, Acknowledged({("t1", 0): "left", ("t1", 1): "right"}))
    assert (figures["acknowledged"], figures["lost"], figures["counted_wrongly"]) == (2, 2, 1)
