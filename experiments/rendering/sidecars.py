"""Sidecars of a picture that is being made: in staging first, as the picture itself is."""

import shutil
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

from attiqa_core.errors import InputError, UsageError
from experiments.exports.sidecars import sidecar_path, write_sidecars
from experiments.rendering.staging import staged
from isp_env.params import IspParams
from isp_env.raw import RawFrame


def write_staged(
    out: Path,
    place: PurePath,
    suffix: str,
    frame: RawFrame,
    params: IspParams,
    kinds: Sequence[str],
    part: str = "",
) -> dict[str, Any]:
    """Return what the recipe says of the sidecars of these kinds, which lie in staging; one that is in place is merged into.

    Raises: InputError or UsageError for a file in place that is another program's and would be lost.
    """
    picture = staged(out, place, suffix, part)
    for kind in kinds:
        there = sidecar_path(out / f"{place}{suffix}", frame, kind)
        if there.is_file():
            shutil.copyfile(there, picture.with_name(there.name))
    try:
        return write_sidecars(picture, frame, params, kinds)
    except (InputError, UsageError) as error:  # where the person finds it, not its copy
        raise type(error)(str(error).replace(str(picture.parent), str((out / place).parent))) from error
