import os

import pytest
from fixtures.handed_in import file_of, hand_in, repeated_study

from attiqa_core.errors import InputError
from experiments.study.folder import STORE_FILE
from experiments.study.results.collect import Collected, collect, from_store
from experiments.study.server.store import Store


def test_one_broken_file_of_each_kind_never_stops_the_rest(tmp_path):
    study = repeated_study(tmp_path)
    hand_in(tmp_path, file_of(study), "good.json")
    hand_in(tmp_path, {**file_of(study), "votes": [{"trial": "l0m0", "choice": "left", "ms": 10**400}]}, "digits.json")
    hand_in(tmp_path, {**file_of(study), "rater": "\ud800"}, "surrogate.json")
    hand_in(tmp_path, "[" * 100_000, "deep.json")
    (tmp_path / "results" / "folder.json").mkdir()
    os.mkfifo(tmp_path / "results" / "pipe.json")
    (tmp_path / "results" / "loop.json").symlink_to("loop.json")
    (tmp_path / "results" / "zero.json").symlink_to("/dev/zero")
    collected = collect(tmp_path, [tmp_path / "results", tmp_path / "absent.json"])
    assert [rater.rater for rater in collected.raters] == ["anna"] and len(collected.votes) == 18
    assert sorted(complaint.split(":")[0].rpartition("/")[2] for complaint in collected.complaints) == [
        "absent.json", "deep.json", "digits.json", "folder.json", "loop.json", "pipe.json", "surrogate.json",
        "zero.json",
    ]  # fmt: skip


def test_a_rater_counts_once_by_the_fuller_file_however_the_name_is_written(tmp_path):
    study = repeated_study(tmp_path)
    whole = file_of(study, rater="Anna")
    paths = [
        hand_in(tmp_path, {**whole, "votes": whole["votes"][:5]}, "early.json"),
        hand_in(tmp_path, {**whole, "rater": "an\u200bna "}, "late.json"),
    ]
    for order in (paths, paths[::-1]):
        collected = collect(tmp_path, order)
        assert len(collected.votes) == 18 and len(collected.raters) == 1
        (complaint,) = collected.complaints
        assert "early.json: rater" in complaint and "late.json, with 18 answers to 5" in complaint


def test_one_list_is_one_rater_whatever_names_are_given(tmp_path):
    study = repeated_study(tmp_path, lists=2)
    hand_in(tmp_path, file_of(study, number=0, rater="anna"), "1.json")
    hand_in(tmp_path, file_of(study, number=0, rater="ben"), "2.json")
    hand_in(tmp_path, file_of(study, number=1, rater="anna"), "3.json")
    collected = collect(tmp_path, [tmp_path / "results"])
    assert [rater.rater for rater in collected.raters] == ["rater-01", "rater-02"]
    assert len(collected.complaints) == 1 and "2.json: rater 'rater-01'" in collected.complaints[0]


def test_a_copy_under_another_name_is_noticed_and_the_first_that_was_finished_stays(tmp_path):
    study = repeated_study(tmp_path)
    original = file_of(study, rater="anna", finished="2026-11-28T03:00:00Z")
    copied = {**original, "rater": "ben", "finished": "2026-11-28T04:00:00Z"}
    hand_in(tmp_path, copied, "1.json")
    hand_in(tmp_path, original, "2.json")
    hand_in(tmp_path, file_of(study, rater="cora"), "3.json")
    collected = collect(tmp_path, [tmp_path / "results"])
    assert [rater.rater for rater in collected.raters] == ["anna", "cora"]
    assert len(collected.complaints) == 1 and "1.json: has the answers and times of" in collected.complaints[0]


def test_a_copy_with_some_answers_changed_is_noticed_too(tmp_path):
    study = repeated_study(tmp_path)
    original = file_of(study, rater="anna")
    changed = [*original["votes"][:12], *({**vote, "ms": vote["ms"] + 7} for vote in original["votes"][12:])]
    hand_in(tmp_path, original, "1.json")
    hand_in(tmp_path, {**original, "rater": "ben", "votes": changed}, "2.json")
    assert len(collect(tmp_path, [tmp_path / "results"]).raters) == 1


def test_people_of_one_mind_are_not_copies_of_each_other(tmp_path):
    study = repeated_study(tmp_path)
    for rater in ("anna", "ben", "cora"):
        hand_in(tmp_path, file_of(study, rater=rater), f"{rater}.json")
    collected = collect(tmp_path, [tmp_path / "results"])
    assert len(collected.raters) == 3 and not collected.complaints


def test_without_files_the_votes_are_those_that_the_server_took(tmp_path):
    study = repeated_study(tmp_path)
    Store.of(tmp_path / STORE_FILE, study).close()
    assert collect(tmp_path, []) == Collected((), (), ())
    other = repeated_study(tmp_path / "other", scenes=8)
    with pytest.raises(InputError, match="another study"):
        from_store(tmp_path / STORE_FILE, other)


def test_without_files_and_without_a_store_it_is_an_input_error(tmp_path):
    repeated_study(tmp_path)
    with pytest.raises(InputError, match=r"votes\.sqlite"):
        collect(tmp_path, [])
    with pytest.raises(InputError, match=r"key\.json"):
        collect(tmp_path / "absent", [])
