"""The picture that a camera's own program made, as a raw file has it embedded: upright 8-bit sRGB."""

import io
from pathlib import Path

import numpy as np
import rawpy
from PIL import Image

from attiqa_core.errors import InputError
from attiqa_core.photos.decode import decode_rgb
from isp_env.raw_io.decoding.kinds import check_header
from isp_env.sensor.cfa import orient

ORIENTATION = 0x0112  # of EXIF


def embedded_preview(path: Path) -> np.ndarray:
    """Return the largest picture that LibRaw finds embedded, (H, W, 3) uint8, taken for sRGB.

    It is turned by its own EXIF orientation, where it has one, else as the raw is. Raises: InputError if there is none, or it
    cannot be read.
    """
    check_header(path)
    try:
        with rawpy.imread(io.BytesIO(path.read_bytes())) as raw:
            thumb, flip = raw.extract_thumb(), int(raw.sizes.flip)
    except rawpy.LibRawError as error:
        raise InputError(f"{path}: has no embedded picture that can be read; name a reference file for it") from error
    if thumb.format is not rawpy.ThumbFormat.JPEG:
        return orient(np.asarray(thumb.data), flip)
    content = bytes(thumb.data)
    with Image.open(io.BytesIO(content)) as opened:
        turned_itself = ORIENTATION in opened.getexif()
    rgb = decode_rgb(content, f"{path} (its embedded picture)")
    return rgb if turned_itself else orient(rgb, flip)
