"""How a study stands, for whoever runs it: how many, how evenly, how well. Who wins is told only to those who ask for it."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any

from experiments.study.server.assigning import ledger_of
from experiments.study.server.store import COUNTED, rater_name, trial_of
from experiments.study.server.terms import Terms
from experiments.study.trials import CHOICES, is_right

HASTY_MS = 500
CLOCKS_DIFFER_S = 10.0


def progress(db: sqlite3.Connection, terms: Terms, now: float, *, with_results: bool) -> dict[str, Any]:
    """Return the study's progress as JSON content. Times are in s; shares from 0 to 1, None where nothing was answered."""
    raters = db.execute("SELECT * FROM raters ORDER BY number").fetchall()
    votes = db.execute(f"{COUNTED} ORDER BY v.received").fetchall()
    ledger = ledger_of(db, terms, now)
    given = [sum(tally.given) for tally in ledger.tallies.values()]
    uneven = [abs(tally.given[0] - tally.given[1]) for tally in ledger.tallies.values()]
    told = {
        "study": terms.study.protocol.name,
        "raters": dict(Counter(_status(rater, terms, now) for rater in raters)),
        "votes": sum(given),
        "wanted": ledger.quota * len(given) or None,
        "reserved": sum(sum(tally.reserved) for tally in ledger.tallies.values()),
        "pairs": len(given),
        "votes_per_pair": {str(number): many for number, many in sorted(Counter(given).items())},
        "sides": {**_sides(votes), "largest_difference": max(uneven, default=0)},
        "speed": _speed(votes),
        "checks": {kind: _right(votes, kind) for kind in ("gold", "trap")},
        "people": _people(db, terms, raters, votes, now),
    }
    return {**told, "results": _results(terms, votes)} if with_results else told


def _status(rater: sqlite3.Row, terms: Terms, now: float) -> str:
    """As stored, but for those of whom nothing was heard for longer than their lease."""
    is_away = rater["status"] == "started" and rater["seen"] <= now - terms.lease_s
    return "away" if is_away else rater["status"]


def _sides(votes: Sequence[sqlite3.Row]) -> dict[str, int]:
    scores = [CHOICES[row["choice"]] for row in votes if row["kind"] == "main" and row["choice"] in CHOICES]
    return {"left": sum(each > 0.5 for each in scores), "right": sum(each < 0.5 for each in scores)}


def _speed(votes: Sequence[sqlite3.Row]) -> dict[str, float | None]:
    times = [row["ms"] for row in votes if row["kind"] == "main"]
    return {
        "median_s": median(times) / 1000 if times else None,
        "hasty_share": sum(ms < HASTY_MS for ms in times) / len(times) if times else None,
        "away_share": sum(row["away_ms"] > 0 for row in votes) / len(votes) if votes else None,
    }


def _right(votes: Sequence[sqlite3.Row], kind: str) -> dict[str, int]:
    checks = [row for row in votes if row["kind"] == kind and row["choice"] in CHOICES]
    return {"right": sum(is_right(row["choice"], row["expected"]) for row in checks), "answered": len(checks)}


def _people(
    db: sqlite3.Connection, terms: Terms, raters: Sequence[sqlite3.Row], votes: Sequence[sqlite3.Row], now: float
) -> list[dict[str, Any]]:
    asked = dict(db.execute("SELECT rater, count(*) FROM trials GROUP BY rater").fetchall())
    own: dict[int, list[sqlite3.Row]] = {}
    for row in votes:
        own.setdefault(row["rater"], []).append(row)
    return [
        {
            "rater": rater_name(rater["number"]),
            "source": rater["source"],
            "status": _status(rater, terms, now),
            "reason": rater["reason"],
            "answered": len(own.get(rater["number"], [])),
            "asked": asked.get(rater["number"], 0),
            "seen_ago_s": round(now - rater["seen"]),
            "median_s": _speed(own.get(rater["number"], []))["median_s"],
            "sides": _sides(own.get(rater["number"], [])),
            "impossible_times": _is_impossible(rater, own.get(rater["number"], [])),
            "gold": _right(own.get(rater["number"], []), "gold"),
            "trap": _right(own.get(rater["number"], []), "trap"),
        }
        for rater in raters
        if rater["status"] != "invited"
    ]


def _is_impossible(rater: sqlite3.Row, votes: Sequence[sqlite3.Row]) -> bool:
    """Whether a rater's times are longer in all than they were here: no page measures that."""
    last = max((row["received"] for row in votes), default=0)
    return sum(row["ms"] for row in votes) / 1000 > last - (rater["started"] or 0) + CLOCKS_DIFFER_S if votes else False


def _results(terms: Terms, votes: Sequence[sqlite3.Row]) -> list[dict[str, Any]]:
    """Bare counts for every two arms; what they mean is said by `attiqa study analyse`."""
    names = terms.study.arms
    sums: dict[tuple[str, str], list[float]] = {}
    for row in votes:
        if row["kind"] == "main" and row["choice"] in CHOICES:
            trial, score = trial_of(row), CHOICES[row["choice"]]
            of_first = score if trial.left == trial.comparison.first else 1 - score
            sums.setdefault((trial.comparison.first, trial.comparison.second), []).append(of_first)
    return [
        {"first": names[first], "second": names[second], "votes": len(scores), "for_first": sum(scores)}
        for (first, second), scores in sorted(sums.items())
    ]
