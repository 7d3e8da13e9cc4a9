"""The files that raters hand in: one read, checked against the study's lists, and turned into votes."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec

from attiqa_core.errors import InputError
from experiments.study.folder import RaterList, Study
from experiments.study.results.names import name_as_counted
from experiments.study.results.strangers_json import read_strangers_json, shown
from experiments.study.trials import ANSWERS, SKIPPED, Trial
from experiments.study.vote import Rater, Vote

VOTES_FORMAT, VOTES_VERSIONS = "attiqa-study-votes", (1, 2)
LONGEST_MS = 7 * 24 * 3600 * 1000
"""A week for one pair: longer is no time that a page measured."""

LONGEST_NAME, LARGEST_DEVICE = 200, 100

Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=LONGEST_MS)]


class Answer(msgspec.Struct, frozen=True):
    """A row of a file; what else it says is passed over."""

    trial: str
    choice: str
    ms: Milliseconds
    zoomed: bool = False
    revised: bool = False
    revision: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    away_ms: Milliseconds = 0


class Answers(msgspec.Struct, frozen=True):
    """A whole file, of version 1 or 2; one of version 2 names its list by `list` and the protocol by its hash.

    In version 2 an answer taken back stays: the same trial stands again with a higher `revision`, and the highest counts.
    """

    study: str
    votes: list[Answer]
    rater: Annotated[str, msgspec.Meta(max_length=LONGEST_NAME)] | None = None
    code: str = msgspec.field(name="list", default="")
    protocol_sha256: str = ""
    started: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    finished: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    complete: bool = False
    language: Annotated[str, msgspec.Meta(max_length=40)] = "en"
    consent: str | dict[str, Any] | None = None
    device: dict[str, Any] | None = None


@dataclass(frozen=True)
class HandedIn:
    """One file that can be used: who answered, and every answer, skipped pairs among them."""

    path: Path
    rater: Rater
    votes: tuple[Vote, ...]

    @property
    def answered(self) -> tuple[Vote, ...]:
        """The answers that are one."""
        return tuple(vote for vote in self.votes if vote.choice != SKIPPED)


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


def read_handed_in(path: Path, study: Study) -> HandedIn:
    """Return what one file holds, its answers in the order they were given.

    The rater is called by their list where the study has several, as "rater-03", and by the name they gave where all
    have the same list. Raises: InputError if the file is not a whole result of this study, for this list.
    """
    answers = _read(path)
    if answers.study != study.study:
        raise InputError(f"{path}: is of study {shown(answers.study)}, not {study.study!r}; use that study's folder")
    if answers.protocol_sha256 and answers.protocol_sha256 != study.protocol.sha256:
        raise InputError(f"{path}: was answered under another protocol than the study's; use the folder it came from")
    number, ratings = _list_of(path, answers, study)
    name = f"rater-{number:02d}" if len(study.lists) > 1 else name_as_counted(answers.rater or "")
    if not name or not answers.votes:
        raise InputError(f"{path}: names no rater or holds no votes; ask the rater to save it again")
    trials = {trial.trial: trial for trial in ratings.trials}
    allowed = (*ANSWERS[study.protocol.question.answers], SKIPPED)
    votes = tuple(
        _vote(path, answer, name, position, trials, allowed)
        for position, answer in enumerate(_last_answers(path, answers.votes), 1)
    )
    handed_in = HandedIn(path, _rater(name, answers, len(votes) == len(trials)), votes)
    if not handed_in.answered:
        raise InputError(f"{path}: every pair was skipped; were the pictures beside the page?")
    return handed_in


def _read(path: Path) -> Answers:
    content = read_strangers_json(path)
    if not isinstance(content, dict) or content.get("format") != VOTES_FORMAT:
        raise InputError(f"{path}: is not a result of a study page; name the file that the rater saved at the end")
    version = content.get("version")
    if version not in VOTES_VERSIONS or isinstance(version, bool):
        raise InputError(f"{path}: has version {shown(version)}, this program reads 1 and 2")
    try:
        answers = msgspec.convert(content, Answers)
    except (msgspec.ValidationError, OverflowError) as error:
        raise InputError(f"{path}: {shown_error(error)}; ask for the unchanged file") from error
    if isinstance(answers.consent, dict) and answers.consent.get("agreed") is not True:
        raise InputError(f"{path}: its rater did not agree to take part; delete it")
    if version == 2 and not (answers.code and answers.protocol_sha256):
        raise InputError(f"{path}: names no list or no protocol; ask for the unchanged file")
    return answers


def shown_error(error: Exception) -> str:
    """Return a reader's complaint with at most what fits into one line."""
    return str(error)[:200] or "a number is too large"


def _list_of(path: Path, answers: Answers, study: Study) -> tuple[int, RaterList]:
    """The number of a list, from 1, and the list; without a code the only one that there is."""
    codes = {ratings.code: (number, ratings) for number, ratings in enumerate(study.lists, 1)}
    if not study.lists:
        raise InputError(f"{path}: the study was served, so it has no lists of files; leave the file away")
    if answers.code in codes:
        return codes[answers.code]
    if answers.code:
        raise InputError(
            f"{path}: is of list {shown(answers.code)}, which the study has not; ask for the unchanged file"
        )
    if len(study.lists) > 1:
        raise InputError(
            f"{path}: names no list, and raters of this study have lists of their own; ask for the file anew"
        )
    return next(iter(codes.values()))


def _last_answers(path: Path, answers: Iterable[Answer]) -> Iterable[Answer]:
    """Of every trial the answer that was revised last, in the order in which trials were first answered."""
    last: dict[str, Answer] = {}
    for answer in answers:
        if answer.trial in last and answer.revision <= last[answer.trial].revision:
            raise InputError(f"{path}: answers trial {shown(answer.trial)} twice; ask for the unchanged file")
        last[answer.trial] = answer
    return last.values()


def _vote(
    path: Path, answer: Answer, rater: str, position: int, trials: dict[str, Trial], allowed: tuple[str, ...]
) -> Vote:
    if answer.trial not in trials:
        raise InputError(f"{path}: trial {shown(answer.trial)} is not in its list; ask for the unchanged file")
    if answer.choice not in allowed:
        raise InputError(
            f"{path}: trial {answer.trial} has the answer {shown(answer.choice)}; ask for the unchanged file"
        )
    revised = answer.revised or answer.revision > 0
    times = answer.ms / 1000, answer.away_ms / 1000
    return Vote(rater, trials[answer.trial], answer.choice, times[0], position, answer.zoomed, revised, times[1])


def _rater(name: str, answers: Answers, is_complete: bool) -> Rater:
    consent = answers.consent.get("version") if isinstance(answers.consent, dict) else answers.consent
    device = {
        key[:LONGEST_NAME]: value
        for key, value in list((answers.device or {}).items())[:LARGEST_DEVICE]
        if isinstance(value, bool | int | float)
    }
    status = "complete" if is_complete else "started"
    said = None if consent is None else str(consent)[:LONGEST_NAME]
    return Rater(name, status, answers.language, said, answers.started, answers.finished, device)
