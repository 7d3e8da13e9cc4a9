"""Other programs' rows as answers: which picture of which scene was on which side, and what the rater chose. Pure.

Columns and words are found by their usual names, or by those that the user gives; what fits neither is named with the cure.
"""

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError, first_of
from experiments.study.imports.picture_names import Picture, is_picture, name_of, picture_of
from experiments.study.imports.rows import Row
from experiments.study.trials import CHOICES, KINDS, Kind

FIELDS = ("rater", "scene", "left", "right", "choice", "seconds", "kind", "expected", "record", "status")
NEEDED = ("rater", "left", "right", "choice")
LONGEST_NAME = 2000
MOST_SECONDS = 86_400.0
_KIND_OF: dict[str, Kind] = {kind: kind for kind in KINDS}


@dataclass(frozen=True)
class Answer:
    """One answer. `seconds` is None where the file does not say; `rater` is who they were to the other program."""

    rater: str
    left: Picture
    right: Picture
    choice: str
    seconds: float | None
    kind: Kind
    expected: str | None


@dataclass(frozen=True)
class Source:
    """A kind of file. `columns`: the usual names of each field; `words`: what a choice is called beside our own names, unless
    the user says it.

    `left_out` names the reason for which a row does not count, None where it does; `untold`: what such a file never tells.
    """

    read: Callable[[Path], list[Row]]
    columns: Mapping[str, tuple[str, ...]]
    words: Mapping[str, str]
    untold: tuple[str, ...]
    left_out: Callable[[Row], str | None] = lambda row: None
    choice: Callable[[Any], str] = str
    seconds_in_one: float = 1.0
    """How many of the file's units of time are a second."""


@dataclass
class Tally:
    """Rows that do not count, by reason, with the first of each and how many there are."""

    reasons: dict[str, tuple[str, int]] = field(default_factory=dict)

    def add(self, reason: str, row: Row) -> None:
        first, number = self.reasons.get(reason, (f"{row.file}, {row.place}", 0))
        self.reasons[reason] = first, number + 1

    def sentences(self) -> list[str]:
        """Return one sentence for each reason."""
        return [
            f"{first}: {reason}" + (f", and {number - 1:,} more rows" if number > 1 else "")
            for reason, (first, number) in self.reasons.items()
        ]


@dataclass(frozen=True)
class Read:
    """What came out of the files: answers in their order, rows that the source leaves out, and rows that are broken."""

    answers: list[Answer]
    expected: list[str]
    broken: list[str]


def read_answers(
    files: Sequence[Path], source: Source, columns: Mapping[str, str], words: Mapping[str, str], pattern: str
) -> Read:
    """Return the answers in the files. `columns` maps fields to columns and `words` other programs' words to our choices.

    Raises: InputError for a column that is not there, a word that is no choice, or files without any answer.
    """
    meanings = {name: name for name in CHOICES} | dict(words or source.words)
    left_out, broken, strange = Tally(), Tally(), Tally()
    answers: list[Answer] = []
    seen: set[str] = set()
    for path in files:
        rows = source.read(path)
        names = _columns_of(path, rows, source, columns)
        for row in rows:
            if reason := source.left_out(row):
                left_out.add(reason, row)
                continue
            said = {name: row.values.get(column) for name, column in names.items()}
            if (record := _text(said.get("record"))) and record in seen:
                left_out.add("is there twice", row)
                continue
            seen.update({record} if record else ())
            try:
                answers.append(_answer(row, said, source, meanings, pattern))
            except _Strange as word:
                strange.add(f"choice {str(word)[:60]!r}", row)
            except _Broken as reason:
                broken.add(str(reason), row)
    if strange.reasons:
        known = ", ".join(dict.fromkeys(meanings))
        raise InputError(
            f"{first_of(strange.sentences())}: is none of {known}; say what it means with --words left=WORD right=WORD"
        )
    if not answers:
        reasons = [*broken.sentences(), *left_out.sentences()] or [f"{files[0]}: holds no row"]
        raise InputError(f"{reasons[0]}; no answer can be used")
    return Read(answers, left_out.sentences(), broken.sentences())


class _Broken(Exception):
    """Why a row cannot be used."""


class _Strange(Exception):
    """A word that is no choice."""


def _columns_of(path: Path, rows: Sequence[Row], source: Source, given: Mapping[str, str]) -> dict[str, str]:
    """The column of each field that the file has. Raises: InputError naming the columns that are there."""
    present = list(dict.fromkeys(name for row in rows for name in row.values))
    found = {}
    for name in FIELDS:
        usual = next((column for column in source.columns.get(name, ()) if column in present), None)
        column = given.get(name, usual)
        if column is not None and column not in present:
            raise InputError(
                f"{path}: has no column {column}, given with --map {name}=...; it has {first_of(present, 12)}"
            )
        if column is None and name in NEEDED and rows:
            usually = " or ".join(source.columns.get(name, ())) or name
            raise InputError(
                f"{path}: has no column {usually} for the {name}; name it with --map {name}=COLUMN; "
                f"it has {first_of(present, 12)}"
            )
        if column is not None:
            found[name] = column
    return found


def _answer(row: Row, said: Mapping[str, Any], source: Source, meanings: Mapping[str, str], pattern: str) -> Answer:
    rater = cleaned(said["rater"])
    if not rater:
        raise _Broken("names no rater")
    word = source.choice(said["choice"]).strip().lower() if said["choice"] is not None else ""
    if not word:
        raise _Broken("has no answer")
    lower = {name.lower(): meaning for name, meaning in meanings.items()}
    if word not in lower:
        raise _Strange(word)
    scene = _name(said.get("scene"))
    left, right = (_picture(said[side], scene, pattern) for side in ("left", "right"))
    if left.scene != right.scene:
        raise _Broken(
            f"compares {left.file} with {right.file}, two scenes by {pattern}; give --pictures, or --map scene=COLUMN"
        )
    if left.arm == right.arm:
        raise _Broken(f"compares {left.arm} with itself")
    named = _text(said.get("kind")).lower() or "main"
    kind = _KIND_OF.get(named)
    if kind is None:
        raise _Broken(f"kind {named[:40]!r} is none of {', '.join(KINDS)}")
    expected = _text(said.get("expected")).lower() or None
    if expected not in (None, "left", "right"):
        raise _Broken(f"expected {expected[:40]!r} is neither left nor right")
    if expected is None and kind in ("gold", "trap"):
        raise _Broken(f"is a {kind} pair without a right answer; name its column with --map expected=COLUMN")
    seconds = _seconds(said.get("seconds"), source.seconds_in_one)
    return Answer(rater, left, right, lower[word], seconds, kind, expected)


def _picture(cell: Any, scene: str, pattern: str) -> Picture:
    """The picture in a cell, which holds its file or, where another column has the scene, its arm."""
    text = _name(cell)
    if not text:
        raise _Broken("lacks a picture")
    if not is_picture(text):
        if not scene:
            raise _Broken(f"{text[:60]!r} is no picture, and no column has the scene; give --map scene=COLUMN")
        return _inside(Picture(scene, text, name_of(scene, text, pattern)))
    found = picture_of(text, pattern)
    if found is None:
        raise _Broken(f"{text[-80:]} does not fit {pattern}; say with --pictures where its scene and arm stand")
    return _inside(Picture(scene or found.scene, found.arm, found.file))


def _inside(picture: Picture) -> Picture:
    if {"", ".", ".."} & set(picture.file.split("/")):
        raise _Broken(f"{picture.file[:80]!r} leaves the folder of pictures")
    return picture


def _seconds(cell: Any, in_one: float) -> float | None:
    try:
        seconds = float(_text(cell)) / in_one
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and 0 <= seconds <= MOST_SECONDS else None


def cleaned(cell: Any) -> str:
    """Return who a rater is: without spaces around and letters that are not seen, which would make one rater two."""
    text = unicodedata.normalize("NFKC", _text(cell))
    return "".join(letter for letter in text if unicodedata.category(letter) not in ("Cf", "Cc", "Cs")).strip()


def _name(cell: Any) -> str:
    text = _text(cell)
    if len(text) > LONGEST_NAME or not all(letter.isprintable() for letter in text):
        raise _Broken("has a name of letters that no file has, or too many of them")
    return text


def _text(cell: Any) -> str:
    """A cell as text; lists and objects are none."""
    if isinstance(cell, bool) or cell is None or isinstance(cell, list | dict):
        return "" if cell is None or isinstance(cell, list | dict) else str(cell)
    try:
        return str(cell).strip()
    except ValueError:  # a whole number of thousands of digits
        return ""
