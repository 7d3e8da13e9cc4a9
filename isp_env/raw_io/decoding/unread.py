"""What a raw is that no decoder here reads, and what can be done with it."""

from pathlib import Path

import rawpy
import tifffile

from attiqa_core.errors import InputError
from isp_env.raw_io.decoding.kinds import picture_kind
from isp_env.raw_io.decoding.tiff_tags import MAKE, MODEL, UNREADABLE

VC5 = 9
READ = (1, 7, 8, 32946, 34892, 52546)
"""Compressions of the DNG Specification 1.7.1.0 (and 32946, which writers use for 8): none, lossless JPEG, deflate, lossy JPEG, JPEG XL."""
CONVERTER = "the camera maker's or Adobe's DNG converter"


def check_compression(path: Path, method: int) -> None:
    """Raises: InputError for a DNG whose picture is compressed in a way that is not read, with what can be done."""
    if method == VC5:
        raise InputError(
            f"{path}: is a GoPro GPR raw (VC-5 compression), which LibRaw reads only with GoPro's library; convert it with Adobe's "
            "DNG converter or GoPro's gpr_tools"
        )
    if method not in READ:
        raise InputError(f"{path}: is a DNG of compression {method}, which is not read; convert it with {CONVERTER}")


def what_is_unread(path: Path) -> str:
    """Return what a file is that LibRaw does not know, and what can be done with it."""
    picture = picture_kind(path)
    if picture:
        return f"is {picture}, not a raw; give the camera's own raw file"
    try:
        with tifffile.TiffFile(path) as tiff:
            tags = tiff.pages.first.tags
            camera = " ".join(str(tags[code].value).strip() for code in (MAKE, MODEL) if code in tags)
    except (*UNREADABLE, tifffile.TiffFileError):
        camera = ""
    version = ".".join(map(str, rawpy.libraw_version))
    if camera:
        return (
            f"is a file of {camera} that LibRaw {version} does not read (a picture without raw data, a new camera, or a "
            f"compression that it lacks); convert it with {CONVERTER}"
        )
    return (
        f"is not a raw file that LibRaw {version} knows; copy it from the camera again, or convert it with {CONVERTER}"
    )
