"""Imported answers as a study: its arms and scenes, one list of trials for each rater, and their votes. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from string import ascii_lowercase
from typing import Literal

import msgspec

from attiqa_core.errors import InputError, first_of
from experiments.study.folder import RaterList, Scene, Study, study_name
from experiments.study.imports.answers import Answer
from experiments.study.protocol import Protocol, Session
from experiments.study.trials import ANSWERS, Trial
from experiments.study.vote import Rater, Vote

CHECKS = ("gold", "training", "trap")


@dataclass(frozen=True)
class Imported:
    """A study, its votes and raters. `names` maps our raters to who they were to the other program."""

    study: Study
    votes: tuple[Vote, ...]
    raters: tuple[Rater, ...]
    names: Mapping[str, str]
    untimed: int
    """Votes whose time is not told; they have 0 s."""

    def untold(self) -> list[str]:
        """Return what these answers do not tell, beside what such a file never does."""
        notes = []
        if self.untimed:
            notes.append(
                f"times of {self.untimed:,} of {len(self.votes):,} votes (0 s stands there; give no rule on times)"
            )
        for pair, left in self._one_sided():
            notes.append(
                f"sides of {pair}: {left} is on the left in each of its pairs, so a preference for a side "
                "cannot be told from one for it"
            )
        if not any(vote.trial.kind == "repeat" for vote in self.votes):
            notes.append("how consistent a rater is: nobody answered a pair twice")
        return notes

    def _one_sided(self) -> list[tuple[str, str]]:
        lefts: dict[tuple[str, str], list[str]] = {}
        for vote in self.votes:
            if vote.trial.kind == "main":
                lefts.setdefault((vote.trial.comparison.first, vote.trial.comparison.second), []).append(
                    vote.trial.left
                )
        name = self.study.arms
        return [
            (f"{name[one]} and {name[other]}", name[found[0]])
            for (one, other), found in sorted(lefts.items())
            if len(found) > 1 and len(set(found)) == 1
        ]


def as_study(answers: Sequence[Answer], protocol: Protocol = Protocol(name="Imported votes")) -> Imported:  # noqa: B008
    """Return the study that the answers are of. `protocol` gives name and rules of exclusion, the answers all the rest.

    Raters are called rater-01 and on in the order of a hash of who they were: a name tells neither who came first nor who it is.
    A pair that a rater answers again is a repeat. Raises: InputError for more arms than letters.
    """
    arms = _arms(answers)
    ids = {name: key for key, name in arms.items()}
    names = _opaque({answer.rater for answer in answers})
    raters = {said: own for own, said in names.items()}
    scenes = _scenes(answers, ids)
    trials: dict[str, list[Trial]] = {own: [] for own in names}
    votes: dict[int, Vote] = {}
    for number, answer in sorted(enumerate(answers, 1), key=lambda each: each[1].kind == "repeat"):
        own = trials[raters[answer.rater]]
        own.append(_trial(f"t{number:06d}", answer, ids, own))
        votes[number] = Vote(raters[answer.rater], own[-1], answer.choice, answer.seconds or 0.0)
    for each in trials.values():
        each.sort(key=lambda trial: trial.trial)
    places = {trial.trial: place for each in trials.values() for place, trial in enumerate(each, 1)}
    placed = tuple(replace(vote, position=places[vote.trial.trial]) for _, vote in sorted(votes.items()))
    said = _protocol(protocol, answers, trials)
    lists = tuple(RaterList(code_of(own), tuple(trials[own])) for own in names)
    study = Study(study_name(0, arms, scenes, said), arms, said, scenes, lists, seed=0)
    people = tuple(Rater(own, "complete") for own in names)
    untimed = sum(answer.seconds is None for answer in answers)
    return Imported(study, placed, people, names, untimed)


def code_of(rater: str) -> str:
    """Return what the list of an imported rater is called."""
    return rater.replace("rater", "imported")


def _arms(answers: Sequence[Answer]) -> dict[str, str]:
    """The arms of pairs that count, by letter; those of checks alone keep their names as keys of their scenes."""
    names = {side.arm for each in answers if each.kind not in CHECKS for side in (each.left, each.right)}
    if not names:
        raise InputError("all answers are to checks and training; there is no pair that counts")
    if len(names) > len(ascii_lowercase):
        raise InputError(
            f"finds {len(names):,} arms ({first_of(sorted(names))}); say with --pictures where scene and arm stand in a "
            "picture's name, or with --map scene=COLUMN left=COLUMN right=COLUMN which columns have them"
        )
    return dict(zip(ascii_lowercase, sorted(names), strict=False))


def _opaque(raters: set[str]) -> dict[str, str]:
    ordered = sorted(raters, key=lambda name: hashlib.sha256(name.encode()).digest())
    return {f"rater-{number:02d}": name for number, name in enumerate(ordered, 1)}


def _scenes(answers: Sequence[Answer], ids: Mapping[str, str]) -> dict[str, Scene]:
    files: dict[str, dict[str, str]] = {}
    kinds: dict[str, set[str]] = {}
    for answer in answers:
        kinds.setdefault(answer.left.scene, set()).add(answer.kind)
        for side in (answer.left, answer.right):
            key = ids.get(side.arm, side.arm)
            before = files.setdefault(side.scene, {}).setdefault(key, side.file)
            if before != side.file:
                raise InputError(
                    f"scene {side.scene} of {side.arm} is two pictures, {before} and {side.file}; say with --pictures "
                    "where scene and arm stand in a picture's name"
                )
    return {name: Scene(_kind(kinds[name]), 0, 0, of, dict(of), {}) for name, of in sorted(files.items())}


def _kind(kinds: set[str]) -> Literal["main", "gold", "training"]:
    if kinds == {"gold"}:
        return "gold"
    return "training" if kinds == {"training"} else "main"


def _trial(name: str, answer: Answer, ids: Mapping[str, str], before: Sequence[Trial]) -> Trial:
    left, right = (ids.get(side.arm, side.arm) for side in (answer.left, answer.right))
    trial = Trial(name, "main", answer.left.scene, left, right, expected=answer.expected)
    if answer.kind in CHECKS:
        return replace(trial, kind=answer.kind)
    first = next((each for each in before if each.kind == "main" and each.comparison == trial.comparison), None)
    return replace(trial, kind="repeat", repeat_of=first.trial) if first else trial


def _protocol(given: Protocol, answers: Sequence[Answer], trials: Mapping[str, Sequence[Trial]]) -> Protocol:
    """The rules as given; the answers that were allowed, and what a rater went through, as the answers show."""
    chosen = {answer.choice for answer in answers}
    allowed = next(name for name in ("two", "tie", "five") if chosen <= set(ANSWERS[name]))

    def most(kind: str) -> int:
        return max(sum(trial.kind == kind for trial in each) for each in trials.values())

    session = Session(training=most("training"), repeats=most("repeat"), gold=most("gold"), traps=most("trap"))
    question = msgspec.structs.replace(given.question, answers=allowed)
    return msgspec.structs.replace(given, question=question, session=session)
