"""The one file of a served study: its tables, and how it is opened so that what was committed is on the disk."""

import contextlib
import functools
import os
import sqlite3
from pathlib import Path

from attiqa_core.errors import InputError
from experiments.study.server.seals import know_seals, make_seals

APPLICATION = 0x41545144  # "ATQD", so that no other program's database is taken for a store
VERSION = 2
WAIT_MS = 10_000
"""How long one connection waits for another's commit, such as that of `attiqa study remove`."""

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE raters (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given again, even after a removal
    source TEXT NOT NULL CHECK (source IN ('invited', 'open', 'prolific')),
    status TEXT NOT NULL DEFAULT 'invited',
    reason TEXT,
    language TEXT,
    consent TEXT,
    started REAL,
    finished REAL,
    seen REAL NOT NULL,
    device TEXT NOT NULL DEFAULT '{}',
    seal INTEGER
);
CREATE TABLE tokens (hash BLOB PRIMARY KEY, rater INTEGER NOT NULL REFERENCES raters ON DELETE CASCADE) WITHOUT ROWID;
CREATE INDEX tokens_of ON tokens (rater);
CREATE TABLE prolific (
    pid TEXT PRIMARY KEY,
    study TEXT NOT NULL,
    session TEXT NOT NULL,
    rater INTEGER NOT NULL UNIQUE REFERENCES raters ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE trials (
    trial TEXT PRIMARY KEY,
    rater INTEGER NOT NULL REFERENCES raters ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    scene TEXT NOT NULL,
    "left" TEXT NOT NULL,
    "right" TEXT NOT NULL,
    repeat_of TEXT,
    expected TEXT,
    revision INTEGER,  -- of the vote that counts; NULL: not answered yet
    seal INTEGER,
    UNIQUE (rater, position)
) WITHOUT ROWID;
CREATE TABLE votes (
    trial TEXT NOT NULL REFERENCES trials ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    choice TEXT NOT NULL,
    ms INTEGER NOT NULL,
    zoomed INTEGER NOT NULL,
    away_ms INTEGER NOT NULL,
    received REAL NOT NULL,
    seal INTEGER,
    PRIMARY KEY (trial, revision)
) WITHOUT ROWID;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection to the database at `path`, which is made if it is not there, for its owner's eyes alone.

    A commit returns when its bytes are on the disk (WAL, synchronous=FULL); what is deleted is overwritten.
    Raises: InputError if the file is no database, or is none of ours.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(path, timeout=WAIT_MS / 1000, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    know_seals(connection)
    try:
        _refuse_strangers(connection, path)
        for setting in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {setting}")
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        connection.close()
        raise InputError(
            f"{path}: cannot be read as a store of votes ({error}); name another file with --store"
        ) from error
    except InputError:
        connection.close()
        raise
    return connection


def make_tables(connection: sqlite3.Connection, said: dict[str, str]) -> None:
    """Make the tables, and write what is `said` of the study, in the transaction that runs."""
    for statement in TABLES.split(";\n"):
        connection.execute(statement)
    make_seals(connection)
    connection.executemany("INSERT INTO meta VALUES (?, ?)", said.items())
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def is_empty(connection: sqlite3.Connection) -> bool:
    """Return whether no tables were made yet."""
    return connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0


def _refuse_strangers(connection: sqlite3.Connection, path: Path) -> None:
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if is_empty(connection):
        return
    if application != APPLICATION:
        raise InputError(f"{path}: is another program's database; name another file with --store")
    if version != VERSION:
        raise InputError(f"{path}: has version {version}, this program reads {VERSION}")
    if foreign := sorted(_parts(connection) ^ _own_parts()):
        raise InputError(
            f"{path}: is damaged (the {' '.join(foreign[0])[:60]} is missing or was put in); take a copy of it from before"
        )


def _parts(connection: sqlite3.Connection) -> frozenset[tuple[str, str]]:
    """The kind and name of each part, without SQLite's own. A view in a table's place could be a query that never ends."""
    rows = connection.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
    return frozenset((str(kind), str(name)) for kind, name in rows)


@functools.cache
def _own_parts() -> frozenset[tuple[str, str]]:
    """What `make_tables` makes."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        make_tables(connection, {})
        return _parts(connection)
