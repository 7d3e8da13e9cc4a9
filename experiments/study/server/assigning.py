"""What a rater is shown: drawn from the votes that are there and those under way, kept as the rater's trials."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from experiments.study.design.assignment import Ledger, Placed, empty_ledger, list_for
from experiments.study.design.comparisons import comparisons_of
from experiments.study.design.ledger import other_arm
from experiments.study.design.lists import trials_of
from experiments.study.server.store import COUNTED, trial_of
from experiments.study.server.terms import Terms
from experiments.study.trials import CHOICES, SKIPPED, Trial

ADAPT_EVERY = 10
"""After so many answers to main trials an adaptive study draws the rest of a rater's list anew."""


def ledger_of(db: sqlite3.Connection, terms: Terms, now: float, without: int | None = None) -> Ledger:
    """Return the votes of the study and those expected, the latter without those of the rater `without`.

    The votes of raters who withdrew, failed the checks or were screened out count for nothing: others give them. So do
    the unanswered pairs of those who gave no sign of life within their lease, and pairs whose pictures could not be shown.
    """
    given = db.execute(
        f"""SELECT c.* FROM ({COUNTED} WHERE t.kind = 'main' AND v.choice != ?) AS c
        JOIN raters AS r ON r.number = c.rater WHERE r.status IN ('started', 'complete')""",
        (SKIPPED,),
    )
    expected = db.execute(
        """SELECT t.* FROM trials AS t JOIN raters AS r ON r.number = t.rater
        WHERE t.kind = 'main' AND t.revision IS NULL AND r.status = 'started' AND r.seen > ? AND r.number IS NOT ?""",
        (now - terms.lease_s, without),
    )
    scenes, quota = terms.study.scenes, terms.study.protocol.session.votes_per_pair
    ledger = empty_ledger(comparisons_of(scenes), quota)
    ledger = ledger.with_votes([(*placed(trial_of(row)), CHOICES[row["choice"]]) for row in given])
    return ledger.with_reserved([placed(trial_of(row)) for row in expected])


def placed(trial: Trial) -> Placed:
    """Return what a trial compares, and its left arm."""
    return trial.comparison, trial.left


def reserve(db: sqlite3.Connection, terms: Terms, number: int, now: float) -> bool:
    """Give a rater their trials and return whether there were any left."""
    session, rng = terms.study.protocol.session, _rng(terms, number, 0)
    shown = list_for(ledger_of(db, terms, now), session.per_rater, rng, sampler=session.pairs)
    trials = trials_of(terms.study.scenes, session, shown, rng) if shown else ()
    _insert(db, number, list(enumerate(trials, 1)))
    return bool(trials)


def redraw(db: sqlite3.Connection, terms: Terms, number: int, now: float, keep: int) -> None:
    """Draw anew what a rater has not been shown: the main pairs behind the next `keep` trials, and their repeats.

    Names are new, so that no late answer is taken for one to other pictures. Where fewer pairs are left, the list ends earlier.
    """
    rows = db.execute("SELECT * FROM trials WHERE rater = ? ORDER BY position", (number,)).fetchall()
    waiting = [row for row in rows if row["revision"] is None][keep:]
    slots = [row for row in waiting if row["kind"] == "main"]
    if not slots:
        return
    stays = {trial_of(row) for row in rows if row["kind"] == "main" and row not in slots}
    session, rng = (
        terms.study.protocol.session,
        _rng(terms, number, sum(row["revision"] is not None for row in rows) + 1),
    )
    ledger = ledger_of(db, terms, now, without=number)
    ledger = ledger.with_reserved(
        [
            placed(trial_of(row))
            for row in rows
            if row["kind"] == "main" and row["revision"] is None and row not in slots
        ]
    )
    shown = list_for(ledger, len(slots), rng, sampler=session.pairs, seen=[trial.comparison for trial in stays])
    _exchange(db, number, waiting, dict(zip((row["trial"] for row in slots), shown, strict=False)), rng)


def _exchange(
    db: sqlite3.Connection,
    number: int,
    waiting: Sequence[sqlite3.Row],
    shown: dict[str, Placed],
    rng: np.random.Generator,
) -> None:
    """Put what is `shown` now in the places of main trials, by their old names; those without go, with their repeats."""
    names = {row["trial"]: rng.bytes(8).hex() for row in waiting if row["kind"] == "main"}
    fresh: list[tuple[int, Trial]] = []
    for row in waiting:
        main = row["trial"] if row["kind"] == "main" else row["repeat_of"]
        if main not in names:
            continue
        db.execute("DELETE FROM trials WHERE trial = ?", (row["trial"],))
        if main in shown:
            (comparison, left), trial = shown[main], trial_of(row)
            right = other_arm(comparison, left)
            new = replace(trial, trial=names[main], scene=comparison.scene, left=left, right=right)
            if trial.kind == "repeat":
                new = replace(new, trial=rng.bytes(8).hex(), left=right, right=left, repeat_of=names[main])
            fresh.append((row["position"], new))
    _insert(db, number, fresh)


def _insert(db: sqlite3.Connection, number: int, trials: Sequence[tuple[int, Trial]]) -> None:
    db.executemany(
        "INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
        [
            (each.trial, number, place, each.kind, each.scene, each.left, each.right, each.repeat_of, each.expected)
            for place, each in trials
        ],
    )


def _rng(terms: Terms, number: int, draw: int) -> np.random.Generator:
    return np.random.default_rng([terms.study.seed, number, draw])
