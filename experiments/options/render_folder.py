"""What files of its own `attiqa render` has in a folder, and whether it may begin, or go on, there."""

from pathlib import Path

from attiqa_core.errors import InputError, UsageError
from experiments.options import checks

BEFORE = ".before"  # small pictures of the camera default, which the gallery shows beside the result
PRIVATE = ".attiqa"
"""Folder in the output folder: the lock, and what is not finished."""
RECIPE_SUFFIX = ".recipe.json"
FAILURES = "failures.json"  # what has no picture, and why
PAGE = "look.html"


def check_folder(out: Path, *, resume: bool) -> None:
    """Raises: UsageError if a folder holds anything and the run is not to go on there, InputError if it holds no run."""
    checks.new_folder(out, resume=True)
    if not out.is_dir() or not any(out.iterdir()):
        return
    if not resume and _holds_run(out):
        raise UsageError(
            f"--out {out}: already holds files of a render; add --resume to go on, which skips what is finished and equal, "
            "or name another folder"
        )
    if not resume:
        raise UsageError(f"--out {out}: already holds files; name another folder, or remove it")
    if not _holds_run(out):
        raise InputError(f"--out {out}: holds files but no render to go on with; name another folder")


def _holds_run(out: Path) -> bool:
    return (out / PRIVATE).is_dir() or next(out.rglob(f"*{RECIPE_SUFFIX}"), None) is not None
