"""The file: durable, the study's own, and nothing else taken for it."""

import random
import shutil
import sqlite3

import pytest
from fixtures.served import served
from fixtures.studies import small_study

from attiqa_core.errors import InputError
from experiments.study.results.collect import Collected, from_store
from experiments.study.server.store import Store

pytestmark = pytest.mark.slow


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
    with pytest.raises(InputError, match="has version 9, this program reads 2"):
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


def test_a_bit_that_flips_anywhere_in_the_file_is_said_or_changes_nothing(tmp_path):
    desk = served(tmp_path)
    desk.answer(*desk.begin())
    path, study, before = desk.store.path, desk.study, desk.store.collected(desk.study)
    desk.store.close()
    whole, rng, said = path.read_bytes(), random.Random(2), []
    for _ in range(60):
        at = rng.randrange(len(whole))
        copy = tmp_path / "copy.sqlite"
        copy.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :])
        try:
            assert from_store(copy, study) == Collected(tuple(before[0]), tuple(before[1]), ())
        except InputError as error:
            said.append(str(error))
    assert said


@pytest.mark.parametrize("change", [
    "UPDATE votes SET seal = 1 WHERE trial = (SELECT min(trial) FROM votes)", "UPDATE raters SET seal = NULL",
    "UPDATE trials SET seal = seal + 1", "DELETE FROM votes WHERE trial = (SELECT min(trial) FROM votes)",
    "UPDATE trials SET revision = 3 WHERE revision = 0",
])  # fmt: skip
def test_a_row_that_is_not_as_it_was_written_stops_the_analysis_and_the_server(tmp_path, change):
    desk = served(tmp_path)
    token, state = desk.begin()
    desk.answer(token, state, 3)
    with desk.store.transaction() as db:
        db.execute(change)
    for reading in (lambda: desk.store.collected(desk.study), lambda: Store.of(desk.store.path, desk.study)):
        with pytest.raises(InputError, match=r"votes\.sqlite: is damaged \(.*\); take a copy of it from before"):
            reading()


@pytest.mark.parametrize("mishap", ["deleted", "replaced", "log deleted"])
def test_no_vote_is_acknowledged_into_a_file_that_is_gone(tmp_path, mishap):
    desk = served(tmp_path)
    token, state = desk.begin()
    path = desk.store.path
    if mishap == "replaced":
        shutil.copy(path, path.with_name("copy"))
        path.with_name("copy").replace(path)
    else:
        path.with_name(path.name + ("-wal" if mishap == "log deleted" else "")).unlink()
    answer = desk.vote(token, state["next"][0]["trial"], status=503)
    assert answer["error"] == "disk"
    with pytest.raises(InputError, match="was moved, replaced or deleted while it was in use; put the file back"):
        desk.store.collected(desk.study)
