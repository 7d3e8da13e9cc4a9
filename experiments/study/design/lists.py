"""One rater's trials, from first to last: training, then what counts, with repeats, gold and traps among it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from attiqa_core.errors import InputError
from experiments.study.design.assignment import Placed, empty_ledger, list_for
from experiments.study.design.comparisons import comparisons_of
from experiments.study.folder import RaterList, Scene
from experiments.study.protocol import Session
from experiments.study.trials import Comparison, Kind, Trial

GOOD, SPOILED = "good", "spoiled"
"""Arms of a gold scene: the right answer and the other."""


def check_session(session: Session, scenes: Mapping[str, Scene], name: object = "session") -> None:
    """Check that the trials a session asks for can be laid out. Raises: InputError naming `name` and the number to change."""
    pairs = len(comparisons_of(scenes))
    if session.per_rater > pairs:
        raise InputError(
            f"{name}: per_rater = {session.per_rater}, but there are {pairs} pairs; ask for fewer, or 0 for all"
        )
    shown = session.per_rater or pairs
    if session.repeats > shown // 2:
        raise InputError(f"{name}: repeats = {session.repeats}, but of {shown} pairs at most half can be repeated")
    if session.gold and not any(scene.kind == "gold" for scene in scenes.values()):
        raise InputError(f"{name}: gold = {session.gold}, but the study has no gold scene; set it to 0 or add one")
    if session.gold + session.traps > shown + session.repeats:
        raise InputError(
            f"{name}: gold + traps = {session.gold + session.traps} do not fit between {shown + session.repeats} trials "
            "without two in a row; ask for about one of each in ten"
        )


def rater_lists(
    scenes: Mapping[str, Scene], session: Session, raters: int, rng: np.random.Generator
) -> tuple[RaterList, ...]:
    """Return the lists of `raters` people of a study without a server, balanced when all of them finish.

    Raises: InputError for `adaptive`, which has to see votes, and where the quota is used up before the last rater.
    """
    if session.pairs == "adaptive":
        raise InputError('session: pairs = "adaptive" needs the votes so far; serve the study, or take "balanced"')
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

    A repeat has its sides flipped, and at least half as many trials as `shown` has pairs stand between both showings.
    Gold and traps fall one into each equal part of the session, never two in a row; "left" is right as often as "right",
    or but for one. A rater who is shown fewer than `per_rater` pairs gets fewer of them in the same measure. Names are
    random; they tell nothing.
    """
    main = [_trial("main", comparison, left) for comparison, left in shown]
    share = len(main) / (session.per_rater or len(main) or 1)
    body = _with_repeats(main, min(round(session.repeats * share), len(main) // 2), rng)
    gold, traps = round(session.gold * share), round(session.traps * share)
    body = _with_checks(body, _gold(scenes, gold, rng), _traps(scenes, main, traps, gold % 2 == 1, rng), rng)
    return _named([*_training(scenes, main, session.training, rng), *body], rng)


def _trial(kind: Kind, comparison: Comparison, left: str, expected: str | None = None) -> Trial:
    right = comparison.second if left == comparison.first else comparison.first
    return Trial("", kind, comparison.scene, left, right, expected=expected)


def _flipped(trial: Trial) -> Trial:
    return replace(trial, kind="repeat", left=trial.right, right=trial.left, repeat_of=trial.trial)


def _with_repeats(main: Sequence[Trial], count: int, rng: np.random.Generator) -> list[Trial]:
    """`main` under provisional names, with `count` of its first half again in the second, in the same order."""
    first = [replace(trial, trial=str(index)) for index, trial in enumerate(main)]
    again = [_flipped(first[index]) for index in sorted(_repeated(first, count, rng))]
    middle = (len(first) + 1) // 2 + 1
    order: list[Trial] = first[:middle]
    waiting = first[middle:]
    for index, trial in enumerate(again):
        # the repeat of a later trial has to wait longer, and those after it need their places too
        gap = rng.integers(0, len(waiting) // (len(again) - index) + 1)
        earliest = int(trial.repeat_of or 0) + middle - len(order)
        gap = min(max(int(gap), earliest, 0), len(waiting))
        order += [*waiting[:gap], trial]
        waiting = waiting[gap:]
    return [*order, *waiting]


def _repeated(first: Sequence[Trial], count: int, rng: np.random.Generator) -> list[int]:
    """Places, in the first half, of trials to be repeated: flipped, they leave each arm's sides as even as they can."""
    lean: dict[str, int] = {}
    for trial in first:
        _lean(lean, trial.left, trial.right)
    free, chosen = list(rng.permutation(len(first) // 2)), []
    for _ in range(count):
        best = min(free, key=lambda index: lean[first[index].right] - lean[first[index].left])
        _lean(lean, first[best].right, first[best].left)
        free.remove(best)
        chosen.append(int(best))
    return chosen


def _lean(lean: dict[str, int], left: str, right: str) -> None:
    lean[left] = lean.get(left, 0) + 1
    lean[right] = lean.get(right, 0) - 1


def _gold(scenes: Mapping[str, Scene], count: int, rng: np.random.Generator) -> list[Trial]:
    """Gold scenes in random order, over again where there are fewer than `count`."""
    names = [name for name, scene in sorted(scenes.items()) if scene.kind == "gold"]
    order = [names[index] for _ in range(-(-count // max(len(names), 1))) for index in rng.permutation(len(names))]
    sides = _balanced_sides(count, "left", rng)
    return [_good_against_spoiled("gold", name, side) for name, side in zip(order, sides, strict=False)]


def _good_against_spoiled(kind: Kind, scene: str, side: str) -> Trial:
    return _trial(kind, Comparison(scene, GOOD, SPOILED), GOOD if side == "left" else SPOILED, side)


def _traps(
    scenes: Mapping[str, Scene], main: Sequence[Trial], count: int, more_right: bool, rng: np.random.Generator
) -> list[Trial]:
    """Pairs that this rater does not judge, where there are; else any of them: words decide, not pictures."""
    pool = _elsewhere(scenes, main, rng)
    sides = _balanced_sides(count, "right" if more_right else "left", rng)
    chosen = [pool[index % len(pool)] for index in range(count)]
    flips = [(each.first, each.second)[int(rng.integers(2))] for each in chosen]
    return [_trial("trap", each, left, side) for each, left, side in zip(chosen, flips, sides, strict=True)]


def _elsewhere(scenes: Mapping[str, Scene], main: Sequence[Trial], rng: np.random.Generator) -> list[Comparison]:
    """All comparisons, in random order, first those that are not in `main`."""
    own = {trial.comparison for trial in main}
    everything = comparisons_of(scenes)
    return sorted((everything[index] for index in rng.permutation(len(everything))), key=lambda each: each in own)


def _training(scenes: Mapping[str, Scene], main: Sequence[Trial], count: int, rng: np.random.Generator) -> list[Trial]:
    """Training scenes evenly over the order of their names, so over the whole range; without any, pairs of the main scenes,
    first those that this rater does not judge, and two arms that were had least."""
    names = [name for name, scene in sorted(scenes.items()) if scene.kind == "training"]
    places = np.unique(np.linspace(0, len(names) - 1, min(count, len(names))).round().astype(int))
    pool = [Comparison(names[place], *sorted(scenes[names[place]].files)[:2]) for place in places]
    pool = [pool[index] for index in rng.permutation(len(pool))] or _over_arms(_elsewhere(scenes, main, rng), count)
    trials = []
    for each, side in zip(pool, _balanced_sides(len(pool), "left", rng), strict=True):
        if {each.first, each.second} == {GOOD, SPOILED}:
            trials.append(_good_against_spoiled("training", each.scene, side))
        else:
            trials.append(_trial("training", each, each.first if side == "left" else each.second))
    return trials


def _over_arms(pool: Sequence[Comparison], count: int) -> list[Comparison]:
    had: dict[tuple[str, str], int] = {}
    chosen: list[Comparison] = []
    for _ in range(min(count, len(pool))):
        best = min(
            (each for each in pool if each not in chosen), key=lambda each: had.get((each.first, each.second), 0)
        )
        had[best.first, best.second] = had.get((best.first, best.second), 0) + 1
        chosen.append(best)
    return chosen


def _balanced_sides(count: int, more: str, rng: np.random.Generator) -> list[str]:
    sides = [more, "right" if more == "left" else "left"] * ((count + 1) // 2)
    return [sides[index] for index in rng.permutation(count)]


def _with_checks(
    body: Sequence[Trial], gold: Sequence[Trial], traps: Sequence[Trial], rng: np.random.Generator
) -> list[Trial]:
    """`body` with the checks after one trial each: the session is cut into as many parts, one falls into each."""
    checks = _mixed(gold, traps, rng)[: len(body)]
    edges = np.linspace(0, len(body), len(checks) + 1).astype(int)
    after = {
        int(rng.integers(low, high)): check for low, high, check in zip(edges[:-1], edges[1:], checks, strict=True)
    }
    return [each for place, trial in enumerate(body) for each in ([trial, after[place]] if place in after else [trial])]


def _mixed(gold: Sequence[Trial], traps: Sequence[Trial], rng: np.random.Generator) -> list[Trial]:
    """Both in turn, as evenly as their numbers allow: the n-th of each kind falls into the n-th part of the session."""
    places = [((index + rng.random()) / len(kind), check) for kind in (gold, traps) for index, check in enumerate(kind)]
    return [check for _, check in sorted(places, key=lambda each: each[0])]


def _named(trials: Iterable[Trial], rng: np.random.Generator) -> tuple[Trial, ...]:
    """The trials under random names, a repeat naming the first showing by its new one."""
    named: list[Trial] = []
    new_names: dict[str, str] = {}
    taken: set[str] = set()
    for trial in trials:
        while (name := rng.bytes(8).hex()) in taken:
            pass
        taken.add(name)
        if trial.kind == "main":
            new_names[trial.trial] = name
        named.append(replace(trial, trial=name, repeat_of=new_names[trial.repeat_of] if trial.repeat_of else None))
    return tuple(named)
