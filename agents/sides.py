"""What a training learns from and what judges it: raws, or a store of `attiqa bake`, on two sides that share no scene."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attiqa_core.errors import UsageError
from attiqa_core.runs.folder import stored_config
from isp_env.fivek.address import is_address, parse_address
from isp_env.raw import RawFrame
from isp_env.raw_io.find import find_raws
from isp_env.stores.open_contexts import Contexts, open_contexts
from isp_env.stores.store import is_begun
from isp_env.task import Task

SPLIT_SEED = 0
"""The split is that of the raws: trainings of several seeds are judged by the same."""


@dataclass(frozen=True)
class Sides:
    """Proxies to train on and to validate by, none of these where nothing is to judge, a sentence for each raw that
    cannot be read, and how many scenes each side shows."""

    training: Sequence[RawFrame]
    validation: Sequence[RawFrame]
    failures: tuple[str, ...] = ()
    training_scenes: int = 0
    validation_scenes: int = 0


def read_sides(raws: Sequence[Path], validate: Sequence[Path], share: float, scene: str, task: Task) -> Sides:
    """Return both sides: `validate` where it is given, else what the store says, else a `share` of the scenes of the raws.

    `share` and `scene` are about raws; a store has its own split.
    Raises: UsageError for one file on both sides, or raws of a single scene that should be split; InputError for a store of
    other proxies, or if nothing can be read.
    """
    refuse_shared(raws, validate)
    contexts = _opened(raws, task, *((0.0, "") if validate or is_begun(raws[0]) else (share, scene)))
    training, failures = contexts.of("training"), contexts.failures
    judging = contexts.of("validation")
    if validate:
        judging = _opened(validate, task)
        failures += judging.failures
        if is_begun(validate[0]) and "validation" in judging.splits:
            judging = judging.of("validation")
        elif validate[0].resolve() == raws[0].resolve():
            raise UsageError(f"--validate {validate[0]}: is trained on, too, and has no side to judge by; name others")
    if not len(training):
        raise UsageError(f"{raws[0]}: holds no context to train on; bake it with smaller shares")
    scenes = (len(set(side.scenes)) for side in (training, judging))
    return Sides(training.proxies, judging.proxies, failures, *scenes)


def describe_data(raws: Sequence[Path], validate: Sequence[Path], sides: Sides) -> dict[str, Any]:
    """Return what a bundle says of its data: names of folders (no paths: a bundle travels), and how many scenes each side has."""
    (named, photos), (judging, photos_judging) = map(_names, (raws, validate))
    return {
        "raws": named,
        "validate": judging,
        "photos": sorted({*photos, *photos_judging}),
        "scenes": sides.training_scenes,
        "validation_scenes": sides.validation_scenes,
    }


def _names(paths: Sequence[Path]) -> tuple[list[str], list[str]]:
    """The names of the folders of raws, and of those photos that a store has made raws of."""
    raws, photos = list(paths), []
    if paths and is_begun(paths[0]) and (baked := stored_config(paths[0])):
        raws, photos = baked.get("raws", []), baked.get("photos", [])
    return tuple(sorted({_name(Path(path)) for path in each}) for each in (raws, photos))  # type: ignore[return-value]


def _name(path: Path) -> str:
    if is_address(path):
        return parse_address(path).name
    return (path.resolve().parent if path.suffix else path.resolve()).name


def _opened(paths: Sequence[Path], task: Task, share: float = 0.0, scene: str = "") -> Contexts:
    """Raws or a store; of raws a share of the scenes, one at least, is to validate by.

    Raises: UsageError for a single scene that should be split.
    """
    shares = {"validation": share} if share else {}
    contexts = open_contexts(
        paths, task.proxy_px, task.crops, square=task.square, scene_pattern=scene, shares=shares, seed=SPLIT_SEED
    )
    if share and len(set(contexts.scenes)) < 2:
        raise UsageError(
            f"--validation-share {share:g}: all raws show one scene ({contexts.scenes[0]}); name others with --validate, or "
            "give --validation-share 0 and keep the last policy, whatever it is worth"
        )
    return contexts


def refuse_shared(raws: Sequence[Path], validate: Sequence[Path]) -> None:
    """Raises: UsageError naming a raw that is trained on and judged by."""
    trained, judging = ({path.resolve() for path in _files(each)} for each in (raws, validate))
    if shared := sorted(trained & judging):
        raise UsageError(f"--validate {shared[0]}: is trained on, too; keep the raws that judge elsewhere")


def _files(paths: Sequence[Path]) -> list[Path]:
    return find_raws(found) if (found := [path for path in paths if not is_begun(path)]) else []
