"""What a training of tools learns from and what judges it: pictures of photos or raws with planted defects, no photo on both sides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attiqa_core.errors import InputError, UsageError
from isp_env.fivek.address import is_address
from isp_env.raw_io.find import RAW_SUFFIXES, find_raws
from isp_env.raw_io.loading import read_frames
from isp_env.tool_episodes.contexts import ToolContexts
from isp_env.tool_episodes.photo_contexts import WIDEST, NamedPicture, photo_contexts, read_photos
from isp_env.tool_episodes.planting import Planting
from isp_env.tool_episodes.raw_contexts import by_default

SPLIT_SEED = 0
"""The split is that of the photos: trainings of several seeds are judged by the same."""
VALIDATION_DRAWS = 1
"""Added to the seed of the pictures that judge: their defects are others than those that are trained on."""


@dataclass(frozen=True)
class ToolSides:
    """Pictures to train on and to validate by, None where nothing is to judge; a sentence for each file that cannot be read."""

    training: ToolContexts
    validation: ToolContexts | None
    failures: tuple[str, ...]


def read_tool_sides(
    paths: Sequence[Path], validate: Sequence[Path], share: float, planting: Planting, seed: int
) -> ToolSides:
    """Return both sides, planted by a seed: `validate` where it is given, else a `share` of the photos.

    Raises: UsageError for a photo on both sides, or a single one that should be split; InputError if none can be read.
    """
    failures: list[str] = []
    photos = read_pictures(paths, planting.px, failures)
    if validate:
        judging = read_pictures(validate, planting.px, failures)
        if shared := sorted({name for name, _ in photos} & {name for name, _ in judging}):
            raise UsageError(
                f"--validate {shared[0]}: a photo of that name is trained on, too; keep those that judge elsewhere"
            )
    else:
        photos, judging = _split(photos, share)
    validation = photo_contexts(judging, planting, seed + VALIDATION_DRAWS) if judging else None
    return ToolSides(photo_contexts(photos, planting, seed), validation, tuple(failures))


def read_pictures(paths: Sequence[Path], px: int, failures: list[str]) -> list[NamedPicture]:
    """Return all readable photos by name; of raws, which may not be mixed with photos, what our ISP makes of them by default.

    A raw's picture is its centred square, as large as the largest that pictures of `px` are cut from.
    Raises: InputError if none can be read.
    """
    pictures = list(
        _rendered(paths, round(px * WIDEST), failures) if _are_raws(paths) else read_photos(paths, failures)
    )
    if not pictures:
        raise InputError(f"{failures[0]} (none of {len(failures)} files can be read)")
    return pictures


def _split(photos: list[NamedPicture], share: float) -> tuple[list[NamedPicture], list[NamedPicture]]:
    if not share:
        return photos, []
    if len(photos) < 2:
        raise UsageError(
            f"--validation-share {share:g}: there is one photo; name others with --validate, or give --validation-share 0 and"
            " keep the last policy, whatever it is worth"
        )
    order = np.random.default_rng(SPLIT_SEED).permutation(len(photos))
    held = set(order[: min(len(photos) - 1, max(1, round(share * len(photos))))].tolist())
    return [photo for place, photo in enumerate(photos) if place not in held], [photos[place] for place in sorted(held)]


def _are_raws(paths: Sequence[Path]) -> bool:
    """Whether what is named are raws: the first file is called so, or a folder that holds one; FiveK's addresses name raws."""
    first = Path(paths[0])
    if is_address(first):
        return True
    files = (path for path in first.rglob("*") if path.is_file()) if first.is_dir() else iter([first])
    return any(path.suffix.lower() in RAW_SUFFIXES for path in files)


def _rendered(paths: Sequence[Path], px: int, failures: list[str]) -> Iterator[NamedPicture]:
    for frame in read_frames(find_raws(paths), failures):
        yield frame.name, (by_default(frame, px)[0] * 255).round().byte()
