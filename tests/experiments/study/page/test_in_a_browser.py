"""The raters' page in a real Chromium, on a desktop: by keyboard and mouse."""

import json

import pytest
from fixtures.browsers import (
    BACKSPACE,
    BIG,
    LEFT,
    NEEDS_BROWSER,
    RIGHT,
    begin,
    box,
    click,
    complaints,
    given,
    press,
    ready,
    result,
    set_screen,
    until,
)
from fixtures.study_api import TOKEN, StandIn, served
from fixtures.study_pages import study_of, write_static

pytestmark = [pytest.mark.slow, NEEDS_BROWSER]


def test_a_session_by_keyboard_with_undo_and_a_reload_in_its_middle(desk, tmp_path):
    desk.get(write_static(tmp_path, study_of(code="keys", question={"answers": "five", "languages": ["de", "en"]})))
    begin(desk)
    assert until(desk, "document.documentElement.lang") == "en", "the rater's own language, not the first"
    ready(desk, "t0")
    press(desk, LEFT)
    until(desk, "$('notice-title').textContent === t('notice.practice_over')")
    click(desk, "#notice-buttons button")
    ready(desk, "t1")
    desk.execute_script("dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', shiftKey: true}))")
    ready(desk, "t2")
    press(desk, BACKSPACE)
    ready(desk, "t1")
    press(desk, "2")
    ready(desk, "t2")
    desk.refresh()
    until(desk, "$('notice-title').textContent === t('notice.back')")
    click(desk, "#notice-buttons button")
    for trial, key in [("t2", "3"), ("t3", LEFT), ("t4", "1"), ("t5", "5"), ("t6", RIGHT)]:
        ready(desk, trial)
        press(desk, key)
    until(desk, "!$('done').hidden")
    assert given(desk) == [
        ("t0", "slightly-left", 0), ("t1", "right", 0), ("t1", "slightly-left", 1), ("t2", "tie", 0),
        ("t3", "slightly-left", 0), ("t4", "left", 0), ("t5", "right", 0), ("t6", "slightly-right", 0),
    ]  # fmt: skip
    said = result(desk)
    assert (said["format"], said["version"], said["study"], said["list"]) == ("attiqa-study-votes", 2, "5tudy", "keys")
    assert (
        said["complete"] and said["rater"] == "ann" and said["consent"]["version"] == "1" and said["language"] == "en"
    )
    assert all(200 <= vote["ms"] < 60_000 and vote["away_ms"] <= vote["ms"] for vote in said["votes"])
    assert said["device"]["window_width"] == 1280 and said["device"]["full_screen_left"] == 0
    assert complaints(desk) == []


def test_by_mouse_with_full_size_and_a_double_click_that_counts_once(desk, tmp_path):
    desk.get(write_static(tmp_path, study_of(BIG, code="mouse"), is_named=False))
    begin(desk)
    ready(desk, "t0")
    click(desk, "#zoom")
    until(desk, "$('stage').classList.contains('zoom')")
    assert box(desk, "left")[2:] == [768, 512] == box(desk, "right")[2:]
    press(desk, "d", "d", "d", "d", "d")
    assert until(desk, "stage.share.across") == 1
    from selenium.webdriver import ActionChains

    ActionChains(desk).double_click(desk.find_element("id", "left")).perform()
    click(desk, "#notice-buttons button")
    ready(desk, "t1")
    ActionChains(desk).move_to_element(desk.find_element("id", "right")).click().click().perform()
    ready(desk, "t2")
    click(desk, "#stop")
    until(desk, "!$('done').hidden")
    assert given(desk) == [("t0", "left", 0), ("t1", "right", 0)]
    assert (
        result(desk)["votes"][0]["zoomed"] and not result(desk)["votes"][1]["zoomed"] and not result(desk)["complete"]
    )


def test_of_two_tabs_the_one_opened_last_goes_on_and_no_answer_is_lost(desk, tmp_path):
    address = write_static(tmp_path, study_of(code="tabs"), is_named=False)
    desk.get(address)
    begin(desk)
    ready(desk, "t0")
    press(desk, LEFT)
    click(desk, "#notice-buttons button")
    ready(desk, "t1")
    first = desk.current_window_handle
    desk.switch_to.new_window("tab")
    set_screen(desk, 1280, 720)
    desk.get(address)
    until(desk, "$('notice-title').textContent === t('notice.back')")
    click(desk, "#notice-buttons button")
    ready(desk, "t1")
    press(desk, RIGHT)
    ready(desk, "t2")
    second = desk.current_window_handle
    desk.switch_to.window(first)
    press(desk, LEFT)
    until(desk, "$('notice-title').textContent === t('notice.elsewhere')")
    click(desk, "#notice-buttons button")
    click(desk, "#notice-buttons button")
    ready(desk, "t2")
    press(desk, LEFT)
    ready(desk, "t3")
    assert given(desk) == [("t0", "left", 0), ("t1", "right", 0), ("t2", "left", 0)]
    desk.switch_to.window(second)
    desk.execute_script("answer('left')")
    until(desk, "$('notice-title').textContent === t('notice.elsewhere')")
    assert [
        vote["trial"]
        for vote in json.loads(desk.execute_script("return localStorage.getItem('attiqa-study-5tudy-tabs')"))["votes"]
    ] == ["t0", "t1", "t2"]


def test_who_declines_or_has_no_place_is_told_so_politely(desk, tmp_path):
    api = StandIn(study_of(), tmp_path)
    with served(api) as address:
        desk.get(f"{address}#{'x' * 22}")
        assert until(desk, "!$('notice').hidden && $('notice-title').textContent") == "This link does not work"
        desk.get("about:blank")
        desk.get(f"{address}#{TOKEN}")
        click(desk, "#decline")
        assert until(desk, "!$('notice').hidden && $('notice-title').textContent") == "You do not take part"
        assert api.consent["agreed"] is False and api.device is None
    desk.get("about:blank")


def test_a_screen_reader_finds_a_question_named_pictures_and_what_was_answered(desk, tmp_path):
    desk.get(write_static(tmp_path, study_of(code="reader"), is_named=False))
    begin(desk)
    ready(desk, "t0")
    names = "return [...document.querySelectorAll('main:not([hidden]) button')].filter(each => !each.hidden && each.offsetParent).map(each => each.getAttribute('aria-label') || each.textContent)"
    assert desk.execute_script(names)[:4] == ["left picture", "right picture", "left", "right"]
    assert desk.find_element("id", "choices").get_attribute("role") == "group"
    desk.execute_script("document.querySelector('#choices button').focus()")
    press(desk, "\ue007")
    until(desk, "!$('notice').hidden")
    assert given(desk) == [("t0", "left", 0)] and until(desk, "$('live').textContent") == "Answer: left."
    assert desk.execute_script("return document.activeElement.id") == "notice-title"
