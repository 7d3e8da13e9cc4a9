"""Options of `attiqa study import`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro
from tyro.conf import Positional

from attiqa_core.errors import UsageError
from experiments.options import checks

FIELDS = ("rater", "scene", "left", "right", "choice", "seconds", "kind", "expected", "record")
CHOICES = ("left", "slightly-left", "tie", "slightly-right", "right")


@dataclass(frozen=True)
class Config:
    """Bring votes of other programs into a study's folder, for `attiqa study analyse` and `attiqa evaluate --votes`.

    Scene and arm of a picture are read from its name, ARM/SCENE.jpg unless --pictures says otherwise; or columns have them.
    Who voted gets an opaque name; private/raters.csv alone says who that was. What such a file does not tell is said.
    """

    files: Positional[tuple[Path, ...]]
    """results as the other program saved them"""
    source: Annotated[Literal["mturk", "jspsych", "label-studio", "csv"], tyro.conf.arg(name="from")]
    """mturk: batch results; jspsych: data as JSON or CSV; label-studio: export as JSON; csv: rater, scene, left, right, choice,
    seconds"""
    out: Path
    """new folder for the study"""
    map: tuple[str, ...] = ()
    """FIELD=COLUMN where a column has another name: rater, scene, left, right, choice, seconds, kind, expected or record"""
    words: tuple[str, ...] = ()
    """CHOICE=WORD where an answer has another name: left=A right=B tie=same slightly-left=2"""
    pictures: str = "{arm}/{scene}"
    """where scene and arm stand in a picture's name, such as {scene}_{arm}.jpg"""
    protocol: Path | None = None
    """TOML of a study, for its name and its rules of exclusion"""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.named(self.files, "no files named; give the results that the other program saved")
        checks.new_folder(self.out)
        checks.present(*([self.protocol] if self.protocol else []))
        _ = self.columns, self.meanings
        once = self.pictures.count("{scene}") == self.pictures.count("{arm}") == 1
        rest = self.pictures.replace("{scene}", "").replace("{arm}", "")
        if not once or "}{" in self.pictures or "{" in rest or "}" in rest:
            raise UsageError(
                f"--pictures {self.pictures}: needs {{scene}} and {{arm}} once each, and something between them, "
                "as {scene}_{arm}.jpg"
            )

    @property
    def columns(self) -> dict[str, str]:
        """Field -> column. Raises: UsageError."""
        return dict(_pairs("--map", self.map, FIELDS))

    @property
    def meanings(self) -> dict[str, str]:
        """The other program's word -> our choice. Raises: UsageError."""
        return {word: choice for choice, word in _pairs("--words", self.words, CHOICES)}


def _pairs(flag: str, words: Sequence[str], names: Sequence[str]) -> list[tuple[str, str]]:
    found = []
    for word in words:
        name, is_pair, value = word.partition("=")
        if not (is_pair and value and name in names):
            raise UsageError(f"{flag} {word}: give NAME=WORD, NAME one of {', '.join(names)}")
        found.append((name, value))
    return found
