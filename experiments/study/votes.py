"""The files that raters send back: read, checked against the study's key, and turned into votes for A or B."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from experiments.study.key import Key
from experiments.study.pairs import Trial

VOTES_FORMAT, VOTES_VERSION = "attiqa-study-votes", 1
CHOICES = ("left", "right", "tie", "skipped")


@dataclass(frozen=True)
class Vote:
    """One answer. `score` is 1 for A, 0 for B, 0.5 for no preference; `seconds` from the pair's appearance."""

    rater: str
    trial: Trial
    choice: str
    seconds: float

    @property
    def score(self) -> float:
        """How far the vote is one for A."""
        if self.choice == "tie":
            return 0.5
        return float((self.trial.left if self.choice == "left" else self.trial.right) == "a")


def find_results(paths: Iterable[Path]) -> list[Path]:
    """Return the result files among `paths`; of a folder, all its .json files. Raises: InputError if none."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(sorted(path.glob("*.json"))))
        else:
            found[path] = None
    if not found:
        raise InputError(f"{', '.join(map(str, paths))}: no .json files here; name the files raters sent back")
    return list(found)


def read_all(paths: Iterable[Path], key: Key) -> tuple[list[Vote], list[str]]:
    """Return the votes of all usable files and a complaint for each other one.

    A rater counts once: of several files under one name the one with most votes is kept, the first if equal.
    """
    kept: dict[str, tuple[Path, list[Vote]]] = {}
    complaints = []
    for path in paths:
        try:
            rater, votes = read_votes(path, key)
        except InputError as error:
            complaints.append(str(error))
            continue
        known = kept.get(rater)
        if known is None:
            kept[rater] = (path, votes)
            continue
        more, less = ((path, votes), known) if len(votes) > len(known[1]) else (known, (path, votes))
        kept[rater] = more
        complaints.append(f"{less[0]}: left out, rater {rater!r} already counts by {more[0]}; rename one of two people")
    return [vote for _, votes in kept.values() for vote in votes], complaints


def read_votes(path: Path, key: Key) -> tuple[str, list[Vote]]:
    """Return the rater, in lower case, and the answers of one file; skipped pairs are left out.

    Raises: InputError if the file is not a whole result of this study.
    """
    content = _read(path)
    if content.get("study") != key.study:
        raise InputError(f"{path}: is of study {content.get('study')!r}, not {key.study!r}; use that study's folder")
    rater, rows = content.get("rater"), content.get("votes")
    if not isinstance(rater, str) or not rater.strip() or not isinstance(rows, list) or not rows:
        raise InputError(f"{path}: names no rater or holds no votes; ask the rater to save it again")
    rater = " ".join(rater.split()).casefold()
    votes: dict[str, Vote] = {}
    for row in rows:
        vote = _vote(path, row, rater, key)
        if vote.trial.trial in votes:
            raise InputError(f"{path}: answers trial {vote.trial.trial} twice; ask for the unchanged file")
        votes[vote.trial.trial] = vote
    answered = [vote for vote in votes.values() if vote.choice != "skipped"]
    if not answered:
        raise InputError(f"{path}: every pair was skipped; were the pictures beside the page?")
    return rater, answered


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as JSON ({error}); ask for the file again") from error
    if not isinstance(content, dict) or content.get("format") != VOTES_FORMAT:
        raise InputError(f"{path}: is not a result of a study page; name the file that the rater saved at the end")
    if content.get("version") != VOTES_VERSION:
        raise InputError(f"{path}: has version {content.get('version')!r}, this program reads {VOTES_VERSION}")
    return content


def _vote(path: Path, row: Any, rater: str, key: Key) -> Vote:
    if not isinstance(row, dict) or not isinstance(row.get("trial"), str) or row["trial"] not in key.trials:
        named = row.get("trial") if isinstance(row, dict) else row
        raise InputError(f"{path}: trial {named!r} is not in the study; ask for the unchanged file")
    choice: Any = row.get("choice")
    milliseconds: Any = row.get("ms")
    if choice not in CHOICES or (choice == "tie" and not key.ties):
        raise InputError(f"{path}: trial {row['trial']} has the answer {choice!r}; ask for the unchanged file")
    is_number = isinstance(milliseconds, int | float) and not isinstance(milliseconds, bool)
    if not is_number or not 0 <= milliseconds < math.inf:
        raise InputError(f"{path}: trial {row['trial']} took {milliseconds!r} ms; ask for the unchanged file")
    return Vote(rater, key.trials[row["trial"]], choice, milliseconds / 1000)
