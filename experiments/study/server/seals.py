"""Rows that say whether they are as they were written: SQLite has no checksums, and a bit that flips on a disk is a vote."""

import sqlite3
import zlib
from typing import Any

SEALED = {
    "raters": ("number", "source", "status", "reason", "language", "consent", "started", "finished", "seen", "device"),
    "trials": (
        "trial", "rater", "position", "kind", "scene", '"left"', '"right"', "repeat_of", "expected", "revision",
    ),
    "votes": ("trial", "revision", "choice", "ms", "zoomed", "away_ms", "received"),
}  # fmt: skip
"""The columns under the seal of each table, its key first."""

LOST = """
SELECT count(*) FROM trials AS t
WHERE t.revision IS NOT (SELECT max(v.revision) FROM votes AS v WHERE v.trial = t.trial)
"""
"""Trials of which the vote that counts is not the last one: an answer that is gone, or has come from nowhere."""


def know_seals(connection: sqlite3.Connection) -> None:
    """Teach a connection to seal: without it nothing can be written into the tables."""
    connection.create_function("seal", -1, seal, deterministic=True)


def seal(*values: Any) -> int:
    """Return what stands beside a row of these values: against accidents, not against people."""
    return zlib.crc32(repr(values).encode("utf-8", "surrogatepass"))


def make_seals(connection: sqlite3.Connection) -> None:
    """Have every row sealed when it is written, and anew when it is changed."""
    for table, columns in SEALED.items():
        new = ", ".join(f"NEW.{column}" for column in columns)
        keys = columns[:2] if table == "votes" else columns[:1]
        here = " AND ".join(f"{key} = NEW.{key}" for key in keys)
        for name, event in (("written", "INSERT"), ("changed", f"UPDATE OF {', '.join(columns)}")):
            connection.execute(
                f"CREATE TRIGGER {table}_{name} AFTER {event} ON {table} "
                f"BEGIN UPDATE {table} SET seal = seal({new}) WHERE {here}; END"
            )


def what_is_broken(connection: sqlite3.Connection) -> str | None:
    """Return what of the file is not as it was written, None if all is. Raises: sqlite3.Error where it cannot even be read."""
    said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        return said.splitlines()[-1]
    if connection.execute("PRAGMA foreign_key_check").fetchone():
        return "a row belongs to no other"
    for table, columns in SEALED.items():
        if connection.execute(f"SELECT count(*) FROM {table} WHERE seal IS NOT seal({', '.join(columns)})").fetchone()[
            0
        ]:
            return f"a row of {table} was changed"
    return "an answer is missing" if connection.execute(LOST).fetchone()[0] else None
