"""The pictures of FiveK's photos in a folder, whoever made them, found by the photo's number in their names."""

import re
from pathlib import Path

from attiqa_core.errors import InputError
from experiments.drawing.sheets import is_sheet
from experiments.pictures.writing import PICTURE_SUFFIXES
from isp_env.fivek.photos import NUMBERS

_NUMBERED = re.compile(r"a(\d{4})(?!\d)|(\d{1,4})$")  # a0001-jmac_DSC1459, a0001, 0001 or 1


def number_in(stem: str) -> int | None:
    """Return the photo that a file's name, without suffix, is of: "a0001-jmac_DSC1459_rendered", "a0001", "1"; else None."""
    found = _NUMBERED.match(stem)
    number = int(found[1] or found[2]) if found else 0
    return number if number in NUMBERS else None


def pictures_of_photos(folder: Path) -> dict[int, Path]:
    """Return the JPEG, PNG or TIFF of each photo in a folder, by number; sheets and others are not looked at, nor folders and pipes.

    Raises: InputError if there are none, or two of one photo.
    """
    found: dict[int, Path] = {}
    for path in sorted(folder.rglob("*")):
        number = number_in(path.stem)
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)  # .before/ of a render as well
        if path.suffix.lower() not in PICTURE_SUFFIXES or number is None or is_hidden or is_sheet(path):
            continue
        if not path.is_file():  # a named pipe would be waited for
            continue
        if number in found:
            raise InputError(f"{path}: is of the same photo as {found[number]}; leave one of them in {folder}")
        found[number] = path
    if not found:
        raise InputError(f"{folder}: holds no JPEG, PNG or TIFF of a photo of FiveK; names begin with a0001 to a5000")
    return dict(sorted(found.items()))
