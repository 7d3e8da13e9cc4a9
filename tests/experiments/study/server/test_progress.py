"""What the experimenter sees: how many, how evenly, how well, and who wins only if asked."""

import json

from fixtures.served import served, wrong


def told(desk, query=b""):
    answer = desk.ask("GET", "/api/progress", desk.store.meta("experimenter"), query=query)
    assert answer.status == 200
    return json.loads(answer.body)


def test_progress_counts_raters_votes_sides_and_checks(tmp_path):
    desk = served(tmp_path, session={"votes_per_pair": 2})
    token, state = desk.begin()
    desk.answer(token, state, how=wrong)
    desk.step("finish", token)
    desk.answer(*desk.begin(), most=2)
    desk.join()
    said = told(desk)
    assert said["raters"] == {"complete": 1, "started": 1, "invited": 1}
    assert (said["votes"], said["wanted"], said["reserved"], said["votes_per_pair"]) == (4, 8, 4, {"1": 4})
    assert said["checks"] == {"gold": {"right": 0, "answered": 2}, "trap": {"right": 0, "answered": 1}}
    assert said["sides"] == {"left": 4, "right": 0, "largest_difference": 1}
    assert said["speed"] == {"median_s": 1.5, "hasty_share": 0.0, "away_share": 0.0}
    assert [(each["rater"], each["answered"], each["asked"]) for each in said["people"]] == [
        ("rater-001", 10, 10),
        ("rater-002", 2, 10),
    ]
    desk.wait(61)
    assert told(desk)["raters"] == {"complete": 1, "away": 1, "invited": 1}


def test_results_are_told_only_to_who_asks_for_them(tmp_path):
    desk = served(tmp_path)
    desk.answer(*desk.begin())
    said = told(desk)
    assert "results" not in said and "plain-isp" not in json.dumps(said)
    (row,) = told(desk, b"results=1")["results"]
    assert (row["first"], row["second"], row["votes"]) == ("plain-isp", "tuned-isp", 4) and 0 <= row["for_first"] <= 4


def test_times_that_the_clock_did_not_have_are_marked(tmp_path):
    """Item 7 of the issue: forged votes are noticed."""
    desk = served(tmp_path)
    for ms in (1500, 50_000):
        token, state = desk.begin()
        for _ in range(3):
            desk.wait(0.05)
            state = desk.vote(token, state["next"][0]["trial"], ms=ms)["state"]
    assert [each["impossible_times"] for each in told(desk)["people"]] == [False, True]


def test_an_empty_study_has_its_progress(tmp_path):
    said = told(served(tmp_path))
    assert isinstance(said["pairs"], int) and said["speed"]["median_s"] is None and said["people"] == []
