"""A Chromium that all tests of the page share."""

import pytest
from fixtures.browsers import browser, set_screen


@pytest.fixture(scope="session")
def chromium():
    with browser() as driver:
        yield driver


@pytest.fixture
def desk(chromium):
    """A desktop's screen, and after it no window but one."""
    first = chromium.current_window_handle
    set_screen(chromium, 1280, 720)
    chromium.get_log("browser")  # forgets what earlier pages complained about
    yield chromium
    for handle in chromium.window_handles:
        if handle != first:
            chromium.switch_to.window(handle)
            chromium.close()
    chromium.switch_to.window(first)
