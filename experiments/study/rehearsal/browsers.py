"""A rater in a real Chromium, by keyboard, mouse or touch; selenium comes with the tools of development."""

import math
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from experiments.study.rehearsal.client import Client
from experiments.study.rehearsal.crowd import Eyes

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
SCREENS = {"keyboard": (1920, 1080, 1, False), "mouse": (1280, 720, 1, False), "touch": (390, 844, 3, True)}
NEXT_BUTTON = {"consent": "#agree", "device": "#checked", "instructions": "#start", "notice": "#notice-buttons button"}
READY = "(shown && current && performance.now() - shown.since > EARLIEST_MS + 20 ? current.trial : null)"
HERE = "(document.querySelector('main:not([hidden])')?.id ?? '')"
TITLE = "($('notice').hidden ? '' : $('notice-title').textContent)"
ENDED = "(Boolean(backend) && backend.saved() && backend.state()?.stage === 'complete')"
IS_OFFERED = "document.querySelector(arguments[0])?.disabled === false"
AGAIN_S = 3.0
"""After so long an answer that the page did not take is given again."""
GIVE_UP_S = 300.0


@contextmanager
def browser() -> Iterator[Any]:
    """A driver of a new Chromium without a window, which ends with the context."""
    from selenium import webdriver

    home = tempfile.mkdtemp(prefix="chromium-")
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for switch in (*SWITCHES, f"--user-data-dir={home}"):
        options.add_argument(switch)
    options.add_experimental_option("prefs", {"intl.accept_languages": "en-US,en"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    try:
        yield driver
    finally:
        driver.quit()
        shutil.rmtree(home, ignore_errors=True)


def rate(link: str, eyes: Eyes, hand: str, pictures: Path) -> int:
    """Take part from `link` to the end, and return how many trials were answered; a picture of each screen is in `pictures`."""
    client = Client(link.partition("#")[0], link.rpartition("#")[2])
    with browser() as driver:
        width, height, ratio, touch = SCREENS[hand]
        set_screen(driver, width, height, ratio, touch=touch)
        driver.get(link)
        return _session(driver, client, eyes, HANDS[hand], pictures, hand)


def set_screen(driver: Any, width: int, height: int, ratio: float = 1.0, *, touch: bool = False) -> None:
    """Make the driver's page and screen this large, in CSS px of `ratio` device pixels each; `touch` makes it a phone's."""
    size = {"width": width, "height": height, "screenWidth": width, "screenHeight": height}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**size, "deviceScaleFactor": ratio, "mobile": touch})
    points = {"maxTouchPoints": 5} if touch else {}
    driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": touch, **points})


def _session(driver: Any, client: Client, eyes: Eyes, do: Callable[[Any, str], None], pictures: Path, hand: str) -> int:
    answered: dict[str, float] = {}
    seen: set[tuple[str, str]] = set()
    give_up = time.monotonic() + GIVE_UP_S
    while time.monotonic() < give_up:
        here, title, trial = driver.execute_script(f"return [{HERE}, {TITLE}, {READY}]")
        if here and (here != "trial" or trial) and (here, title) not in seen:
            seen.add((here, title))
            driver.save_screenshot(str(pictures / f"{hand}-{len(seen):02}-{here}.png"))
        if driver.execute_script(f"return {ENDED}"):
            return len(answered)
        if here == "trial" and trial and time.monotonic() - answered.get(trial["trial"], -math.inf) > AGAIN_S:
            if _done(do, driver, f"#{eyes.choice(client, trial)}"):
                answered[trial["trial"]] = time.monotonic()
        elif here in NEXT_BUTTON and driver.execute_script(f"return {IS_OFFERED}", NEXT_BUTTON[here]):
            _done(do, driver, NEXT_BUTTON[here])
        time.sleep(0.02)
    raise AssertionError(
        f"{hand}: not at the end after {GIVE_UP_S:.0f} s, on {driver.execute_script(f'return {HERE}')}"
    )


def _done(do: Callable[[Any, str], None], driver: Any, what: str) -> bool:
    """Whether the hand found what it wanted: the page may have gone on between the look and the touch, as under a person's."""
    from selenium.common.exceptions import WebDriverException

    try:
        do(driver, what)
    except WebDriverException:
        return False
    return True


def _by_keyboard(driver: Any, what: str) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    if what in ("#left", "#right"):
        ActionChains(driver).send_keys(Keys.ARROW_LEFT if what == "#left" else Keys.ARROW_RIGHT).perform()
        return
    driver.find_element("css selector", what).send_keys(Keys.ENTER)


def _by_mouse(driver: Any, what: str) -> None:
    driver.find_element("css selector", what).click()


def _by_touch(driver: Any, what: str) -> None:
    element = driver.find_element("css selector", what)
    script = "arguments[0].scrollIntoView({block: 'nearest'}); const b = arguments[0].getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]"
    x, y = driver.execute_script(script, element)
    for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
        driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


HANDS: dict[str, Callable[[Any, str], None]] = {"keyboard": _by_keyboard, "mouse": _by_mouse, "touch": _by_touch}
