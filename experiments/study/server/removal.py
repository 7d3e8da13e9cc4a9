"""One rater out of a store, so that not even the bytes are left in its files."""

import sqlite3
from dataclasses import dataclass

from attiqa_core.errors import InputError
from experiments.study.server.raters import hash_of
from experiments.study.server.store import Store, rater_name


@dataclass(frozen=True)
class Removed:
    """What there was of a rater."""

    rater: str
    votes: int
    trials: int
    prolific: bool
    """Whether identifiers of Prolific were kept."""


def remove(store: Store, raters: tuple[str, ...]) -> list[Removed]:
    """Remove raters by name, token, link or Prolific identifier, all of them or none, and return what was removed.

    The file is written anew without them, and what SQLite kept beside it is emptied. Raises: InputError for a rater who is not there.
    """
    with store.transaction() as db:
        numbers = dict.fromkeys(_number_of(db, store, each) for each in raters)
        removed = [_described(db, number) for number in numbers]
        db.executemany("DELETE FROM raters WHERE number = ?", [(number,) for number in numbers])
    store.rewrite()
    return removed


def _number_of(db: sqlite3.Connection, store: Store, said: str) -> int:
    for row in db.execute("SELECT number FROM raters"):
        if rater_name(row["number"]) == said:
            return row["number"]
    by_token = db.execute("SELECT rater FROM tokens WHERE hash = ?", (hash_of(said.rpartition("#")[2]),)).fetchone()
    by_pid = db.execute("SELECT rater FROM prolific WHERE pid = ?", (said,)).fetchone()
    if found := by_token or by_pid:
        return found["rater"]
    raise InputError(f"{store.path}: has no rater {said}; give a name such as {rater_name(1)}, a token or a link")


def _described(db: sqlite3.Connection, number: int) -> Removed:
    votes, trials, prolific = (
        db.execute(query, (number,)).fetchone()[0]
        for query in (
            "SELECT count(*) FROM votes AS v JOIN trials AS t ON v.trial = t.trial WHERE t.rater = ?",
            "SELECT count(*) FROM trials WHERE rater = ?",
            "SELECT count(*) FROM prolific WHERE rater = ?",
        )
    )
    return Removed(rater_name(number), votes, trials, bool(prolific))
