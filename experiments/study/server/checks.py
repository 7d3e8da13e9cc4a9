"""Who may not go on: by their screen before the first trial, by gold and trap trials after."""

import math
import sqlite3
from collections.abc import Sequence

from experiments.study import protocol
from experiments.study.server import asked
from experiments.study.trials import CHOICES, is_right

SCREEN, PHONE, PLATES = "screen", "phone", "colour-plates"
"""Why a rater is screened out, in the page's words."""
WINDOW, NOT_FULL, UNMEASURED, UNSEEN = "window", "full-screen", "calibration", "plates-missing"
"""What a rater can still mend."""


def screened_out_by(device: asked.Device, wanted: protocol.Device) -> str | None:
    """Return why a rater with this screen cannot take part at all; None: they can."""
    is_small = device.screen_width < wanted.min_width or device.screen_height < wanted.min_height
    if is_small and not (device.touch and wanted.phones):
        return PHONE if device.touch else SCREEN
    if wanted.colour_plates and device.plates is not None and not all(device.plates):
        return PLATES
    return None


def to_be_mended(device: asked.Device, wanted: protocol.Device) -> str | None:
    """Return what a rater has to change before the first trial; None: nothing."""
    is_phone = device.touch and wanted.phones
    if not is_phone and (device.window_width < wanted.min_width or device.window_height < wanted.min_height):
        return WINDOW
    if wanted.full_screen and not device.full_screen:
        return NOT_FULL
    if wanted.calibration and (device.px_per_mm is None or device.distance_mm is None):
        return UNMEASURED
    if wanted.colour_plates and not device.plates:
        return UNSEEN
    return None


def fails(rows: Sequence[sqlite3.Row], rules: protocol.Exclusion) -> bool:
    """Return whether a rater cannot reach the shares of right gold and trap trials any more.

    `rows` are all of the rater's trials with `choice`, None where not answered yet: those may still turn out right.
    """
    return any(
        not _can_reach([row for row in rows if row["kind"] == kind], least)
        for kind, least in (("gold", rules.min_gold), ("trap", rules.min_traps))
    )


def _can_reach(checks: Sequence[sqlite3.Row], least: float | None) -> bool:
    shown = [row for row in checks if row["choice"] is None or row["choice"] in CHOICES]
    right = sum(row["choice"] is None or is_right(row["choice"], row["expected"]) for row in shown)
    return least is None or not shown or right >= math.ceil(least * len(shown) - 1e-9)
