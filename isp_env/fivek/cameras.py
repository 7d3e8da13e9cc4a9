"""Which photos a camera took, by the words that people call it by, and how cameras are shared out."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from attiqa_core.errors import InputError


def cameras_named(query: str, cameras: Iterable[str]) -> set[str]:
    """Return those cameras that a user means by a few words, in any case: "D700", "Canon", "EOS 5D", "Leica M8".

    Those whose name ends with the words; without any, those that hold them in a row, or as make and model. So "5D" is no
    5D Mark II, and "D70" neither D700 nor D70s.
    """
    words = query.lower().split()
    known = {camera: camera.lower().split() for camera in cameras}
    ending = {camera for camera, name in known.items() if words and name[-len(words) :] == words}
    return ending or {camera for camera, name in known.items() if _holds(name, words)}


def _holds(name: Sequence[str], words: Sequence[str]) -> bool:
    return bool(words) and any(list(name[at : at + len(words)]) == list(words) for at in range(len(name)))


def require_cameras(query: str, cameras: Iterable[str], where: object) -> set[str]:
    """Return `cameras_named`. Raises: InputError naming the cameras that there are, if none is meant."""
    cameras = sorted(set(cameras))
    if not (found := cameras_named(query, cameras)):
        there = ", ".join(cameras) or "none that its raws would name"
        raise InputError(f"{where}: no raw here is by a camera {query!r}; there are {there}")
    return found


def camera_shares(numbers: Iterable[int], camera_of: Mapping[int, str | None] | Mapping[int, str]) -> dict[str, float]:
    """Return the share of each camera among those photos whose camera is known, the largest first."""
    counts = Counter(camera for number in numbers if (camera := camera_of.get(number)))
    return {
        camera: each / counts.total() for camera, each in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    }
