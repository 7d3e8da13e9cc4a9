"""The file: durable, the study's own, and nothing else taken for it."""

import sqlite3

import pytest
from fixtures.served import served
from fixtures.studies import small_study

from attiqa_core.errors import InputError
from experiments.study.server.store import Store


def test_a_commit_is_on_the_disk_before_it_is_acknowledged_and_what_is_deleted_is_overwritten(tmp_path):
    store = Store.of(tmp_path / "votes.sqlite", small_study(tmp_path))
    with store.reading() as db:
        said = [
            db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        ]
    assert said == ["wal", 2, 1, 1]


def test_a_store_is_opened_again_with_all_that_was_in_it(tmp_path):
    desk = served(tmp_path)
    token, state = desk.begin()
    desk.answer(token, state, 5)
    before = desk.store.collected(desk.study)
    again = Store.of(desk.store.path, desk.study)
    assert again.collected(desk.study) == before and len(before[0]) == 5
    assert again.meta("experimenter") == desk.store.meta("experimenter")


def test_votes_on_another_study_or_protocol_are_not_mixed(tmp_path):
    Store.of(tmp_path / "votes.sqlite", small_study(tmp_path / "one"))
    for other in ({"arms": 3}, {"exclusion": {"min_gold": 0.5}}):
        with pytest.raises(InputError, match=r"votes\.sqlite: holds the votes of another study; name another file"):
            Store.of(tmp_path / "votes.sqlite", small_study(tmp_path / "two", **other))


def test_what_is_no_store_is_said_to_be_none_and_left_alone(tmp_path):
    study = small_study(tmp_path)
    text, other = tmp_path / "text.sqlite", tmp_path / "other.sqlite"
    text.write_text("not a database at all, but long enough to be looked at as one" * 20)
    sqlite3.connect(other).execute("CREATE TABLE mine (a)").connection.close()
    before = text.read_bytes(), other.read_bytes()
    with pytest.raises(InputError, match=r"text\.sqlite: cannot be read as a store of votes"):
        Store.of(text, study)
    with pytest.raises(InputError, match=r"other\.sqlite: is another program's database"):
        Store.of(other, study)
    with pytest.raises(InputError, match=r"gone\.sqlite: no such store of votes; `attiqa study serve` makes it"):
        Store(tmp_path / "gone.sqlite")
    assert (text.read_bytes(), other.read_bytes()) == before


def test_a_store_of_a_later_version_is_not_touched(tmp_path):
    desk = served(tmp_path)
    with desk.store.transaction() as db:
        db.execute("PRAGMA user_version = 9")
    with pytest.raises(InputError, match="has version 9, this program reads 1"):
        Store(desk.store.path)


def test_a_file_that_a_crash_left_empty_becomes_a_store(tmp_path):
    (tmp_path / "votes.sqlite").touch()
    study = small_study(tmp_path)
    assert Store.of(tmp_path / "votes.sqlite", study).collected(study) == ([], [])


def test_a_transaction_that_fails_leaves_nothing(tmp_path):
    desk = served(tmp_path)
    with pytest.raises(ZeroDivisionError), desk.store.transaction() as db:
        db.execute("INSERT INTO raters (source, seen) VALUES ('open', 0)")
        1 / 0  # noqa: B018
    assert desk.rows("SELECT * FROM raters") == [] and desk.join()


def test_who_answered_all_and_did_not_wait_for_the_last_word_is_complete(tmp_path):
    desk = served(tmp_path)
    desk.join()
    token, state = desk.begin()
    desk.answer(token, state)
    assert [rater.status for rater in desk.store.collected(desk.study)[1]] == ["complete"]


def test_answers_are_said_to_be_kept_too_long_once_their_days_are_over(tmp_path):
    desk = served(tmp_path)
    desk.begin()
    day = 86_400
    assert desk.store.kept_longer_than(30, desk.times[0] + 29 * day) == []
    assert desk.store.kept_longer_than(30, desk.times[0] + 31 * day) == ["rater-001"]
