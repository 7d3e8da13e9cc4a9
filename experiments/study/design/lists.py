"""One rater's trials, from first to last: training, then what counts, with repeats, gold and traps among it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from attiqa_core.errors import InputError
from experiments.study.design.assignment import Placed, empty_ledger, list_for
from experiments.study.design.checks import GOOD, SPOILED, gold_trials, trap_trials, unnamed, with_checks
from experiments.study.design.comparisons import comparisons_of
from experiments.study.design.repeats import with_repeats
from experiments.study.design.training import training_trials
from experiments.study.folder import RaterList, Scene
from experiments.study.protocol import Session
from experiments.study.trials import Comparison, Trial

__all__ = ["GOOD", "SPOILED", "check_numbers", "check_session", "rater_lists", "trials_of"]


def check_session(session: Session, scenes: Mapping[str, Scene], name: object = "session") -> None:
    """Check that the trials a session asks for can be laid out. Raises: InputError naming `name` and the number to change."""
    pairs = len(comparisons_of(scenes))
    if not pairs:
        raise InputError(f"{name}: no scene has two versions to compare; give at least two arms that share one")
    check_numbers(session, pairs, name)
    if session.gold and not any(scene.kind == "gold" for scene in scenes.values()):
        raise InputError(f"{name}: gold = {session.gold}, but the study has no gold scene; set it to 0 or add one")


def check_numbers(session: Session, pairs: int, name: object = "session") -> None:
    """Check that a session fits so many pairs. Raises: InputError naming `name` and the number to change."""
    if session.per_rater > pairs:
        raise InputError(
            f"{name}: per_rater = {session.per_rater}, but there are {pairs} pairs; ask for fewer, or 0 for all"
        )
    shown = session.per_rater or pairs
    if session.repeats > shown // 2:
        raise InputError(f"{name}: repeats = {session.repeats}, but of {shown} pairs at most half can be repeated")
    if session.gold + session.traps > shown + session.repeats:
        raise InputError(
            f"{name}: gold + traps = {session.gold + session.traps} do not fit among {shown + session.repeats} trials "
            "without two in a row; ask for about one of each in ten"
        )


def rater_lists(
    scenes: Mapping[str, Scene], session: Session, raters: int, rng: np.random.Generator
) -> tuple[RaterList, ...]:
    """Return the lists of `raters` people of a study without a server, balanced when all of them finish.

    Raises: InputError for `adaptive`, which has to see votes, and where the quota is used up before the last rater.
    """
    if session.pairs == "adaptive":
        raise InputError('session: pairs = "adaptive" has to see the votes so far; serve the study, or take "balanced"')
    ledger = empty_ledger(comparisons_of(scenes), session.votes_per_pair)
    lists: list[RaterList] = []
    for number in range(1, raters + 1):
        shown = list_for(ledger, session.per_rater, rng, sampler=session.pairs)
        if not shown:
            raise InputError(
                f"session: votes_per_pair = {session.votes_per_pair} leaves nothing for rater {number} of {raters}; "
                "ask for fewer raters or more votes"
            )
        ledger = ledger.with_reserved(shown)
        lists.append(RaterList(rng.bytes(8).hex(), trials_of(scenes, session, shown, rng)))
    return tuple(lists)


def trials_of(
    scenes: Mapping[str, Scene], session: Session, shown: Sequence[Placed], rng: np.random.Generator
) -> tuple[Trial, ...]:
    """Return one rater's trials in order: training, then `shown` with repeats, gold and traps among it.

    A rater who is shown fewer than `per_rater` pairs gets fewer repeats and checks in the same measure. Training and traps
    take pairs that this rater does not judge, where there are any. "Left" is right as often as "right", or but for one.
    """
    main = [replace(unnamed("main", each), trial=str(place)) for place, each in enumerate(shown)]
    share = len(main) / (session.per_rater or len(comparisons_of(scenes)) or 1)
    repeats, gold, traps = (round(asked * share) for asked in (session.repeats, session.gold, session.traps))
    body = with_repeats(main, min(repeats, len(main) // 2), rng)
    pool = _not_judged_first(comparisons_of(scenes), shown, rng)
    odd_one = "right" if gold % 2 else "left"  # evens out an odd number of gold trials
    body = with_checks(body, gold_trials(scenes, gold, rng), trap_trials(pool, traps, odd_one, rng), rng)
    training = training_trials(scenes, pool[traps:] + pool[:traps], session.training, rng)
    return _named([*training, *body], rng)


def _not_judged_first(
    comparisons: Sequence[Comparison], shown: Sequence[Placed], rng: np.random.Generator
) -> list[Comparison]:
    judged = {comparison for comparison, _ in shown}
    return sorted((comparisons[index] for index in rng.permutation(len(comparisons))), key=judged.__contains__)


def _named(trials: Iterable[Trial], rng: np.random.Generator) -> tuple[Trial, ...]:
    """The trials under random names, which tell nothing; a repeat names its first showing by the new one."""
    new_names: dict[str, str] = {}
    named = []
    for trial in trials:
        name = rng.bytes(8).hex()  # two alike among a thousand: once in 10^13 lists; `open_study` would refuse them
        if trial.kind == "main":
            new_names[trial.trial] = name
        named.append(replace(trial, trial=name, repeat_of=new_names[trial.repeat_of] if trial.repeat_of else None))
    return tuple(named)
