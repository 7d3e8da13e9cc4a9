"""The raters' page in a real Chromium, from a server."""

import pytest
from fixtures.browsers import LEFT, NEEDS_BROWSER, RIGHT, begin, click, press, ready, set_screen, until
from fixtures.study_api import TOKEN, StandIn, served
from fixtures.study_pages import study_of, write_pictures

pytestmark = [pytest.mark.slow, NEEDS_BROWSER]


def test_a_served_session_goes_on_through_an_outage_and_returns_the_rater(desk, tmp_path):
    study = study_of(question={"languages": ["en", "fr"]})
    write_pictures(study, tmp_path)
    api = StandIn(study, tmp_path)
    with served(api) as address:
        api.return_url = "https://return.invalid/complete?cc=CODE"
        desk.get(address + "?PROLIFIC_PID=p1&STUDY_ID=s1&SESSION_ID=x1")
        begin(desk)
        assert desk.current_url == f"{address}#{TOKEN}" and api.joined == [
            {"prolific": {"pid": "p1", "study": "s1", "session": "x1"}}
        ]
        assert api.consent == {"version": "1", "language": "en", "agreed": True} and api.device["window_width"] == 1280
        ready(desk, "t0")
        press(desk, LEFT)
        click(desk, "#notice-buttons button")
        ready(desk, "t1")
        until(desk, "backend.saved()")
        api.is_down = True
        press(desk, RIGHT)
        ready(desk, "t2")
        assert until(desk, "$('saved').textContent === t('trial.unsaved')") and len(api.votes) == 1
        press(desk, LEFT)
        ready(desk, "t3")
        desk.refresh()
        until(desk, "$('notice-title').textContent === t('ended.offline')")
        api.is_down = False
        until(desk, "$('notice-title').textContent === t('notice.back') && backend.saved()")
        assert [vote["trial"] for vote in api.votes] == ["t0", "t1", "t2"]
        click(desk, "#notice-buttons button")
        for trial in ("t3", "t4", "t5", "t6"):
            ready(desk, trial)
            press(desk, LEFT)
        until(desk, "$('notice-title').textContent === t('ended.complete')")
        assert (
            api.ended == "complete"
            and desk.find_element("css selector", "#notice-buttons a").get_attribute("href") == api.return_url
        )
    assert [(vote["trial"], vote["choice"], vote["revision"]) for vote in api.votes] == [
        ("t0", "left", 0), ("t1", "right", 0), ("t2", "left", 0), *((trial, "left", 0) for trial in ("t3", "t4", "t5", "t6"))
    ]  # fmt: skip
    assert all(set(vote) == {"trial", "choice", "ms", "revision", "zoomed", "away_ms"} for vote in api.votes)
    desk.get("about:blank")


def test_two_served_tabs_keep_in_step_and_whoever_withdraws_is_gone_from_both(desk, tmp_path):
    study = study_of()
    write_pictures(study, tmp_path)
    api = StandIn(study, tmp_path)
    with served(api) as address:
        desk.get(f"{address}#{TOKEN}")
        begin(desk)
        ready(desk, "t0")
        first = desk.current_window_handle
        desk.switch_to.new_window("tab")
        set_screen(desk, 1280, 720)
        desk.get(f"{address}#{TOKEN}")
        click(desk, "#start")
        ready(desk, "t0")
        press(desk, LEFT)
        click(desk, "#notice-buttons button")
        ready(desk, "t1")
        press(desk, RIGHT)
        ready(desk, "t2")
        until(desk, "backend.saved()")
        desk.switch_to.window(first)
        ready(desk, "t2")
        press(desk, RIGHT)
        ready(desk, "t3")
        assert [vote["trial"] for vote in api.votes] == ["t0", "t1", "t2"]
        desk.execute_script("confirm = () => true")
        click(desk, "#stop")
        click(desk, "#notice-buttons button:nth-child(2)")
        until(desk, "$('notice-title').textContent === t('ended.withdrawn')")
        assert api.votes == [] and api.ended == "withdrawn"
    desk.get("about:blank")
