"""What files of its own `attiqa render` has in a folder, and whether it may begin, or go on, there."""

from pathlib import Path

from attiqa_core.errors import InputError, UsageError
from attiqa_core.runs.lock import PRIVATE
from experiments.options import checks

BEFORE = ".before"  # small pictures of the camera default, which the gallery shows beside the result
PARTS = ".shards"
"""Folder in the output folder of a run in shards: which raws there are, and a commit for each shard."""
RECIPE_SUFFIX = ".recipe.json"
FAILURES = "failures.json"  # what has no picture, and why
PAGE = "look.html"


def check_folder(out: Path, *, resume: bool, is_shared: bool = False) -> None:
    """Raises: UsageError if a folder holds anything and the run is not to go on there, InputError if it holds no run.

    A shared run goes on where others have begun it, or are about to.
    """
    checks.new_folder(out, resume=True)
    there = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if not there or (is_shared and (there <= {PRIVATE} or PARTS in there)):
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
