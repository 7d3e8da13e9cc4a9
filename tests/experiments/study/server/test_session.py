"""A rater's way: every step once, whatever comes twice, late, from another window or not at all."""

import pytest
from fixtures.served import right, served, wrong

pytestmark = pytest.mark.slow

PROLIFIC = {"completed": "DONE1", "screened_out": "OUT22", "failed_checks": "FAIL3", "no_consent": "NOCON"}
IDS = {"pid": "5f3a", "study": "s1", "session": "x1"}


def test_a_rater_answers_everything_and_the_store_has_it_in_order(tmp_path):
    desk = served(tmp_path, arms=3)
    token, state = desk.begin()
    assert (state["stage"], state["done"], state["total"]) == ("training", 0, 2)
    state = desk.answer(token, state, 2)
    assert (state["stage"], state["done"]) == ("trials", 0)
    state = desk.answer(token, state)
    assert state["done"] == state["total"] == 12 + 2 + 1 + 1 and state["next"] == []
    assert desk.step("finish", token)["state"]["stage"] == "complete"
    votes, (rater,) = desk.store.collected(desk.study)
    assert [vote.position for vote in votes] == list(range(1, 19)) and {vote.seconds for vote in votes} == {1.5}
    assert (rater.rater, rater.status, rater.consent) == ("rater-001", "complete", "1")
    assert rater.started == "2023-11-14T22:13:20Z" and rater.device["screen_width"] == 1920


def test_the_page_is_told_three_trials_ahead_and_only_a_trap_has_words(tmp_path):
    desk = served(tmp_path, session={"traps": 4})
    token, state = desk.begin()
    while state["next"]:
        assert len(state["next"]) <= 3
        shown = state["next"][0]
        row = desk.row(shown["trial"])
        assert set(shown) == {"trial", "training", "width", "height", "instruct"}
        assert shown["instruct"] == (row["expected"] if row["kind"] == "trap" else None)
        state = desk.vote(token, shown["trial"])["state"]


def test_the_same_vote_again_is_acknowledged_and_changes_nothing(tmp_path):
    desk = served(tmp_path)
    token, state = desk.begin()
    trial = state["next"][0]["trial"]
    state = desk.answer(token, desk.vote(token, trial)["state"], 1)
    before = [tuple(row) for row in desk.rows("SELECT * FROM votes")]
    assert desk.vote(token, trial, ms=99)["state"] == state
    assert [tuple(row) for row in desk.rows("SELECT * FROM votes")] == before and len(before) == 2


def test_another_answer_under_the_same_revision_is_refused_with_the_state(tmp_path):
    desk = served(tmp_path)
    token, state = desk.begin()
    trial = state["next"][0]
    desk.vote(token, trial["trial"], "left")
    refused = desk.vote(token, trial["trial"], "right", status=409)
    assert refused["error"] == "answered"
    assert refused["state"]["previous"] == {**trial, "revision": 0, "choice": "left"}
    assert [row["choice"] for row in desk.rows("SELECT * FROM votes")] == ["left"]


def test_only_the_last_answer_can_be_taken_back_one_revision_at_a_time(tmp_path):
    desk = served(tmp_path)
    token, state = desk.begin()
    one = state["next"][0]["trial"]
    state = desk.answer(token, state, 1)
    desk.vote(token, one, "right", revision=2, status=409)
    state = desk.vote(token, one, "right", revision=1)["state"]
    assert state["undo"] == one and state["previous"]["revision"] == 1
    desk.answer(token, state, 1)
    assert desk.vote(token, one, "left", revision=2, status=409)["error"] == "order"
    vote = desk.store.collected(desk.study)[0][0]
    assert (vote.trial.trial, vote.choice, vote.revised) == (one, "right", True)


def test_two_windows_of_one_rater_lose_no_vote(tmp_path):
    """Row 10 of studies.md: the last writer won."""
    desk = served(tmp_path)
    token, here = desk.begin()
    there, taken = here, {}
    while here["next"]:
        trial = here["next"][0]["trial"]
        here = desk.vote(token, trial, "left")["state"]
        taken[trial] = "left"
        late = desk.vote(token, there["next"][0]["trial"], "right", status=409)  # the other window shows it still
        there = late["state"]
        assert there == here == desk.step("join", None, {"token": token})["state"]
        if there["next"]:
            trial = there["next"][0]["trial"]
            there = here = desk.vote(token, trial, "right")["state"]
            taken[trial] = "right"
    assert {vote.trial.trial: vote.choice for vote in desk.store.collected(desk.study)[0]} == taken


def test_nothing_is_answered_before_consent_and_a_look_at_the_screen(tmp_path):
    desk = served(tmp_path)
    token = desk.join()
    assert desk.vote(token, "0" * 16, status=403)["error"] == "not-yours"
    state = desk.step("consent", token, {"version": "1", "language": "en", "agreed": True})["state"]
    assert state["device"] is False
    assert desk.vote(token, state["next"][0]["trial"], status=409)["error"] == "device"
    assert desk.step("finish", token, status=409)["error"] == "unanswered"


def test_consent_is_to_the_version_that_is_served_and_who_declines_is_out(tmp_path):
    desk = served(tmp_path, consent={"version": "7"}, prolific=PROLIFIC)
    token = desk.join(prolific=IDS)
    said = {"version": "6", "language": "de", "agreed": True}
    assert desk.step("consent", token, said, status=409)["error"] == "consent"
    state = desk.step("consent", token, {**said, "version": "7", "agreed": False})["state"]
    assert (state["stage"], state["reason"]) == ("withdrawn", "no-consent") and state["return_url"].endswith("cc=NOCON")
    assert desk.rows("SELECT * FROM trials") == []


@pytest.mark.parametrize(("answers", "choice", "status"), [
    ("two", "tie", 400), ("tie", "tie", 200), ("two", "slightly-left", 400), ("five", "slightly-left", 200),
    ("two", "skipped", 200), ("two", "LEFT", 400),
])  # fmt: skip
def test_an_answer_is_one_of_those_that_the_study_asks_for(tmp_path, answers, choice, status):
    desk = served(tmp_path, question={"answers": answers})
    token, state = desk.begin()
    desk.vote(token, state["next"][0]["trial"], choice, status=status)
    assert len(desk.rows("SELECT * FROM votes")) == (status == 200)


def test_who_withdraws_leaves_no_answer_and_cannot_go_on(tmp_path):
    desk = served(tmp_path, prolific=PROLIFIC)
    token, state = desk.begin(prolific=IDS)
    trial = state["next"][0]["trial"]
    desk.answer(token, state, 5)
    state = desk.step("withdraw", token)["state"]
    assert state["stage"] == "withdrawn" and state["next"] == [] and state["return_url"].endswith("cc=NOCON")
    desk.vote(token, trial, status=403)
    assert desk.begin(token=token)[1]["stage"] == "withdrawn"
    votes, (rater,) = desk.store.collected(desk.study)
    assert votes == [] and (rater.status, dict(rater.device)) == ("withdrawn", {})


@pytest.mark.parametrize(("rules", "how", "code"), [
    ({}, wrong, "DONE1"), ({"min_gold": 1.0}, right, "DONE1"), ({"min_gold": 1.0}, wrong, "FAIL3"),
    ({"min_traps": 0.5}, wrong, "FAIL3"), ({"min_gold": 0.0}, wrong, "DONE1"),
])  # fmt: skip
def test_failed_checks_are_told_at_the_end_by_their_code(tmp_path, rules, how, code):
    desk = served(tmp_path, exclusion=rules, prolific=PROLIFIC)
    token, state = desk.begin(prolific=IDS)
    assert desk.answer(token, state, how=how)["stage"] == "trials"
    state = desk.step("finish", token)["state"]
    assert state["stage"] == {"DONE1": "complete", "FAIL3": "failed-checks"}[code]
    assert state["return_url"] == f"https://app.prolific.com/submissions/complete?cc={code}"
    assert desk.step("finish", token)["state"] == state


def test_failed_checks_end_a_session_midway_only_when_they_cannot_be_passed_any_more(tmp_path):
    desk = served(tmp_path, check_midway=True, exclusion={"min_gold": 1.0})
    token, state = desk.begin()
    while state["stage"] != "failed-checks":
        trial = state["next"][0]["trial"]
        row = desk.row(trial)
        state = desk.vote(token, trial, wrong(row))["state"]
    assert row["kind"] == "gold" and state["next"] == []
    assert len(desk.rows("SELECT * FROM votes AS v JOIN trials AS t USING (trial) WHERE kind = 'gold'")) == 1
    assert desk.vote(token, trial, wrong(row))["state"] == state  # the same once more is acknowledged still


@pytest.mark.parametrize(("screen", "wanted", "stage", "reason"), [
    ({}, {}, "training", None),
    ({"screen_width": 1024, "window_width": 1024}, {}, "screened-out", "screen"),
    ({"screen_width": 390, "window_width": 390, "touch": True}, {}, "screened-out", "phone"),
    ({"screen_width": 390, "window_width": 390, "touch": True}, {"phones": True}, "training", None),
    ({"window_width": 900}, {}, "training", "window"),
    ({}, {"full_screen": True}, "training", "full-screen"),
    ({}, {"calibration": True}, "training", "calibration"),
    ({"px_per_mm": 3.8, "distance_mm": 600}, {"calibration": True}, "training", None),
    ({"plates": [True, False]}, {"colour_plates": True}, "screened-out", "colour-plates"),
    ({"plates": [True, True]}, {"colour_plates": True}, "training", None),
    ({}, {"colour_plates": True}, "training", "plates-missing"),
])  # fmt: skip
def test_a_screen_that_cannot_do_is_out_and_what_can_be_mended_is_said(tmp_path, screen, wanted, stage, reason):
    """Row 9 of studies.md: phones were not blocked."""
    state = served(tmp_path, device=wanted).begin(device=screen)[1]
    assert (state["stage"], state["reason"]) == (stage, reason) and bool(state["next"]) == (stage == "training")


def test_a_window_that_was_enlarged_is_no_reason_any_more_and_a_small_screen_later_ends_nothing(tmp_path):
    desk = served(tmp_path)
    token, state = desk.begin(device={"window_width": 900})
    state = desk.begin(token=token)[1]
    assert (state["stage"], state["reason"]) == ("training", None)
    desk.answer(token, state, 1)
    state = desk.begin(token=token, device={"screen_width": 800, "window_width": 800})[1]
    assert (state["stage"], state["reason"]) == ("training", "window")


def test_who_comes_when_all_pairs_have_their_votes_is_told_so(tmp_path):
    desk = served(tmp_path, session={"votes_per_pair": 1}, prolific=PROLIFIC)
    desk.begin()
    state = desk.begin(prolific=IDS)[1]
    assert (state["stage"], state["total"]) == ("nothing-left", 0) and state["return_url"].endswith("cc=OUT22")


def test_only_raters_of_prolific_are_sent_back_there(tmp_path):
    desk = served(tmp_path, prolific=PROLIFIC)
    token, state = desk.begin()
    desk.answer(token, state)
    assert desk.step("finish", token)["state"]["return_url"] is None


def test_how_often_the_full_screen_was_left_is_kept_through_reloads_and_other_windows(tmp_path):
    desk = served(tmp_path, device={"full_screen": True})
    token, state = desk.begin(device={"full_screen": True, "colour_depth": 24})
    for told in (0, 2, 1):
        state = desk.vote(token, state["next"][0]["trial"], full_screen_left=told)["state"]
    desk.begin(token=token, device={"full_screen": True})
    _, (rater,) = desk.store.collected(desk.study)
    assert (rater.device["full_screen_left"], rater.device["colour_depth"]) == (2, 24)
