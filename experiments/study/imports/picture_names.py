"""Scene and arm in the name of a picture, and the name that they make, both by one pattern such as "{arm}/{scene}"."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

SUFFIX = re.compile(r"\.(jpe?g|png|tiff?|webp|avif|bmp|gif)$", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Picture:
    """A picture that was compared. `file` is its name below the folder that holds all pictures."""

    scene: str
    arm: str
    file: str


def is_picture(text: str) -> bool:
    """Return whether a cell names a picture file, by path or by address, and not an arm."""
    return bool(SUFFIX.search(path_of(text)))


def path_of(text: str) -> str:
    """Return the path in a cell: of an address what stands behind its host, without a query."""
    if "://" not in text:
        return text.replace("\\", "/")
    try:
        return unquote(urlsplit(text).path)
    except ValueError:
        return text


def picture_of(text: str, pattern: str) -> Picture | None:
    """Return what a picture's path says by `pattern`, of as many folders as the pattern has; None where it does not fit."""
    parts = path_of(text).strip("/").split("/")
    file = "/".join(parts[-(pattern.count("/") + 1) :])
    found = _expression(pattern).fullmatch(file)
    return Picture(found["scene"], found["arm"], file) if found else None


def name_of(scene: str, arm: str, pattern: str) -> str:
    """Return the name that a picture of `scene` by `arm` has by `pattern`."""
    return pattern.replace("{scene}", scene).replace("{arm}", arm)


def _expression(pattern: str) -> re.Pattern[str]:
    pieces = re.split(r"(\{scene\}|\{arm\})", pattern)
    groups = {"{scene}": r"(?P<scene>[^/]+)", "{arm}": r"(?P<arm>[^/]+)"}
    made = "".join(groups.get(piece) or re.escape(piece) for piece in pieces)
    return re.compile(made if SUFFIX.search(pattern) else rf"{made}\.\w+")
