"""The pictures of FiveK's photos in a folder, whoever made them, found by the photo's number in their names; and read."""

import re
from pathlib import Path

import torch

from attiqa_core.errors import InputError
from attiqa_core.tensors import Images
from experiments.drawing.sheets import is_sheet
from experiments.pictures.reading import load_picture
from experiments.pictures.writing import PICTURE_SUFFIXES
from isp_env.fivek.expert_tiff import Assumed, open_expert
from isp_env.fivek.photos import NUMBERS

_NUMBERED = re.compile(r"a(\d{4})(?!\d)|(\d{1,4})$")  # a0001-jmac_DSC1459, a0001, 0001 or 1
TIFF_SUFFIXES = (".tif", ".tiff")


def number_in(stem: str) -> int | None:
    """Return the photo that a file's name, without suffix, is of: "a0001-jmac_DSC1459_rendered", "a0001", "1"; else None."""
    found = _NUMBERED.match(stem)
    number = int(found[1] or found[2]) if found else 0
    return number if number in NUMBERS else None


def pictures_of_photos(folder: Path) -> dict[int, Path]:
    """Return the JPEG, PNG or TIFF of each photo in a folder, by number; sheets and others are not looked at.

    Raises: InputError if there are none, or two of one photo.
    """
    found: dict[int, Path] = {}
    for path in sorted(folder.rglob("*")):
        number = number_in(path.stem)
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)  # .before/ of a render as well
        if path.suffix.lower() not in PICTURE_SUFFIXES or number is None or is_hidden or is_sheet(path):
            continue
        if number in found:
            raise InputError(f"{path}: is of the same photo as {found[number]}; leave one of them in {folder}")
        found[number] = path
    if not found:
        raise InputError(f"{folder}: holds no JPEG, PNG or TIFF of a photo of FiveK; names begin with a0001 to a5000")
    return dict(sorted(found.items()))


def read_display(path: Path, assume: Assumed = None) -> tuple[Images, float]:
    """Return a picture as display sRGB (1, 3, H, W) in [0, 1], upright, and the share of it that was beyond sRGB and is clipped.

    TIFF at its own depth by its profile, others of 8 bits.
    Raises: InputError if it cannot be read, or is a TIFF without a profile and nothing is assumed.
    """
    if path.suffix.lower() in TIFF_SUFFIXES:
        return open_expert(path, assume).display()
    return torch.tensor(load_picture(path)).permute(2, 0, 1)[None].float() / 255, 0.0
