"""Who is who: one token for each rater, one rater for each participant, and no more of them than there are places."""

import re

from fixtures.served import served

from experiments.study.server.raters import JOINS_PER_PLACE, Places

IDS = {"pid": "5f3a0b", "study": "s1", "session": "x1"}


def test_an_unknown_token_is_refused_with_the_same_words_whatever_it_looks_like(tmp_path):
    desk = served(tmp_path)
    answers = [desk.step("join", None, {"token": token}, 403) for token in ("", "a" * 24, "a" * 64, "\u200b", "Ж")]
    assert all(answer == answers[0] for answer in answers) and answers[0]["error"] == "token"
    assert desk.step("join", None, {"token": "a" * 65}, 400)["error"] == "malformed"


def test_a_token_cannot_be_guessed_and_is_nowhere_in_the_file(tmp_path):
    """Row 8 of studies.md: anyone could hand in any number of files under new names."""
    desk = served(tmp_path)
    tokens = [desk.join() for _ in range(3)]
    assert len(set(tokens)) == 3 and all(re.fullmatch(r"[\w-]{24}", token) for token in tokens)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "private").glob("votes.sqlite*"))
    assert not any(token.encode() in kept for token in tokens) and b"CREATE TABLE raters" in kept


def test_a_participant_of_prolific_is_the_same_rater_again_from_another_browser_too(tmp_path):
    desk = served(tmp_path)
    token, state = desk.begin(prolific=IDS)
    desk.answer(token, state, 3)
    again = desk.join(prolific={**IDS, "session": "x2"})
    there, here = (desk.step("join", None, {"token": each})["state"] for each in (again, token))
    assert there == here and there["done"] == 1
    assert len(desk.rows("SELECT * FROM raters")) == 1
    assert desk.join(prolific={**IDS, "pid": "5f3a0c"}) and len(desk.rows("SELECT * FROM raters")) == 2


def test_identifiers_of_prolific_are_in_their_own_table_and_in_nothing_that_is_analysed(tmp_path):
    desk = served(tmp_path)
    token, state = desk.begin(prolific=IDS)
    desk.answer(token, state)
    assert IDS["pid"] not in repr(desk.store.collected(desk.study))
    assert [tuple(row) for row in desk.rows("SELECT * FROM prolific")] == [("5f3a0b", "s1", "x1", 1)]


def test_places_are_kept_by_who_is_here_or_finished_and_freed_by_who_is_out(tmp_path):
    desk = served(tmp_path, places=Places(open=2))
    one, state = desk.begin()
    desk.begin(device={"screen_width": 100})
    two, _ = desk.begin()
    assert desk.step("join", None, {}, 409)["error"] == "full"
    assert desk.step("join", None, {"token": two})["state"]["stage"] == "training"
    desk.answer(one, state)
    desk.step("finish", one)
    desk.wait(61)  # the second gave no sign of life
    desk.join()
    assert desk.step("join", None, {}, 409)["error"] == "full"


def test_a_flood_of_raters_who_leave_at_once_ends(tmp_path):
    desk = served(tmp_path, places=Places(open=1))
    for _ in range(JOINS_PER_PLACE):
        desk.join()
        desk.wait(61)
    assert desk.step("join", None, {}, 409)["error"] == "full"


def test_where_nobody_may_come_without_an_invitation_nobody_does(tmp_path):
    desk = served(tmp_path, places=Places())
    for how in ({}, {"prolific": IDS}):
        assert desk.step("join", None, how, 403)["error"] == "invitation"
    assert desk.step("join", None, {"token": "x", "prolific": IDS}, 400) and desk.rows("SELECT * FROM raters") == []
