"""The raters' page in a real Chromium on a phone and in small windows."""

import pytest
from fixtures.browsers import BIG, NEEDS_BROWSER, begin, box, click, drag, given, ready, result, set_screen, tap, until
from fixtures.study_pages import study_of, write_static

pytestmark = [pytest.mark.slow, NEEDS_BROWSER]


def test_a_phone_is_told_why_it_cannot_take_part(desk, tmp_path):
    set_screen(desk, 390, 844, 3, touch=True)
    desk.get(write_static(tmp_path, study_of(code="blocked"), is_named=False))
    until(desk, "!$('consent').hidden")
    tap(desk, desk.find_element("id", "agree"))
    words = until(desk, "!$('notice').hidden && $('notice-text').textContent")
    assert "1280 x 720" in words and "computer" in words
    assert desk.execute_script("return backend.state().stage") == "screened-out"


def test_a_small_window_is_told_so_until_it_is_larger(desk, tmp_path):
    set_screen(desk, 1280, 720)
    desk.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {
            "width": 900,
            "height": 600,
            "screenWidth": 1920,
            "screenHeight": 1080,
            "deviceScaleFactor": 1,
            "mobile": False,
        },
    )
    desk.get(write_static(tmp_path, study_of(code="small"), is_named=False))
    click(desk, "#agree")
    assert "900 x 600" in until(desk, "!$('device').hidden && $('window-words').textContent")
    assert not desk.find_element("id", "checked").is_enabled()
    set_screen(desk, 1400, 800)
    click(desk, "#checked")
    click(desk, "#start")
    ready(desk, "t0")
    set_screen(desk, 1000, 800)
    until(desk, "$('notice-title').textContent === t('notice.small')")
    set_screen(desk, 1400, 800)
    ready(desk, "t0")


def test_a_whole_session_by_touch_on_a_phone_where_phones_are_allowed(desk, tmp_path):
    set_screen(desk, 390, 844, 2, touch=True)
    desk.get(
        write_static(
            tmp_path, study_of(BIG, code="phone", question={"answers": "tie"}, device={"phones": True}), is_named=False
        )
    )
    until(desk, "!$('consent').hidden")
    tap(desk, desk.find_element("id", "agree"))
    until(desk, "!$('instructions').hidden")
    tap(desk, desk.find_element("id", "start"))
    ready(desk, "t0")
    left, right = box(desk, "left"), box(desk, "right")
    assert left[2:] == right[2:] and left[0] == right[0] and left[1] + left[3] <= right[1], "one above the other"
    assert left[2] * 2 <= 768 and right[1] + right[3] <= 844 and left[0] >= 0
    small = desk.execute_script(
        "return [...document.querySelectorAll('#trial button')].map(each => each.getBoundingClientRect()).filter(box => box.width && (box.width < 44 || box.height < 44)).length"
    )
    assert small == 0 and desk.execute_script("return document.documentElement.scrollWidth") <= 390
    for trial, side in [
        ("t0", "left"),
        ("t1", "right"),
        ("t2", "left"),
        ("t3", "right"),
        ("t4", "left"),
        ("t5", "left"),
        ("t6", "left"),
    ]:
        ready(desk, trial)
        tap(desk, desk.find_element("id", side))
        if trial == "t0":
            until(desk, "!$('notice').hidden")
            tap(desk, desk.find_element("css selector", "#notice-buttons button"))
    until(desk, "!$('done').hidden")
    assert [choice for _, choice, _ in given(desk)] == ["left", "right", "left", "right", "left", "left", "left"]
    assert result(desk)["device"]["touch"] is True


def test_a_finger_moves_both_pictures_at_full_size_and_answers_nothing(desk, tmp_path):
    set_screen(desk, 390, 844, 2, touch=True)
    study = study_of((1600, 1200), code="finger", device={"phones": True})
    desk.get(write_static(tmp_path, study, is_named=False))
    begin(desk)
    ready(desk, "t0")
    tap(desk, desk.find_element("id", "zoom"))
    until(desk, "stage.zoom")
    before = box(desk, "left"), box(desk, "right")
    drag(desk, desk.find_element("id", "left"), -60, -40)
    until(desk, "stage.share.across !== 0.5")
    after = box(desk, "left"), box(desk, "right")
    for old, new in zip(before, after, strict=True):
        assert new[0] - old[0] == pytest.approx(-60, abs=1) and new[1] - old[1] == pytest.approx(-40, abs=1)
        assert new[2:] == old[2:] == [800, 600]
    assert given(desk) == []
