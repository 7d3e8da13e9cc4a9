import json
from typing import Any

import pytest
from fixtures.handed_in import file_of, hand_in, repeated_study

from attiqa_core.errors import InputError
from experiments.study.results import strangers_json
from experiments.study.results.handed_in import find_results, read_handed_in


def one(trial: Any = "l0m0", **changes):
    return {"votes": [{"trial": trial, "choice": "left", "ms": 1200, **changes}]}


BROKEN = {
    "not JSON": "{",
    "not UTF-8": b'{"format": "\xff"}',
    "nested too deeply": "[" * 100_000,
    "nested too deeply in a vote": '{"format": "attiqa-study-votes", "votes": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "a list": "[]",
    "another file": {"format": "recipe"},
    "a later version": {"version": 3},
    "a version that is true": {"version": True},
    "another study": {"study": "0123456789ab"},
    "another protocol": {"protocol_sha256": "f" * 64},
    "no protocol": {"protocol_sha256": ""},
    "no list": {"list": ""},
    "a list that the study has not": {"list": "code9"},
    "a list that is a list": {"list": []},
    "no rater": {"rater": "  \u200b"},
    "a rater who is a number": {"rater": 7},
    "a name of a megabyte": {"rater": "a" * 2**20},
    "no votes": {"votes": []},
    "votes that are a number": {"votes": 3},
    "a vote that is a number": {"votes": [3]},
    "a trial that the list has not": one("l1m0"),
    "a trial that is a list": one([]),
    "a trial twice": {"votes": one()["votes"] * 2},
    "an unknown answer": one(choice="a"),
    "an answer that is a list": one(choice=[]),
    "no time": {"votes": [{"trial": "l0m0", "choice": "left"}]},
    "a time that is NaN": one(ms=float("nan")),
    "a time without end": one(ms=float("inf")),
    "a time that is true": one(ms=True),
    "a time before the pair": one(ms=-1),
    "a time of 400 digits": one(ms=10**400),
    "a time of a month": one(ms=30 * 24 * 3600 * 1000),
    "a time of 5,000 digits": json.dumps(one()).replace("1200", "1" * 5000),
    "half a surrogate pair for a name": json.dumps({"rater": "\ud800"}),
    "a rater who did not agree": {"consent": {"version": "1", "agreed": False}},
    "only skipped pairs": one(choice="skipped", ms=0),
}  # fmt: skip


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_broken_is_an_input_error_of_one_line_that_names_the_file(tmp_path, content):
    study = repeated_study(tmp_path)
    path = hand_in(tmp_path, {**file_of(study), **content} if isinstance(content, dict) else content, "odd.json")
    with pytest.raises(InputError, match=r"odd\.json: ") as raised:
        read_handed_in(path, study)
    message = str(raised.value)
    assert len(message) < 500 + len(str(path)) and "\n" not in message and message.isprintable()


@pytest.mark.parametrize("key", ["rater", "finished", "list"])
def test_half_a_surrogate_pair_anywhere_is_refused(tmp_path, key):
    study = repeated_study(tmp_path)
    for changes in ({key: "\ud800"}, {"device": {"\udfff": 1}}, {"anything": ["\udc80"]}):
        with pytest.raises(InputError, match=r"odd\.json: "):
            read_handed_in(hand_in(tmp_path, {**file_of(study), **changes}, "odd.json"), study)


def test_a_key_that_is_there_twice_is_refused(tmp_path):
    study = repeated_study(tmp_path)
    text = json.dumps(file_of(study)).replace('"rater": "anna"', '"rater": "anna", "rater": "ben"')
    with pytest.raises(InputError, match="twice"):
        read_handed_in(hand_in(tmp_path, text), study)


def test_a_file_too_large_for_any_page_is_not_even_read(tmp_path, monkeypatch):
    study = repeated_study(tmp_path)
    path = hand_in(tmp_path, file_of(study))
    monkeypatch.setattr(strangers_json, "LARGEST_BYTES", 100)
    with pytest.raises(InputError, match="larger than"):
        read_handed_in(path, study)


def test_a_byte_order_mark_is_passed_over(tmp_path):
    study = repeated_study(tmp_path)
    path = hand_in(tmp_path, b"\xef\xbb\xbf" + json.dumps(file_of(study)).encode())
    assert read_handed_in(path, study).rater.rater == "anna"


def test_answers_come_in_order_with_what_the_page_measured(tmp_path):
    study = repeated_study(tmp_path)
    content = file_of(study, consent={"version": "2", "agreed": True, "at": "2026-11-28T02:00:00Z"}, language="de", finished="2026-11-28T03:00:00Z",
                      device={"window_width": 1920, "touch": False, "agent": "a stranger's text"})  # fmt: skip
    content["votes"][1] |= {"choice": "skipped", "ms": 0}
    content["votes"][2] |= {"zoomed": True, "revision": 1, "away_ms": 500, "ms": 2500}
    handed_in = read_handed_in(hand_in(tmp_path, content), study)
    assert [vote.position for vote in handed_in.votes] == list(range(1, 19))
    assert len(handed_in.answered) == 17
    third = handed_in.votes[2]
    assert (third.seconds, third.away_s, third.zoomed, third.revised) == (2.5, 0.5, True, True)
    rater = handed_in.rater
    assert (rater.status, rater.language, rater.consent, rater.finished) == (
        "complete",
        "de",
        "2",
        "2026-11-28T03:00:00Z",
    )
    assert rater.device == {"window_width": 1920, "touch": False}  # no free text


def test_an_answer_taken_back_counts_as_it_was_given_last(tmp_path):
    study = repeated_study(tmp_path)
    content = file_of(study)
    content["votes"].insert(3, {**content["votes"][1], "choice": "tie", "ms": 300, "revision": 1})
    votes = read_handed_in(hand_in(tmp_path, content), study).votes
    assert len(votes) == 18 and (votes[1].choice, votes[1].revised, votes[1].position) == ("tie", True, 2)


def test_a_rater_is_called_by_the_list_where_there_are_several_whatever_name_they_give(tmp_path):
    study = repeated_study(tmp_path, lists=3)
    handed_in = read_handed_in(hand_in(tmp_path, file_of(study, number=1, rater="=Anna")), study)
    assert handed_in.rater.rater == "rater-02"
    with pytest.raises(InputError, match="not in its list"):
        read_handed_in(hand_in(tmp_path, file_of(study, number=1, list="code0")), study)


def test_a_file_of_version_1_without_a_list_is_read_where_there_is_but_one(tmp_path):
    old = {"version": 1, "list": None, "protocol_sha256": None}
    study = repeated_study(tmp_path / "one")
    content = {key: value for key, value in (file_of(study) | old).items() if value is not None}
    assert read_handed_in(hand_in(tmp_path, content), study).rater.rater == "anna"
    several = repeated_study(tmp_path / "three", lists=3)
    content = {key: value for key, value in (file_of(several) | old).items() if value is not None}
    with pytest.raises(InputError, match="names no list"):
        read_handed_in(hand_in(tmp_path, content), several)


def test_answers_that_the_page_did_not_offer_are_refused(tmp_path):
    study = repeated_study(tmp_path, question={"answers": "two"})
    with pytest.raises(InputError, match="tie"):
        read_handed_in(hand_in(tmp_path, file_of(study, lambda trial: "tie")), study)
    five = repeated_study(tmp_path / "five", question={"answers": "five"})
    handed_in = read_handed_in(hand_in(tmp_path, file_of(five, lambda trial: "slightly-left")), five)
    assert {vote.left_score for vote in handed_in.votes} == {0.75}


def test_results_are_files_or_folders_of_them(tmp_path):
    study = repeated_study(tmp_path)
    paths = [hand_in(tmp_path, file_of(study), name) for name in ("b.json", "a.json")]
    assert find_results([tmp_path / "results"]) == sorted(paths) and find_results(paths * 2) == paths
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no \.json files"):
        find_results([tmp_path / "empty"])
