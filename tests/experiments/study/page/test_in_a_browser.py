"""The raters' page in a real Chromium: by keyboard, mouse and touch, static and from a server."""

import json

import pytest
from fixtures.browsers import NEEDS_BROWSER, browser, press, set_screen, tap, until
from fixtures.study_api import TOKEN, StandIn, served
from fixtures.study_pages import study_of, write_pictures, write_static

pytestmark = [pytest.mark.slow, NEEDS_BROWSER]
LEFT, RIGHT, BACKSPACE = "\ue012", "\ue014", "\ue003"
BIG = (768, 512)


@pytest.fixture(scope="module")
def chromium():
    with browser() as driver:
        yield driver


@pytest.fixture
def desk(chromium):
    """A desktop's screen, and after it no window but one."""
    first = chromium.current_window_handle
    set_screen(chromium, 1280, 720)
    yield chromium
    for handle in chromium.window_handles:
        if handle != first:
            chromium.switch_to.window(handle)
            chromium.close()
    chromium.switch_to.window(first)


def click(driver, name):
    until(
        driver,
        f"!document.querySelector('{name}').closest('main').hidden && !document.querySelector('{name}').disabled",
    )
    driver.find_element("css selector", name).click()


def begin(driver, name="ann"):
    """Agree, read the instructions, and see the first pair."""
    until(driver, "!$('consent').hidden")
    if driver.find_element("id", "rater").is_displayed():
        driver.find_element("id", "rater").send_keys(name)
    click(driver, "#agree")
    click(driver, "#start")


def ready(driver, trial):
    """Wait until a trial can be answered."""
    until(driver, f"shown && current.trial.trial === '{trial}' && performance.now() - shown.since > EARLIEST_MS + 20")


def result(driver):
    return json.loads(driver.execute_script("return JSON.stringify(backend.result())"))


def given(driver):
    return [(vote["trial"], vote["choice"], vote["revision"]) for vote in result(driver)["votes"]]


def box(driver, side):
    script = (
        f"const b = document.querySelector('#{side} img').getBoundingClientRect(); return [b.x, b.y, b.width, b.height]"
    )
    return driver.execute_script(script)


def complaints(driver):
    return [entry["message"] for entry in driver.get_log("browser") if "WebGL" not in entry["message"]]


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


@pytest.mark.parametrize(
    ("width", "height", "ratio"), [(1280, 720, 1), (2560, 1440, 1), (1920, 1080, 2), (1280, 800, 1.5)]
)
def test_no_window_enlarges_a_picture(desk, tmp_path, width, height, ratio):
    set_screen(desk, width, height, ratio)
    desk.get(write_static(tmp_path, study_of(BIG, code=f"large-{width}-{ratio}"), is_named=False))
    begin(desk)
    ready(desk, "t0")
    left, right = box(desk, "left"), box(desk, "right")
    assert left[2:] == right[2:] and left[1] == right[1]
    assert left[2] * ratio <= 768 + 1e-3 and left[3] * ratio <= 512 + 1e-3
    if width > 1280:
        assert left[2] * ratio == pytest.approx(768, abs=0.01), "there is room: one device pixel for each of its own"
    assert all(abs(at * ratio - round(at * ratio)) < 0.01 for at in (*left[:2], *right[:2]))


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
