"""Requests that nobody should send change nothing and learn nothing."""

import pytest
from fixtures.studies import small_study

from experiments.study.rehearsal import fuzz as fuzzing
from experiments.study.rehearsal.fuzz import Broken, fuzz
from experiments.study.rehearsal.mischief import MISCHIEF
from experiments.study.server import session


@pytest.mark.slow
def test_three_hundred_requests_of_every_kind_change_nothing_and_learn_nothing(tmp_path):
    study = small_study(tmp_path, arms=3, scenes=8)
    figures = fuzz(study, tmp_path, tmp_path / "votes.sqlite", requests=300, seed=1)
    assert set(figures["kinds"]) == {*MISCHIEF, "honest"} and figures["kinds"]["honest"] > 5
    assert set(figures["statuses"]) <= {200, 400, 401, 403, 404, 405, 409, 413, 415}


@pytest.mark.slow
def test_a_server_that_takes_another_raters_trial_is_found_out(tmp_path, monkeypatch):
    whose = "SELECT * FROM trials WHERE trial = ?"

    def careless(db, terms, number, body, now):
        row = db.execute(whose, (body.trial,)).fetchone()
        if row is not None:
            number = row["rater"]
        kept(db, terms, number, body, now)

    kept = session.vote
    monkeypatch.setattr(session, "vote", careless)
    monkeypatch.setattr(fuzzing, "MISCHIEF", {"another rater's trial": MISCHIEF["another rater's trial"]})
    with pytest.raises(Broken, match=r"another rater's trial: .* changed the store"):
        fuzz(small_study(tmp_path), tmp_path, tmp_path / "votes.sqlite", requests=100)


@pytest.mark.slow
def test_a_server_that_tells_a_check_is_found_out(tmp_path, monkeypatch):
    shown = session._shown
    monkeypatch.setattr(session, "_shown", lambda terms, row: {**shown(terms, row), "kind": row["kind"]})
    with pytest.raises(Broken, match=r"""holds b'"(main|gold|trap|repeat)"'"""):
        fuzz(small_study(tmp_path, training=0), tmp_path, tmp_path / "votes.sqlite", requests=200)
