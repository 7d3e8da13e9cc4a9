"""What is odd about a raw of FiveK though it is whole: seen in its tags, and beside its pictures by experts."""

from collections.abc import Mapping
from pathlib import Path

import tifffile

from attiqa_core.errors import InputError
from isp_env.raw_io.decoding.cfa_kinds import is_staggered, pattern_of
from isp_env.raw_io.decoding.directories import Directories, read_directories
from isp_env.raw_io.decoding.tiff_tags import CROP_SIZE, NEUTRAL, UNREADABLE, WHITE_XY, Tag, numbers

SIZE_TOLERANCE_PX = 8
"""Raw converters of two ages cut the edge by a few pixels more or less."""


def doubts_of(raw: Path, picture: Path | None = None) -> tuple[str, ...]:
    """Return what is odd about a raw in a few words each; `picture` is a TIFF that was made of it.

    Filters that are refused or of four colours, no white balance, and a picture of another size (a0009).
    """
    try:
        directories = read_directories(raw)
    except InputError as error:
        return (_without_path(raw, error),)
    if directories is None:
        return ("is a TIFF and no DNG",)
    odd = [_mosaic(raw, directories), _white_balance(directories.first), _size(directories.raw, picture)]
    return tuple(each for each in odd if each)


def _mosaic(path: Path, directories: Directories) -> str | None:
    try:
        pattern = pattern_of(path, directories.raw)
    except InputError as error:
        return _without_path(path, error)
    if is_staggered(directories.raw):
        return "its samples lie staggered (CFALayout 2), so that programs differ about its size"
    colours = "" if pattern is None else "".join(sorted(set(pattern.ravel().tolist())))
    return f"has filters of four colours ({colours})" if len(colours) > 3 else None


def _white_balance(first: Mapping[int, Tag]) -> str | None:
    return None if NEUTRAL in first or WHITE_XY in first else "says no white balance"


def _size(raw: Mapping[int, Tag], picture: Path | None) -> str | None:
    """Sizes are compared whichever way they lie."""
    crop = sorted(round(side) for side in numbers(raw, CROP_SIZE))
    if picture is None or len(crop) != 2:
        return None
    try:
        with tifffile.TiffFile(picture) as tiff:
            made = sorted(int(side) for side in tiff.pages.first.shape[:2])
    except (tifffile.TiffFileError, *UNREADABLE):
        return None  # damaged, which `damage_of` says
    if all(abs(one - other) <= SIZE_TOLERANCE_PX for one, other in zip(crop, made, strict=True)):
        return None
    return f"is {crop[1]} x {crop[0]} px, and its picture {made[1]} x {made[0]}"


def _without_path(path: Path, error: InputError) -> str:
    return str(error).removeprefix(f"{path}: ")
