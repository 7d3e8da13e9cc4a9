"""What a finished picture's file tells of its capture, for the picture that is made of it."""

import io
from pathlib import Path
from typing import Any

from PIL import Image

from attiqa_core.photos.decode import read_bytes
from attiqa_core.photos.kinds import readable_formats
from isp_env.raw_io.exif.capture import capture_of

TIFF = (b"II", b"MM")


def capture_in(path: Path) -> dict[str, Any]:
    """Return the fields of `isp_env.raw_io.exif.fields` that a picture's EXIF holds, as `read_capture` does; {} where it has none.

    Of JPEG, PNG, WebP and AVIF their EXIF block, of TIFF its own directories. What speaks of the file's own pixels, maker
    notes, XMP and IPTC are not among them. Raises: InputError for a file that cannot be read or is no picture.
    """
    content = read_bytes(path)
    if content.startswith(TIFF):
        return capture_of(content)
    with Image.open(io.BytesIO(content), formats=readable_formats()) as opened:
        return capture_of(opened.info.get("exif") or b"")
