"""What a training learns from and what judges it: raws, or a store of `attiqa bake`, on two sides that share no scene."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from attiqa_core.errors import UsageError
from isp_env.loading import load_proxies
from isp_env.raw import RawFrame
from isp_env.raw_io.raw_files import find_raws
from isp_env.scenes import find_scenes, split_scenes, taken
from isp_env.store import BakedStore, is_store
from isp_env.task import Task

SPLIT_SEED = 0
"""The split is that of the raws: trainings of several seeds are judged by the same."""


@dataclass(frozen=True)
class Sides:
    """Proxies to train on and to validate by, none of these where nothing is to judge, and a sentence for each raw that
    cannot be read."""

    training: Sequence[RawFrame]
    validation: Sequence[RawFrame]
    failures: tuple[str, ...] = ()


def read_sides(raws: Sequence[Path], validate: Sequence[Path], share: float, scene: str, task: Task) -> Sides:
    """Return both sides: `validate` where it is given, else what the store says, else a `share` of the scenes of the raws.

    Raises: UsageError for one file on both sides, a store of other proxies, or raws of a single scene that should be split;
    InputError if nothing can be read.
    """
    refuse_shared(raws, validate)
    if store := _store(raws, task):
        training, failures = store.proxies("training"), list(store.failures)
        judged: Sequence[RawFrame] = store.proxies("validation")
    else:
        proxies, failures = load_proxies(raws, task.proxy_px, task.crops)
        training, judged = (proxies, []) if validate or not share else split(proxies, share, scene)
    if validate:
        judged, unreadable = _judging(validate, task)
        failures += unreadable
    if not len(training):
        raise UsageError(f"{raws[0]}: holds no context to train on; bake it with smaller shares")
    return Sides(training, judged, tuple(failures))


def split(proxies: Sequence[RawFrame], share: float, scene: str) -> tuple[list[RawFrame], list[RawFrame]]:
    """Return proxies to train on, and those of a share of the scenes, one at least, to validate by.

    Raises: UsageError for a single scene.
    """
    scenes = find_scenes([taken(each) for each in proxies], scene)
    count = len(set(scenes))
    if count < 2:
        raise UsageError(
            f"--validation-share {share:g}: all raws show one scene ({scenes[0]}); name others with --validate, or give"
            " --validation-share 0 and keep the last policy, whatever it is worth"
        )
    sides = split_scenes(scenes, {"validation": min(max(share, 1 / count), 1 - 1 / count)}, SPLIT_SEED)
    judged = [sides[each] == "validation" for each in scenes]
    return (
        [proxy for proxy, judges in zip(proxies, judged, strict=True) if not judges],
        [proxy for proxy, judges in zip(proxies, judged, strict=True) if judges],
    )


def refuse_shared(raws: Sequence[Path], validate: Sequence[Path]) -> None:
    """Raises: UsageError naming a raw that is trained on and judged by."""
    trained, judging = ({path.resolve() for path in _files(each)} for each in (raws, validate))
    if shared := sorted(trained & judging):
        raise UsageError(f"--validate {shared[0]}: is trained on, too; keep the raws that judge elsewhere")


def _files(paths: Sequence[Path]) -> list[Path]:
    return find_raws(found) if (found := [path for path in paths if not is_store(path)]) else []


def _judging(paths: Sequence[Path], task: Task) -> tuple[Sequence[RawFrame], list[str]]:
    """Proxies of raws, or the validation side of a store, all of it where it has none."""
    if store := _store(paths, task):
        return store.proxies("validation" if store.of("validation") else None), list(store.failures)
    return load_proxies(paths, task.proxy_px, task.crops)


def _store(paths: Sequence[Path], task: Task) -> BakedStore | None:
    stores = [path for path in paths if is_store(path)]
    if not stores:
        return None
    if len(paths) > 1:
        raise UsageError(f"{stores[0]}: a store of `attiqa bake` stands alone; bake the other raws into it")
    store = BakedStore.open(stores[0])
    if (store.proxy_px, store.crops) != (task.proxy_px, task.crops):
        raise UsageError(
            f"{stores[0]}: was baked with --proxy-px {store.proxy_px} --crops {store.crops}, not --proxy-px "
            f"{task.proxy_px} --crops {task.crops}; give the same"
        )
    return store
