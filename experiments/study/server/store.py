"""Everything that a served study knows of its raters, in one SQLite file."""

import contextlib
import json
import secrets
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from attiqa_core.errors import InputError, ResourceError
from attiqa_core.files.damaged import refusing
from experiments.study.folder import Study
from experiments.study.server.schema import connect, is_empty, make_tables
from experiments.study.server.seals import what_is_broken
from experiments.study.trials import Trial
from experiments.study.vote import Rater, Vote

DAY_S = 86_400
GONE = "was moved, replaced or deleted while it was in use; put the file back and start again"
COUNTED = """
SELECT t.*, v.choice, v.ms, v.zoomed, v.away_ms, v.received
FROM trials AS t JOIN votes AS v ON v.trial = t.trial AND v.revision = t.revision
"""
"""The votes that count: of each trial the last revision."""


class Store:
    """The store of one study. Its methods may be called from any thread, by one at a time."""

    def __init__(self, path: Path):
        """Open the store at `path`. Raises: InputError if there is none."""
        self.path = Path(path)
        if not self.path.is_file():
            raise InputError(f"{self.path}: no such store of votes; `attiqa study serve` makes it")
        self._connection = connect(self.path)
        self._files = _identities(self.path)

    @classmethod
    def of(cls, path: Path, study: Study) -> Self:
        """Return the store of `study` at `path`, new if there is none. Raises: InputError if it is another study's."""
        connect(Path(path)).close()
        store = cls(path)
        with store.transaction() as db:
            if is_empty(db):
                experimenter = secrets.token_urlsafe(24)
                make_tables(db, {**_identity(study), "experimenter": experimenter, "invited": "0"})
        store.check_whole()
        store.check_is_of(study)
        return store

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A context whose changes are on the disk when it ends, all of them, or none if it fails.

        Raises: OSError if the file is not there any more, or is another: what is written then is lost with the process.
        """
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        if _identities(self.path) != self._files:
            raise FileNotFoundError(f"{self.path}: {GONE}")

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A context that sees one state of the store, and writes nothing."""
        self._connection.execute("BEGIN")
        try:
            yield self._connection
        finally:
            self._connection.execute("ROLLBACK")

    def meta(self, name: str) -> str:
        """Return one of the facts about the store as a whole."""
        return meta(self._connection, name)

    def check_is_of(self, study: Study) -> None:
        """Raises: InputError if the store holds votes on another study, or on another protocol."""
        if is_empty(self._connection) or any(self.meta(name) != value for name, value in _identity(study).items()):
            raise InputError(f"{self.path}: holds the votes of another study; name another file with --store")

    def check_whole(self) -> None:
        """Raises: InputError if the file is gone, or was damaged: a vote that a flipped bit changed looks like any other."""
        if _identities(self.path) != self._files:
            raise InputError(f"{self.path}: {GONE}")
        try:
            broken = what_is_broken(self._connection)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            broken = str(error)
        if broken is not None:
            raise InputError(f"{self.path}: is damaged ({broken}); take a copy of it from before")

    def collected(self, study: Study) -> tuple[list[Vote], list[Rater]]:
        """Return the votes that count, of each trial the last revision, and all who took part, in order of their coming.

        Raters who withdrew have no votes. Raises: InputError if the store is another study's, or anything in it is not as it was
        written.
        """
        self.check_whole()
        with refusing(self.path, "take a copy of it from before"), self.reading() as db:
            self.check_is_of(study)
            votes = [_vote(row) for row in db.execute(f"{COUNTED} ORDER BY t.rater, t.position")]
            rows = db.execute("SELECT * FROM raters WHERE status != 'invited' ORDER BY number")
            return votes, [_rater(db, row) for row in rows]

    def kept_longer_than(self, days: int, now: float) -> list[str]:
        """Return the names of raters who were told that their answers are kept so many days, and gave them before."""
        with self.reading() as db:
            rows = db.execute("SELECT number FROM raters WHERE consent IS NOT NULL AND seen < ?", (now - days * DAY_S,))
            return [rater_name(row["number"]) for row in rows]

    def rewrite(self) -> None:
        """Write the file anew without what was deleted, and empty the log beside it, in which it would still stand."""
        self._connection.execute("VACUUM")
        busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise ResourceError(f"{self.path}: is in use, its log could not be emptied; run the command again")

    def close(self) -> None:
        """Close the file; what is in the WAL goes into it."""
        self._connection.close()


def _identities(path: Path) -> list[tuple[int, int] | None]:
    """Which files a store's two are, the second the log in which votes stand first; None: it is not there."""
    found: list[tuple[int, int] | None] = []
    for each in (path, path.with_name(f"{path.name}-wal")):
        try:
            said = each.stat()
            found.append((said.st_dev, said.st_ino))
        except FileNotFoundError:
            found.append(None)
    return found


def meta(db: sqlite3.Connection, name: str) -> str:
    """Return one of the facts about the store as a whole. Raises: InputError if it is not there."""
    found = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    if found is None or not isinstance(found[0], str):
        path = db.execute("PRAGMA database_list").fetchone()["file"]
        raise InputError(f"{path}: is damaged (its {name} is missing); take a copy of it from before")
    return found[0]


def rater_name(number: int) -> str:
    """Return what a rater is called in all results."""
    return f"rater-{number:03d}"


def trial_of(row: sqlite3.Row) -> Trial:
    """Return the trial that a row of `trials` holds."""
    return Trial(*(row[name] for name in ("trial", "kind", "scene", "left", "right", "repeat_of", "expected")))


def _identity(study: Study) -> dict[str, str]:
    return {"study": study.study, "protocol_sha256": study.protocol.sha256}


def _vote(row: sqlite3.Row) -> Vote:
    return Vote(
        rater=rater_name(row["rater"]),
        trial=trial_of(row),
        choice=row["choice"],
        seconds=row["ms"] / 1000,
        position=row["position"],
        zoomed=bool(row["zoomed"]),
        revised=row["revision"] > 0,
        away_s=row["away_ms"] / 1000,
    )


def _rater(db: sqlite3.Connection, row: sqlite3.Row) -> Rater:
    """A rater who answered all, and went before the page could say so, is complete."""
    asked, answered = db.execute(
        "SELECT count(*), count(revision) FROM trials WHERE rater = ?", (row["number"],)
    ).fetchone()
    all_done = row["status"] == "started" and asked == answered > 0
    device: dict[str, Any] = json.loads(row["device"])
    return Rater(
        rater=rater_name(row["number"]),
        status="complete" if all_done else row["status"],
        language=row["language"] or "en",
        consent=row["consent"],
        started=_written(row["started"]),
        finished=_written(row["finished"]),
        device=device,
    )


def _written(time_s: float | None) -> str | None:
    return None if time_s is None else datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
