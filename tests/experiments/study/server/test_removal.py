"""A rater who is removed is gone: from what is analysed, from what is counted, and from the bytes of the files."""

import pytest
from fixtures.served import served

from attiqa_core.errors import InputError
from experiments.study.server.assigning import ledger_of
from experiments.study.server.removal import Removed, remove
from experiments.study.server.store import Store

IDS = {"pid": "participant-5f3a0b77", "study": "study-91", "session": "session-44"}


def bytes_of(desk) -> bytes:
    return b"".join(path.read_bytes() for path in desk.store.path.parent.glob("votes.sqlite*"))


def test_not_a_byte_of_a_removed_rater_is_left_in_the_files(tmp_path):
    desk = served(tmp_path)
    desk.begin()
    token, state = desk.begin(prolific=IDS, device={"window_width": 1777.25})
    desk.answer(token, state)
    trials = [row["trial"].encode() for row in desk.rows("SELECT trial FROM trials WHERE rater = 2")]
    traces = [*(word.encode() for word in IDS.values()), b"1777.25", *trials]
    assert all(trace in bytes_of(desk) for trace in traces)
    assert remove(desk.store, ("rater-002",)) == [Removed("rater-002", len(trials), len(trials), True)]
    assert not any(trace in bytes_of(desk) for trace in traces)
    assert desk.step("finish", token, status=401)["error"] == "token"
    assert [rater.rater for rater in desk.store.collected(desk.study)[1]] == ["rater-001"]


def test_what_the_removed_answered_is_asked_of_others_and_their_name_is_not_given_again(tmp_path):
    desk = served(tmp_path, session={"votes_per_pair": 1})
    token, state = desk.begin()
    desk.answer(token, state)
    remove(desk.store, (f"https://study.example.org/#{token}",))
    with desk.store.reading() as db:
        assert all(tally.votes == 0 for tally in ledger_of(db, desk.terms, desk.times[0]).tallies.values())
    token, state = desk.begin()
    desk.answer(token, state)
    assert {vote.rater for vote in desk.store.collected(desk.study)[0]} == {"rater-002"}


def test_a_rater_is_removed_while_the_study_is_served(tmp_path):
    desk = served(tmp_path)
    (one, state), (two, theirs) = desk.begin(), desk.begin()
    desk.answer(one, state, 3)
    elsewhere = Store(desk.store.path)
    remove(elsewhere, ("rater-001",))
    elsewhere.close()
    desk.step("consent", one, status=401)
    assert desk.answer(two, theirs, 1)["previous"] is not None


def test_all_that_are_named_are_removed_or_none(tmp_path):
    desk = served(tmp_path)
    token = desk.begin()[0]
    desk.begin(prolific=IDS)
    with pytest.raises(InputError, match=r"votes\.sqlite: has no rater rater-009; give a name such as rater-001"):
        remove(desk.store, ("rater-001", "rater-009"))
    assert len(desk.rows("SELECT * FROM raters")) == 2
    assert [each.rater for each in remove(desk.store, (token, IDS["pid"], "rater-001"))] == ["rater-001", "rater-002"]
