"""A split for raw tuning of the photos that are there: no scene on two sides, and cameras that training never sees."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from attiqa_core.errors import InputError
from isp_env.contexts.scenes import Taken, find_scenes, split_scenes
from isp_env.fivek.cameras import require_cameras
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.splits import OWN, Split

SHARES: Mapping[str, float] = MappingProxyType({"validation": 0.1, "test": 0.1})
SEED = 0
_SIDES = {
    "training": "train",
    "validation": "validation",
    "test": "test",
}  # as `scenes` calls them, and as FiveK's splits do


def own_split(
    folder: FiveKFolder, hold_out: Sequence[str] = (), shares: Mapping[str, float] = SHARES, seed: int = SEED
) -> Split:
    """Return a split of the raws in a folder by scene: those that one camera took within a minute of each other are one.

    With `hold_out`, cameras as `cameras_named` takes them, all that these took is the test side, and nothing else is; of the
    others a share of the scenes validates. Depends on the raws that are there, on shares and seed, and on nothing else.
    Raises: InputError without raws, for a camera that took none of them, or if nothing is left to train on.
    """
    headers = folder.headers
    if not headers:
        raise InputError(f"{folder.path}: holds no raws to split; fetch some with `attiqa fivek get`")
    camera_of = {number: header.camera or "" for number, header in headers.items()}
    held = {camera for each in hold_out for camera in require_cameras(each, camera_of.values(), folder.path)}
    tested = tuple(number for number, camera in camera_of.items() if camera in held)
    rest = [number for number in headers if number not in set(tested)]
    if not rest:
        raise InputError(f"{folder.path}: every raw is by {', '.join(hold_out)}; nothing is left to train on")
    taken = [Taken(folder.names[number], camera_of[number], headers[number].captured_at) for number in rest]
    scenes = find_scenes(taken)
    sides = split_scenes(scenes, {**shares, "test": 0.0} if held else shares, seed)
    named = {_SIDES[side]: _of(rest, scenes, sides, side) for side in _SIDES}
    return Split(
        OWN, {**named, "test": tested} if held else named, _rule(len(set(scenes)), held, shares, seed), "this folder"
    )


def _of(numbers: Iterable[int], scenes: Iterable[str], sides: Mapping[str, str], side: str) -> tuple[int, ...]:
    return tuple(number for number, scene in zip(numbers, scenes, strict=True) if sides[scene] == side)


def _rule(scenes: int, held: Iterable[str], shares: Mapping[str, float], seed: int) -> str:
    drawn = f"{scenes} scenes in the order of a hash (seed {seed}), {shares['validation']:.0%} for validation"
    test = f"all of {', '.join(sorted(held))} for test" if held else f"{shares['test']:.0%} for test"
    return f"{drawn}, {test}; the rest trains"
