"""One rater's way through a study, as the store has it: each function changes it by one step, or refuses."""

import sqlite3
from typing import Any

import msgspec

from experiments.study.server import asked
from experiments.study.server.assigning import ADAPT_EVERY, redraw, reserve
from experiments.study.server.checks import fails, screened_out_by, to_be_mended
from experiments.study.server.refused import conflict, malformed, not_yours
from experiments.study.server.return_url import return_url
from experiments.study.server.terms import Terms
from experiments.study.trials import ANSWERS, SKIPPED

AHEAD = 3
"""So many trials are told in advance, for their pictures to be fetched."""
LEFT_FULL_SCREEN = """
UPDATE raters SET device = json_set(device, '$.full_screen_left',
    max(coalesce(json_extract(device, '$.full_screen_left'), 0), ?)) WHERE number = ?
"""
"""The largest count that was told: another window begins at none."""
NOTHING_LEFT, NO_CONSENT = "nothing-left", "no-consent"


def trials_of_rater(db: sqlite3.Connection, number: int) -> list[sqlite3.Row]:
    """Return a rater's trials in order, each with the `choice` that counts."""
    return db.execute(
        """SELECT t.*, v.choice FROM trials AS t
        LEFT JOIN votes AS v ON v.trial = t.trial AND v.revision = t.revision WHERE t.rater = ? ORDER BY t.position""",
        (number,),
    ).fetchall()


def state(db: sqlite3.Connection, terms: Terms, number: int) -> dict[str, Any]:
    """Return where a rater stands, as the page is told: nothing in it says which trials are checks, or which arms they show."""
    rater = _rater(db, number)
    rows = trials_of_rater(db, number)
    stage = _stage(rater, rows)
    is_under_way = stage in ("training", "trials")
    counted = [row for row in rows if (row["kind"] == "training") == (stage == "training")]
    last = _last_answered(rows) if is_under_way else None
    return {
        "stage": stage,
        "reason": rater["reason"],
        "device": rater["device"] != "{}",
        "done": sum(row["revision"] is not None for row in counted),
        "total": len(counted),
        "next": [_shown(terms, row) for row in _next(rows)] if is_under_way else [],
        "undo": last["trial"] if last else None,
        "previous": {**_shown(terms, last), "revision": last["revision"], "choice": last["choice"]} if last else None,
        "return_url": _return_url(terms, rater),
    }


def joined(db: sqlite3.Connection, terms: Terms, number: int, now: float) -> None:
    """Note that a rater is here; whose lease ran out gets what is left now, whoever had answered everything is done."""
    rater = _rater(db, number)
    if rater["status"] == "started":
        _renew(db, terms, rater, now)
    db.execute("UPDATE raters SET seen = ? WHERE number = ?", (now, number))


def consent(db: sqlite3.Connection, terms: Terms, number: int, body: asked.Consent, now: float) -> None:
    """Keep what a rater agreed to, and give them their trials; who does not agree is out. Raises: Refused."""
    rater = _rater(db, number)
    if rater["status"] != "invited":
        return  # the same again: what was agreed to stays
    if body.version != terms.study.protocol.consent.version:
        raise conflict("consent", "The text of the consent was changed; read it again.")
    if not body.agreed:
        _end(db, number, "withdrawn", NO_CONSENT, now)
        return
    said = (body.version, body.language, now, now, number)
    db.execute(
        "UPDATE raters SET status = 'started', consent = ?, language = ?, started = ?, seen = ? WHERE number = ?", said
    )
    if not reserve(db, terms, number, now):
        _end(db, number, "screened-out", NOTHING_LEFT, now)


def device(db: sqlite3.Connection, terms: Terms, number: int, body: asked.Device, now: float) -> None:
    """Keep what the page measured; a screen that cannot do is screened out before the first trial. Raises: Refused.

    What the rater can mend, such as the window's size, is the state's `reason` until it is mended.
    """
    wanted = terms.study.protocol.device
    if _rater(db, number)["status"] != "started":
        raise conflict("stage", "This is not asked for now.")
    mend = to_be_mended(body, wanted)
    has_begun = any(row["revision"] is not None for row in trials_of_rater(db, number))
    said = {name: value for name, value in msgspec.to_builtins(body).items() if value is not None}
    changes = (msgspec.json.encode(said).decode(), mend, now, number)
    db.execute("UPDATE raters SET device = json_patch(device, ?), reason = ?, seen = ? WHERE number = ?", changes)
    if not has_begun and (reason := screened_out_by(body, wanted)):
        _end(db, number, "screened-out", reason, now)


def vote(db: sqlite3.Connection, terms: Terms, number: int, body: asked.Answer, now: float) -> None:
    """Keep one answer, once. Raises: Refused for an answer that is not asked for, or differs from the one that is kept."""
    rater = _rater(db, number)
    row = db.execute("SELECT * FROM trials WHERE trial = ? AND rater = ?", (body.trial, number)).fetchone()
    if row is None:
        raise not_yours(with_state=rater["status"] == "started")
    if body.choice not in (*ANSWERS[terms.study.protocol.question.answers], SKIPPED):
        raise malformed("This is no answer to the question of this study.")
    kept = db.execute(
        "SELECT choice FROM votes WHERE trial = ? AND revision = ?", (body.trial, body.revision)
    ).fetchone()
    if kept is not None:
        if kept["choice"] != body.choice:
            raise conflict("answered", "This pair was answered already, in another window perhaps.")
        return
    _check_turn(rater, row, trials_of_rater(db, number), body)
    said = (body.trial, body.revision, body.choice, body.ms, body.zoomed, body.away_ms, now)
    db.execute("INSERT INTO votes VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", said)
    db.execute("UPDATE trials SET revision = ? WHERE trial = ?", (body.revision, body.trial))
    if body.full_screen_left is not None:
        db.execute(LEFT_FULL_SCREEN, (body.full_screen_left, number))
    _go_on(db, terms, rater, row, now)


def finish(db: sqlite3.Connection, terms: Terms, number: int, body: asked.Nothing, now: float) -> None:
    """End a session in which everything was answered: complete, or failed. Raises: Refused while there is something left."""
    rater = _rater(db, number)
    if rater["status"] != "started":
        return
    rows = trials_of_rater(db, number)
    if not rows or any(row["revision"] is None for row in rows):
        raise conflict("unanswered", "There are pairs left to answer.")
    failed = fails(rows, terms.study.protocol.exclusion)
    _end(db, number, "failed-checks" if failed else "complete", None, now)


def withdraw(db: sqlite3.Connection, terms: Terms, number: int, body: asked.Nothing, now: float) -> None:
    """Delete a rater's answers, and what was measured; that they came stays, so that nobody comes again in their place."""
    db.execute("DELETE FROM trials WHERE rater = ?", (number,))
    db.execute("UPDATE raters SET device = '{}' WHERE number = ?", (number,))
    _end(db, number, "withdrawn", None, now)


def visible_trial(db: sqlite3.Connection, number: int, trial: str) -> sqlite3.Row:
    """Return a trial whose pictures a rater may see now: the last answered one and the next ones. Raises: Refused."""
    rater, rows = _rater(db, number), trials_of_rater(db, number)
    last = _last_answered(rows)
    for row in [*_next(rows), *([last] if last else [])]:
        if row["trial"] == trial and rater["status"] == "started":
            return row
    raise not_yours()


def _check_turn(rater: sqlite3.Row, row: sqlite3.Row, rows: list[sqlite3.Row], body: asked.Answer) -> None:
    if rater["status"] != "started":
        raise conflict("ended", "This session has ended.")
    if rater["device"] == "{}":
        raise conflict("device", "The screen was not looked at yet.")
    near = {each["trial"] for each in _next(rows)}
    last = _last_answered(rows)
    is_first = row["revision"] is None and body.revision == 0 and body.trial in near
    is_again = last is not None and last["trial"] == body.trial and body.revision == last["revision"] + 1
    if not (is_first or is_again):
        raise conflict("order", "This pair is not asked for now; only the last answer can be changed.")


def _go_on(db: sqlite3.Connection, terms: Terms, rater: sqlite3.Row, row: sqlite3.Row, now: float) -> None:
    """What an answer entails: pairs that went to others meanwhile, those drawn by the votes so far, checks missed."""
    number, protocol = rater["number"], terms.study.protocol
    _renew(db, terms, rater, now)
    db.execute("UPDATE raters SET seen = ? WHERE number = ?", (now, number))
    is_drawn_anew = protocol.session.pairs == "adaptive" and row["kind"] == "main"
    if row["revision"] is not None or not (is_drawn_anew or terms.check_midway):
        return
    rows = trials_of_rater(db, number)
    answered = sum(each["kind"] == "main" and each["revision"] is not None for each in rows)
    if is_drawn_anew and answered % ADAPT_EVERY == 0:
        redraw(db, terms, number, now, keep=AHEAD)
    if terms.check_midway and fails(rows, protocol.exclusion):
        _end(db, number, "failed-checks", None, now)


def _renew(db: sqlite3.Connection, terms: Terms, rater: sqlite3.Row, now: float) -> None:
    if rater["seen"] <= now - terms.lease_s:
        redraw(db, terms, rater["number"], now, keep=0)


def _rater(db: sqlite3.Connection, number: int) -> sqlite3.Row:
    return db.execute("SELECT * FROM raters WHERE number = ?", (number,)).fetchone()


def _stage(rater: sqlite3.Row, rows: list[sqlite3.Row]) -> str:
    if rater["status"] == "invited":
        return "consent"
    if rater["status"] != "started":
        return NOTHING_LEFT if rater["reason"] == NOTHING_LEFT else str(rater["status"])
    waiting = next((row for row in rows if row["revision"] is None), None)
    return "training" if waiting is not None and waiting["kind"] == "training" else "trials"


def _shown(terms: Terms, row: sqlite3.Row) -> dict[str, Any]:
    scene = terms.study.scenes[row["scene"]]
    return {
        "trial": row["trial"],
        "training": row["kind"] == "training",
        "width": scene.width,
        "height": scene.height,
        "instruct": row["expected"] if row["kind"] == "trap" else None,
    }


def _next(rows: list[sqlite3.Row]) -> list[sqlite3.Row]:
    """The trials that are told in advance."""
    return [row for row in rows if row["revision"] is None][:AHEAD]


def _last_answered(rows: list[sqlite3.Row]) -> sqlite3.Row | None:
    return max((row for row in rows if row["revision"] is not None), key=lambda row: row["position"], default=None)


def _end(db: sqlite3.Connection, number: int, status: str, reason: str | None, now: float) -> None:
    said = (status, reason, now, now, number)
    db.execute("UPDATE raters SET status = ?, reason = ?, finished = ?, seen = ? WHERE number = ?", said)


def _return_url(terms: Terms, rater: sqlite3.Row) -> str | None:
    """Where Prolific's raters are sent at the end, by how they ended; None: nowhere, or not yet."""
    return return_url(terms.study.protocol, rater["status"]) if rater["source"] == "prolific" else None
