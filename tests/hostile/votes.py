"""Stores of votes and results that mean harm: databases of ours in which a table is a query without an end, or a pickle."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from fixtures.studies import small_study
from hostile.descriptions import DEEP, later

from experiments.study.server.store import Store

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"


def _store(script: str) -> Callable[[Path, Path], list]:
    """A store of this very study, changed by a script."""

    def make(folder: Path, canary: Path) -> list:
        study = small_study(folder / "study", lists=1)
        Store.of(folder / "votes.sqlite", study).close()
        db = sqlite3.connect(folder / "votes.sqlite")
        db.create_function("seal", -1, lambda *values: 0, deterministic=True)
        db.executescript(script)
        db.close()
        return _analysed(folder, "--store", folder / "votes.sqlite")

    return make


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        words = _store("")(folder, canary)
        path = folder / "votes.sqlite"
        path.write_bytes(change(path.read_bytes()))
        return words

    return make


def _votes(content: bytes) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        small_study(folder / "study", lists=1)
        (folder / "votes.json").write_bytes(content)
        return _analysed(folder, folder / "votes.json")

    return make


def _analysed(folder: Path, *given: object) -> list:
    return ["study", "analyse", folder / "study", *given, "--out", folder / "out"]


def _rater(device: str, seal: int = 0) -> str:
    return f"""
    DROP TRIGGER raters_written;
    INSERT INTO raters (source, seen, status, device, seal) VALUES ('open', 1.0, 'started', {device}, {seal});
    """


MAKERS = {
    "votes store: a trigger that loads a library": _store(
        "CREATE TRIGGER t AFTER INSERT ON votes BEGIN SELECT load_extension('evil'); END;"
    ),
    "votes store: a table that is a query without an end": _store(
        f"DROP TABLE votes; CREATE VIEW votes AS {ENDLESS} SELECT x AS trial, 1 AS revision, 'left' AS choice, 1 AS ms,"
        " 0 AS zoomed, 0 AS away_ms, 1.0 AS received, seal(x, 1, 'left', 1, 0, 0, 1.0) AS seal FROM n;"
    ),
    "votes store: facts that are a query without an end": _store(
        f"DROP TABLE meta; CREATE VIEW meta AS {ENDLESS} SELECT 'a' AS name, x AS value FROM n;"
    ),
    "votes store: 300,000 rows of nobody": _store(
        f"INSERT INTO tokens {ENDLESS} SELECT randomblob(16), x FROM n LIMIT 300000;"
    ),
    "votes store: a trigger of ours that loads a library": _store(
        "DROP TRIGGER votes_written;"
        "CREATE TRIGGER votes_written AFTER INSERT ON votes BEGIN SELECT load_extension('evil'); END;"
    ),
    "votes store: a view of itself": _store("DROP TABLE votes; CREATE VIEW votes AS SELECT * FROM votes;"),
    "votes store: a table is missing": _store("DROP TABLE votes;"),
    "votes store: another column": _store("ALTER TABLE votes RENAME COLUMN choice TO chosen;"),
    "votes store: facts are missing": _store("DELETE FROM meta;"),
    "votes store: a device of 100,000 brackets": _store(_rater(f"'{DEEP}'")),
    "votes store: bytes for texts": _store("UPDATE meta SET value = x'ff00ff';"),
    "votes store: a schema that is none": _store(
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'CREATE TABLE votes (((' WHERE name = 'votes';"
    ),
    "votes store: pages that lead nowhere": _bytes(lambda content: content[:4096] + b"\xff" * (len(content) - 4096)),
    "votes store: cut off": _bytes(lambda content: content[:5000]),
    "votes: a pickle": _votes(b"\x80\x04cos\nsystem\n"),
    "votes: 100,000 brackets": _votes(DEEP.encode()),
    "votes: a number of 400 digits": _votes(b'{"format": "attiqa-votes", "version": ' + b"9" * 400 + b"}"),
    "votes: 100 MB of blanks": later(lambda: _votes(b" " * 100_000_000)),
}
