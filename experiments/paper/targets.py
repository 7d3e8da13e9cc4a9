"""The paper's own numbers: `targets.csv`, copied from the tables of arXiv 2406.01020v2, each with its line in the text."""

import csv
from pathlib import Path
from typing import NamedTuple

TARGETS = Path(__file__).with_name("targets.csv")
OURS_IN_THE_PAPER = "ATTIQA"
"""Rows of the paper's own method begin with this."""

FULL_SIZES = {"CLIVE": 1162, "KonIQ": 10073, "SPAQ": 11125, "FLIVE": 39810, "AVA": 255530, "AGIQA-3k": 2982}
"""Images in the whole data set; a result on fewer is not on the paper's data."""

OFFICIAL = ("FLIVE", "AVA")
"""Sets that the paper trains and tests on their official split; the others on random ones."""

_NAMES = {"clive": "CLIVE", "koniq": "KonIQ", "spaq": "SPAQ", "flive": "FLIVE", "ava": "AVA", "agiqa": "AGIQA-3k"}


class Column(NamedTuple):
    """What one number of a table is about: trained on, tested on, share of the data or attribute, coefficient."""

    trained_on: str
    tested_on: str
    condition: str
    metric: str


class Target(NamedTuple):
    """One number (or prompt) of the paper; `line` counts in the plain text that it was copied from."""

    table: str
    method: str
    column: Column
    value: str
    line: str


def read_targets(table: str) -> list[Target]:
    """Return the paper's cells of one table in its order; cells that the paper leaves empty are not there."""
    with TARGETS.open(encoding="utf-8", newline="") as file:
        return [
            Target(
                row["table"],
                row["method"],
                Column(row["trained_on"], row["tested_on"], row["condition"], row["metric"]),
                row["value"],
                row["line"],
            )
            for row in csv.DictReader(file)
            if row["table"] == table
        ]


def paper_name(data: str) -> str:
    """Return the paper's name of a data set ("koniq10k" is "KonIQ"); a set that the paper does not use keeps its own."""
    return next((name for start, name in _NAMES.items() if data.lower().startswith(start)), data)
