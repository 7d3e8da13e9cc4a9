"""Answers that were handed in twice: by one rater, or copied under another name. Pure."""

from collections.abc import Sequence

from experiments.study.results.handed_in import HandedIn

FEWEST_ALIKE = 3
"""Pairs answered alike, in times of their own, below which nothing is said."""

COPIED_SHARE = 0.5
"""Two people agree in more than half of all answers and their times in ms: one of the files is a copy."""


def counted_once(files: Sequence[HandedIn]) -> tuple[list[HandedIn], list[str]]:
    """Return the files that count, in the order given, and a sentence for each that does not.

    A rater counts once, by the file with most answers, the first of those. Of two raters with the same answers in the same
    times the one whose file says that it was finished first is kept, the first if they say nothing.
    """
    complaints: list[str] = []
    kept: dict[str, HandedIn] = {}
    for file in files:
        known = kept.setdefault(file.rater.rater, file)
        if known is file:
            continue
        more, less = (file, known) if len(file.answered) > len(known.answered) else (known, file)
        kept[file.rater.rater] = more
        why = f"with {len(more.answered)} answers to {len(less.answered)}; two people need two names, or lists of their own"
        again = "which holds the same answers: saved twice" if answers_of(more) == answers_of(less) else why
        complaints.append(f"{less.path}: rater {file.rater.rater!r} already counts by {more.path}, {again}")
    return _without_copies(list(kept.values()), complaints), complaints


def answers_of(file: HandedIn) -> list[tuple[str, int]]:
    """Return every answer and its time in ms, in the order given."""
    return [(vote.choice, round(vote.seconds * 1000)) for vote in file.votes]


def is_copy(one: HandedIn, other: HandedIn) -> bool:
    """Return whether two files hold the same answers in the same times, by more than could be by chance."""
    first, second = answers_of(one), answers_of(other)
    alike = [mine for mine, theirs in zip(first, second, strict=False) if mine == theirs]
    needed = max(FEWEST_ALIKE, COPIED_SHARE * min(len(first), len(second)))
    return len(alike) >= needed and len({ms for _, ms in alike}) >= needed / 2


def _without_copies(files: list[HandedIn], complaints: list[str]) -> list[HandedIn]:
    originals: list[HandedIn] = []
    for file in sorted(files, key=lambda each: each.rater.finished or "~"):
        original = next((each for each in originals if is_copy(each, file)), None)
        if original is None:
            originals.append(file)
            continue
        complaints.append(
            f"{file.path}: has the answers and times of {original.path} under another name; "
            "ask both raters for their own files"
        )
    return [file for file in files if file in originals]
