"""Rows of a comparison that are done, kept until all are: one that was killed goes on with the next row."""

import json
import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from torch import Tensor

from agents.tools.choosers import Chooser
from agents.tools.records import Record, play
from attiqa_core.runs.lock import PRIVATE
from attiqa_core.tensor_files import load_sealed, save_sealed, words_of
from isp_env.tool_episodes.core import ToolCore

CURE = "remove it and go on with --resume, which plays the row again"


@dataclass(frozen=True)
class KeptRows:
    """The rows of the run in a folder; a row is played by a chooser whose randomness is its own, so that order is nothing."""

    run: Path

    @property
    def folder(self) -> Path:
        """Where the rows lie."""
        return self.run / PRIVATE / "rows"

    def played(self, number: int, chooser: Chooser, core: ToolCore) -> Record:
        """Return what a chooser makes of the pictures, read if it was played before."""
        path = self.folder / f"{number:02}.safetensors"
        if path.is_file():
            return _read(path)
        record = play(core, chooser)
        _write(path, record)
        return record

    def remove(self) -> None:
        """Remove them all: what they were for is written."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _write(path: Path, record: Record) -> None:
    tensors = {name: each for name, each in vars(record).items() if isinstance(each, Tensor)}
    words = {name: json.dumps(each) for name, each in vars(record).items() if name not in tensors}
    save_sealed(path, tensors, words)


def _read(path: Path) -> Record:
    tensors, words = load_sealed(path, CURE), words_of(path)
    about: dict[str, Any] = {
        each.name: json.loads(words[each.name]) for each in fields(Record) if each.name not in tensors
    }
    used = tuple(tuple((tool, strength) for tool, strength in steps) for steps in about.pop("used"))
    return Record(**{**about, **tensors, "used": used})
