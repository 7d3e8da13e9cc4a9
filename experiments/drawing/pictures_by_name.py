"""Pictures by what they are called in their folder: what `compare` and a study pair by."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from experiments.drawing.sheets import is_sheet


def pictures_by_name(folder: Path, paths: Iterable[Path]) -> Mapping[str, list[Path]]:
    """Return pictures by their path below `folder` without suffix, in order; more than one where only suffixes differ.

    Contact sheets and previews are left out: they are pictures of no scene.
    """
    found: dict[str, list[Path]] = {}
    for path in paths:
        if not is_sheet(path):
            found.setdefault(path.relative_to(folder).with_suffix("").as_posix(), []).append(path)
    return dict(sorted(found.items()))
