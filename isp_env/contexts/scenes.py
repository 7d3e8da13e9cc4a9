"""Which raws show one scene, and sides of a split that share none: whoever is judged on a scene has never seen it."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from attiqa_core.errors import UsageError
from isp_env.frames.raw_samples import RawSamples

BURST_S = 60.0  # between two raws of one camera that show one scene
SPLITS = ("training", "validation", "test")
Split = Literal["training", "validation", "test"]


@dataclass(frozen=True)
class Taken:
    """A raw as far as its scene goes: its name, its camera, and when it was taken (ISO 8601), None where it does not say."""

    name: str
    camera: str = ""
    captured_at: str | None = None


def taken(frame: RawSamples) -> Taken:
    """Return name, camera and time of a frame; a camera without a name is known by its colour matrix."""
    metadata: Mapping[str, Any] = frame.metadata
    camera = f"{metadata.get('make') or ''} {metadata.get('model') or ''}".strip()
    known = camera or hashlib.sha256(frame.calibration.xyz_to_camera[0].tobytes()).hexdigest()[:12]
    return Taken(frame.name, known, metadata.get("captured_at"))


def find_scenes(raws: Sequence[Taken], pattern: str = "") -> list[str]:
    """Return the scene of each raw: what `scene_finder` finds in its name, else its burst, else its name.

    A burst are raws of one camera of which each was taken within BURST_S of the one before; it is called by its first.
    Raises: UsageError as `scene_finder`.
    """
    scene_of = scene_finder(pattern)
    named = {each.name for each in raws if matches(pattern, each.name)}
    bursts = _bursts([each for each in raws if each.name not in named])
    return [scene_of(each.name) if each.name in named else bursts.get(each, each.name) for each in raws]


def _bursts(raws: Iterable[Taken]) -> dict[Taken, str]:
    timed = [(each.camera, datetime.fromisoformat(each.captured_at), each) for each in raws if each.captured_at]
    scenes: dict[Taken, str] = {}
    before, scene = None, ""
    for camera, time, raw in sorted(timed, key=lambda known: (known[0], known[1], known[2].name)):
        goes_on = before is not None and before[0] == camera and (time - before[1]).total_seconds() <= BURST_S
        scene = scene if goes_on else raw.name
        scenes[raw] = scene
        before = camera, time
    return scenes


def split_scenes(scenes: Iterable[str], shares: Mapping[str, float], seed: int) -> dict[str, Split]:
    """Return the side of each scene: `shares` of "validation" and "test", each rounded to whole scenes, the rest training.

    Where scenes are few, each side that is asked for has one before any has two; test comes first, then training.
    The scenes are put in the order of a hash of seed and name: another scene more moves few of the others.
    Raises: UsageError for shares that are none.
    """
    validation, test = shares.get("validation", 0.0), shares.get("test", 0.0)
    if min(validation, test) < 0 or validation + test > 1:
        raise UsageError(f"validation share {validation:g}, test share {test:g}: give shares that add up to 1 at most")
    drawn = sorted(set(scenes), key=lambda scene: hashlib.sha256(f"{seed} {scene}".encode()).digest())
    tested, judging = _counts(len(drawn), validation, test)
    return {
        scene: "validation" if place < judging else "test" if place < judging + tested else "training"
        for place, scene in enumerate(drawn)
    }


def _counts(scenes: int, validation: float, test: float) -> tuple[int, int]:
    """How many scenes test and validation have."""
    left_over = int(validation + test < 1)  # for training
    tested = min(max(round(test * scenes), int(test > 0)), max(0, scenes - left_over))
    judging = min(max(round(validation * scenes), int(validation > 0)), max(0, scenes - tested - left_over))
    return tested, judging


def scene_finder(pattern: str) -> Callable[[str], str]:
    """Return the function from a raw's name to its scene: the pattern's first group that is met, or the name without a match.

    Raises: UsageError if the pattern is no regular expression with a group.
    """
    compiled = _compiled(pattern)

    def scene_of(name: str) -> str:
        found = compiled.search(name) if pattern else None
        return next((group for group in found.groups() if group), name) if found else name

    return scene_of


def matches(pattern: str, name: str) -> bool:
    """Return whether the pattern says what scene a name is of; none says nothing."""
    return bool(pattern) and _compiled(pattern).search(name) is not None


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"--scene {pattern!r}: is not a regular expression ({error})") from error
    if pattern and compiled.groups < 1:
        raise UsageError(f"--scene {pattern!r}: needs a group around the scene's name, as in '^(.+)_y'")
    return compiled
