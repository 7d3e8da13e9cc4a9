"""Which scenes a study shows: those that count, drawn from what is there, then gold and training, from what is left over."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from attiqa_core.errors import InputError
from attiqa_core.runs.progress import progress
from experiments.study.making.alike import shared_size
from experiments.study.making.pictures import Encoded, SceneKind, encode_gold, encode_scene, encode_training
from experiments.study.making.sources import Scenes
from experiments.study.making.spoiling import less_and_less_spoiled
from experiments.study.making.spool import Spool


@dataclass(frozen=True)
class Wanted:
    """How many scenes of each kind, `main` 0 being all, and the longest side of their pictures in px."""

    main: int
    gold: int
    training: int
    long_edge: int


@dataclass
class Gathered:
    """Scenes by name, a sentence for each that cannot be shown, and what else there is to say."""

    scenes: dict[str, Encoded] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def of(self, kind: SceneKind) -> dict[str, Encoded]:
        """Return the scenes of one kind."""
        return {name: scene for name, scene in self.scenes.items() if scene.kind == kind}

    def add_check(self, number: int, name: str, scene: Encoded) -> None:
        """Add the gold or training scene of that number, made of the scene `name`."""
        self.scenes[f"{scene.kind}-{number:02d} of {name}"] = scene


def gather(found: Scenes, wanted: Wanted, gold_from: Scenes | None, spool: Spool, rng: np.random.Generator) -> Gathered:
    """Return the scenes of a study, their pictures in `spool`. One that cannot be shown is left out, and another drawn for it.

    Gold and training are made of scenes that do not count, as far as there are any; gold is taken from `gold_from` if given.
    """
    gathered = Gathered()
    order = [sorted(found)[index] for index in rng.permutation(len(found))]
    left_over = _gather_main(gathered, found, order, wanted, spool)
    if not gathered.scenes:
        return gathered
    spare = _spare(gathered, {name: found[name] for name in left_over}, wanted.long_edge, rng)
    own_gold = wanted.gold if gold_from is None else 0
    with progress(total=own_gold + wanted.training, label="gold and training", unit="scene") as bar:
        _make_gold(gathered, own_gold, spare, spool, rng, bar.update)
        _make_training(gathered, wanted.training, spare, spool, rng, bar.update)
    if gold_from is not None:
        _take_gold(gathered, gold_from, wanted, spool, rng)
    return gathered


def _gather_main(gathered: Gathered, found: Scenes, order: list[str], wanted: Wanted, spool: Spool) -> list[str]:
    """The main scenes, in this order; what was not needed is returned."""
    total = min(wanted.main or len(order), len(order))
    with progress(total=total, label="pictures", unit="scene") as bar:
        for place, name in enumerate(order):
            if len(gathered.scenes) == total:
                return order[place:]
            try:
                gathered.scenes[name] = encode_scene(found[name], spool, wanted.long_edge)
                bar.update()
            except InputError as error:
                gathered.failures.append(str(error))
    return []


@dataclass(frozen=True)
class _Picture:
    """One arm's picture of a scene, and the size (width, height) in px in which it is shown."""

    scene: str
    path: Path
    size: tuple[int, int]
    turn: int
    """How often the scenes were gone through before."""


def _spare(gathered: Gathered, left_over: Scenes, long_edge: int, rng: np.random.Generator) -> Iterator[_Picture]:
    """Pictures to spoil, their arms in turn: of each scene that is left over, then of the main ones, again and again."""
    main, turn_of_arm = gathered.of("main"), count(int(rng.integers(26)))
    for name, files in left_over.items():
        try:
            size = shared_size(files, long_edge)
        except InputError as error:
            gathered.failures.append(str(error))
            continue
        yield _Picture(name, _in_turn(files, next(turn_of_arm)), size, 0)
    for turn in count():
        for name, scene in main.items():
            if turn == 0 and not gathered.notes:
                gathered.notes.append(
                    "gold and training pictures are of scenes that raters judge as well, as no others are left; "
                    "--max-scenes leaves some"
                )
            path = Path(_in_turn(scene.sources, next(turn_of_arm)))
            yield _Picture(name, path, (scene.width, scene.height), turn)


def _in_turn(of_arms: Mapping, turn: int):
    return list(of_arms.values())[turn % len(of_arms)]


def _make_gold(
    gathered: Gathered,
    wanted: int,
    spare: Iterator[_Picture],
    spool: Spool,
    rng: np.random.Generator,
    advance: Callable[[], Any],
) -> None:
    """As many as wanted, of other pictures where one gives none; where too few give any, that is said."""
    sizes = {scene.padded_bytes for scene in gathered.of("main").values()}
    number, refused = 0, []
    for _ in range(3 * wanted):
        if number == wanted:
            return
        picture = next(spare)
        axis, seed = number + picture.turn, int(rng.integers(2**31))
        try:
            gold = encode_gold(picture.path, picture.size, spool, sizes, axis, seed)
        except InputError as error:
            refused.append(str(error))
            continue
        number += 1
        gathered.add_check(number, picture.scene, gold)
        advance()
    if number < wanted:
        gathered.failures += [f"gold: {each}" for each in dict.fromkeys(refused)]


def _make_training(
    gathered: Gathered,
    wanted: int,
    spare: Iterator[_Picture],
    spool: Spool,
    rng: np.random.Generator,
    advance: Callable[[], Any],
) -> None:
    for number, spoil in enumerate(less_and_less_spoiled(wanted), 1):
        picture, seed = next(spare), int(rng.integers(2**31))
        try:
            gathered.add_check(number, picture.scene, encode_training(picture.path, picture.size, spool, spoil, seed))
        except InputError as error:
            gathered.failures.append(str(error))
        advance()


def _take_gold(gathered: Gathered, gold_from: Scenes, wanted: Wanted, spool: Spool, rng: np.random.Generator) -> None:
    """Pairs of the user's own, drawn at random; each padded as a main scene is, if one is so large."""
    sizes = {scene.padded_bytes for scene in gathered.of("main").values()}
    for name in (sorted(gold_from)[index] for index in rng.permutation(len(gold_from))):
        number = len(gathered.of("gold"))
        if number == wanted.gold:
            return
        try:
            scene = encode_scene(gold_from[name], spool, wanted.long_edge, "gold")
        except InputError as error:
            gathered.failures.append(str(error))
            continue
        fitting = min((each for each in sizes if each >= scene.padded_bytes), default=None)
        if fitting is None:
            gathered.notes.append(f"{name}: its gold pictures are larger files than any others; their size may tell")
        gathered.add_check(number + 1, name, replace(scene, padded_bytes=fitting or scene.padded_bytes))
