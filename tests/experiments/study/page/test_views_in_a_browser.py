"""The raters' page in a real Chromium: the ways in which pictures are shown, and what is asked before."""

import pytest
from fixtures.browsers import BIG, LEFT, NEEDS_BROWSER, RIGHT, begin, box, click, given, press, ready, set_screen, until
from fixtures.study_pages import study_of, write_static

pytestmark = [pytest.mark.slow, NEEDS_BROWSER]


def test_no_window_enlarges_a_picture(desk, tmp_path):
    desk.get(write_static(tmp_path, study_of(BIG, code="large"), is_named=False))
    begin(desk)
    ready(desk, "t0")
    for width, height, ratio in [(1920, 1080, 1), (1280, 800, 2), (1300, 800, 1.5)]:
        set_screen(desk, width, height, ratio)
        until(desk, f"innerWidth === {width} && devicePixelRatio === {ratio} && shown")
        until(
            desk, f"Math.abs(document.querySelector('#left img').getBoundingClientRect().width * {ratio} - 768) < 0.01"
        )
        left, right = box(desk, "left"), box(desk, "right")
        assert left[2:] == right[2:] and left[1] == right[1] and left[3] * ratio == pytest.approx(512, abs=0.01)
        assert all(abs(at * ratio - round(at * ratio)) < 0.01 for at in (*left[:2], *right[:2]))
    set_screen(desk, 1280, 720)
    until(desk, "Math.abs(document.querySelector('#left img').getBoundingClientRect().width - 625) <= 1")


def test_one_picture_at_a_time_is_answered_only_after_both_were_seen(desk, tmp_path):
    desk.get(write_static(tmp_path, study_of(code="toggle", question={"view": "toggle"}), is_named=False))
    begin(desk)
    ready(desk, "t0")
    front = "[$('left'), $('right')].map(each => getComputedStyle(each).visibility).join()"
    assert desk.execute_script(f"return {front}") == "visible,hidden"
    assert box(desk, "left") == box(desk, "right"), "at the same place"
    press(desk, RIGHT)
    assert until(desk, "$('asked').textContent") == "Please look at both pictures first."
    press(desk, " ")
    assert desk.execute_script(f"return {front}") == "hidden,visible"
    press(desk, RIGHT)
    until(desk, "!$('notice').hidden")
    assert given(desk) == [("t0", "right", 0)]


def test_a_flicker_runs_by_itself_and_stops_by_the_keyboard(desk, tmp_path):
    desk.get(write_static(tmp_path, study_of(code="flicker", question={"view": "flicker"}), is_named=False))
    begin(desk)
    ready(desk, "t0")
    until(desk, "stage.front === 'right'")
    until(desk, "stage.front === 'left'")
    press(desk, " ")
    assert desk.execute_script("return stage.timer") == 0
    press(desk, LEFT)
    until(desk, "!$('notice').hidden")
    assert given(desk) == [("t0", "left", 0)]


def test_calibration_and_plates_are_asked_and_a_plate_read_wrong_screens_out(desk, tmp_path):
    device = {"calibration": True, "colour_plates": True}
    desk.get(write_static(tmp_path, study_of(code="plates", device=device), is_named=False))
    click(desk, "#agree")
    until(desk, "!$('device').hidden && $('plate-1')")
    desk.execute_script(
        "$('card-width').value = 428; $('card-width').oninput(); $('distance').value = 60; $('distance').oninput()"
    )
    digits = desk.execute_script("return shownDigits")
    desk.find_element("id", "plate-0").send_keys(digits[0])
    assert not desk.find_element("id", "checked").is_enabled()
    desk.find_element("id", "plate-1").send_keys("0")
    click(desk, "#checked")
    until(desk, "!$('notice').hidden")
    device = desk.execute_script("return backend.session.device")
    assert device["px_per_mm"] == 5 and device["distance_mm"] == 600 and device["plates"] == [True, False]
    assert desk.execute_script("return backend.state()")["reason"] == "colour-plates"
