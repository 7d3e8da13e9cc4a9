"""Who is who: tokens, of which the store knows hashes only, invitations, and the places for those who come without one."""

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass

from experiments.study.server.refused import Refused, full, unknown_token

TOKEN_BYTES = 18
"""Of chance in a token: 24 characters of base64url, which nobody guesses."""
JOINS_PER_PLACE = 20
"""So many may come for each place before nobody new is let in: those who leave again make room, a flood does not."""


@dataclass(frozen=True)
class Places:
    """How many raters may come without an invitation: through Prolific, and through the open link."""

    open: int = 0
    prolific: int = 0


def hash_of(token: str) -> bytes:
    """Return what the store keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def rater_of(db: sqlite3.Connection, token: str) -> int:
    """Return the number of the rater who has a token. Raises: Refused if nobody has."""
    row = db.execute("SELECT rater FROM tokens WHERE hash = ?", (hash_of(token),)).fetchone()
    if row is None:
        raise unknown_token()
    return row["rater"]


def new_rater(db: sqlite3.Connection, source: str, now: float) -> tuple[int, str]:
    """Return the number and the token of a rater who did not exist before."""
    number = db.execute("INSERT INTO raters (source, seen) VALUES (?, ?)", (source, now)).lastrowid
    assert number is not None
    return number, new_token(db, number)


def new_token(db: sqlite3.Connection, number: int) -> str:
    """Return one more token of a rater, who keeps those given before."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    db.execute("INSERT INTO tokens VALUES (?, ?)", (hash_of(token), number))
    return token


def join_open(db: sqlite3.Connection, places: Places, now: float, lease_s: float) -> str:
    """Return the token of one more rater of an open study. Raises: Refused if it is none, or is full."""
    if not places.open:
        raise Refused(403, "invitation", "This study is for invited raters; open the link that you were given.")
    _make_room(db, "open", places.open, now, lease_s)
    return new_rater(db, "open", now)[1]


def join_prolific(db: sqlite3.Connection, places: Places, ids: tuple[str, str, str], now: float, lease_s: float) -> str:
    """Return a token of the rater who is `ids[0]` at Prolific: whoever comes again is who they were.

    `ids` are the participant, the study and the session. Raises: Refused if nobody comes from there, or all places are taken.
    """
    row = db.execute("SELECT rater FROM prolific WHERE pid = ?", ids[:1]).fetchone()
    if row is not None:
        return new_token(db, row["rater"])
    if not places.prolific:
        raise Refused(403, "invitation", "This study is not open to raters of Prolific.")
    _make_room(db, "prolific", places.prolific, now, lease_s)
    number, token = new_rater(db, "prolific", now)
    db.execute("INSERT INTO prolific VALUES (?, ?, ?, ?)", (*ids, number))
    return token


def _make_room(db: sqlite3.Connection, source: str, places: int, now: float, lease_s: float) -> None:
    """Raises: Refused if all places are taken, by raters who finished or who gave a sign of life within their lease."""
    came, taken = db.execute(
        """SELECT count(*), count(CASE WHEN status = 'complete' OR status IN ('invited', 'started') AND seen > ? THEN 1 END)
        FROM raters WHERE source = ?""",
        (now - lease_s, source),
    ).fetchone()
    if taken >= places or came >= JOINS_PER_PLACE * places:
        raise full()
