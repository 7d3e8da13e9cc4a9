"""The frames of a video as picture files named by a pattern: "clip_%04d.png", or a shell pattern such as "clip/*.png"."""

import glob
import re
from pathlib import Path

from attiqa_core.errors import InputError

NUMBER = re.compile(r"%0?\d*d")  # printf's, as video tools name their frames
WILDCARD = re.compile(r"[*?\[]")


def is_pattern(path: Path) -> bool:
    """Return whether a path stands for frames: it is no file or folder, and has a %d or a wildcard in it."""
    return bool(NUMBER.search(path.name) or WILDCARD.search(str(path))) and not path.exists()


def find_frames(pattern: Path, every: int = 1) -> list[Path]:
    """Return the first and then each `every`-th frame, in the order of the numbers in their paths: 10 after 9.

    Numbers may begin anywhere and may be missing. Raises: InputError if there is no such file.
    """
    number = NUMBER.search(pattern.name)
    found = [Path(name) for name in glob.glob(_shell_pattern(pattern), recursive=True)]  # noqa: PTH207 - pathlib takes no absolute one
    if number:
        before, after = pattern.name[: number.start()], pattern.name[number.end() :]
        numbered = re.compile(re.escape(before) + r"\d+" + re.escape(after))
        found = [path for path in found if numbered.fullmatch(path.name)]
    frames = sorted((path for path in found if path.is_file()), key=_by_numbers)
    if not frames:
        raise InputError(f"{pattern}: no file is named like this; %d stands for a frame's number, * for anything")
    return frames[::every]


def _shell_pattern(pattern: Path) -> str:
    """A shell pattern that finds at least the frames; beside a %d, what a file's name holds stands for itself."""
    number = NUMBER.search(pattern.name)
    if number is None:
        return str(pattern)
    before, after = pattern.name[: number.start()], pattern.name[number.end() :]
    return str(pattern.parent / f"{glob.escape(before)}*{glob.escape(after)}")


def _by_numbers(path: Path) -> list[tuple[str, int]]:
    """The path cut into texts and the numbers after them."""
    parts = re.split(r"(\d+)", str(path))
    return [(text, int(number)) for text, number in zip(parts[::2], [*parts[1::2], "-1"], strict=True)]
