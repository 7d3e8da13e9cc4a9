"""The links of invited raters: one file that is for the experimenter's eyes alone, as each link votes as its rater."""

import csv
import io
import os
import sqlite3
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.files.tables import csv_text
from attiqa_core.files.whole import write_text
from experiments.study.server.raters import hash_of, new_rater, new_token
from experiments.study.server.store import Store, meta, rater_name

COLUMNS = ("rater", "link")


def invite(store: Store, file: Path, raters: int, address: str, now: float) -> int:
    """Invite so many raters in all, write their links into `file`, and return how many are in it.

    Links that are in the file stay valid, under the `address` of now. Who was invited and has no link there (the file was
    lost) gets a new one, unless they have begun: their own goes on. Who was removed is not invited again.
    """
    known = read_links(file)
    with store.transaction() as db:
        invited = int(meta(db, "invited"))
        for _ in range(raters - invited):
            number, token = new_rater(db, "invited", now)
            known[rater_name(number)] = token
        db.execute("UPDATE meta SET value = ? WHERE name = 'invited'", (str(max(raters, invited)),))
        tokens = _valid(db, known)
    if tokens or file.exists():
        _write_links(file, tokens, address)
    return len(tokens)


def forget_links(store: Store, file: Path) -> None:
    """Take the links of raters who are not in the store any more out of `file`, if it is there."""
    if file.is_file():
        known = _read_rows(file)
        with store.reading() as db:
            here = {rater_name(row["number"]) for row in db.execute("SELECT number FROM raters")}
        _write(file, [row for row in known if row[0] in here])


def read_links(file: Path) -> dict[str, str]:
    """Return the token of each rater whose link is in `file`; none if it is not there. Raises: InputError if it is no such file."""
    return {rater: link.rpartition("#")[2] for rater, link in _read_rows(file)} if file.is_file() else {}


def _valid(db: sqlite3.Connection, known: dict[str, str]) -> dict[str, str]:
    tokens: dict[str, str] = {}
    for row in db.execute("SELECT number, status FROM raters WHERE source = 'invited' ORDER BY number").fetchall():
        name = rater_name(row["number"])
        owner = db.execute("SELECT rater FROM tokens WHERE hash = ?", (hash_of(known.get(name, "")),)).fetchone()
        if owner is not None and owner["rater"] == row["number"]:
            tokens[name] = known[name]
        elif row["status"] == "invited":
            tokens[name] = new_token(db, row["number"])
    return tokens


def _read_rows(file: Path) -> list[tuple[str, str]]:
    try:
        rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"))))
    except (ValueError, csv.Error) as error:
        raise InputError(f"{file}: cannot be read as a table of links ({error}); move it away") from error
    if not rows or tuple(rows[0]) != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        raise InputError(f"{file}: is no table of links with the columns {', '.join(COLUMNS)}; move it away")
    return [(rater, link) for rater, link in rows[1:]]


def _write_links(file: Path, tokens: dict[str, str], address: str) -> None:
    _write(file, [(rater, f"{address}#{token}") for rater, token in tokens.items()])


def _write(file: Path, rows: list[tuple[str, str]]) -> None:
    mask = os.umask(0o077)
    try:
        write_text(file, csv_text([COLUMNS, *rows]))
    finally:
        os.umask(mask)
