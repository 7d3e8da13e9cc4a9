"""What a killed run left half written: found by its name, which is nobody else's, and removed when the next one begins."""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from attiqa_core.files.whole import TEMPORARY
from attiqa_core.runs.lock import PRIVATE

OURS = re.compile(re.escape(TEMPORARY) + r"(\d+)-[a-z0-9_]{8}(\.|$)")


def remove_leftovers(folder: Path) -> int:
    """Remove files that `replacing` left below a folder that this process holds, and return how many.

    Another process's that runs on this machine stay, and so do those in a folder below that is a run of its own.
    """
    count = 0
    for path in _found(folder):
        with contextlib.suppress(OSError):
            path.unlink()
            count += 1
    return count


def _found(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        if Path(place) != folder and PRIVATE in folders:
            folders.clear()
            continue
        for name in names:
            match = OURS.match(name)
            if match and not _is_at_work(int(match[1])):
                yield Path(place) / name


def _is_at_work(process: int) -> bool:
    """Whether another process of this number is there; a container begins counting anew, so that our own says nothing."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
