"""What a file is, from its first bytes: raws are told from pictures, films, archives, texts, and samples without any header."""

import os
import stat
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.machine.lacks import refuse_lack
from isp_env.raw_io.decoding.tiff_tags import TIFF_HEADS

START_BYTES = 64

HEADERS: tuple[tuple[int, bytes], ...] = (
    *((0, head) for head in TIFF_HEADS),  # DNG, NEF, CR2, ARW, PEF, 3FR, IIQ, ...
    (0, b"IIRO"), (0, b"IIRS"), (0, b"MMOR"), (0, b"IIU\0"),  # Olympus, Panasonic
    (6, b"HEAPCCDR"), (4, b"ftypcrx"), (4, b"ftypheic"),  # Canon CRW, CR3
    (0, b"FUJIFILM"), (0, b"FOVb"), (0, b"\0MRM"), (0, b"DSC-Image"), (0, b"PWAD"), (25, b"ARECOYK"),
    (0, b"PXN"), (0, b"qktk"), (0, b"qktn"), (0, b"NOKIARAW"), (0, b"ARRI"), (4, b"RED1"), (4, b"RED2"), (0, b"CI"),
    (0, b"XPDS"), (0, b"BRCM"), (0, b"@BRCM"), (0, b"\xff\xd8\xff"),  # the last: Raspberry Pi and others append raws to a JPEG
)  # fmt: skip
"""Where and how the raws that LibRaw knows begin (its identify.cpp); all else it guesses by the size of the file."""

PICTURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"RIFF", "a WebP picture or an AVI film"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"8BPS", "a Photoshop picture"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (4, b"JXL ", "a JPEG XL picture"),
    (4, b"ftypheic", "a HEIF picture"),
    (4, b"ftypmif1", "a HEIF picture"),
    (4, b"ftypavif", "an AVIF picture"),
)
OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\x03\x04", "a ZIP archive; unpack it and give the raw files inside"),
    (0, b"\x1f\x8b", "a gzip archive; unpack it and give the raw files inside"),
    (0, b"7z\xbc\xaf", "a 7z archive; unpack it and give the raw files inside"),
    (4, b"ftyp", "a film (MP4 or MOV), not a raw; give the camera's raw pictures"),
    (4, b"moov", "a film (MOV), not a raw; give the camera's raw pictures"),
    (0, b"\x1aE\xdf\xa3", "a film (MKV or WebM), not a raw; give the camera's raw pictures"),
    (0, b"%PDF", "a PDF document, not a raw; give the camera's raw pictures"),
    (0, b"<x:xmpmeta", "an XMP sidecar; give the raw file that it belongs to"),
    (0, b"<?xpacket", "an XMP sidecar; give the raw file that it belongs to"),
)


def check_regular(path: Path) -> os.stat_result:
    """Return the state of a regular file that can be read. Raises: InputError for all else, which is never opened."""
    try:
        state = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"{path}: no such file") from error
    except (OSError, ValueError) as error:  # a loop of links, no permission, a NUL in the name
        refuse_lack(error, path)
        raise InputError(f"{path}: cannot be opened ({getattr(error, 'strerror', None) or error})") from error
    if stat.S_ISDIR(state.st_mode):
        raise InputError(f"{path}: is a folder; give a raw file")
    if not stat.S_ISREG(state.st_mode):
        raise InputError(f"{path}: is a pipe, socket or device, not a file; give a raw file")
    if state.st_size == 0:
        raise InputError(f"{path}: the file is empty; copy it from the camera again")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: may not be read; change its permissions")
    return state


def check_unchanged(path: Path, before: os.stat_result) -> None:
    """Raises: InputError if the file is not what it was: it is still being copied, or a card was taken out."""
    after = check_regular(path)
    if (after.st_size, after.st_mtime_ns, after.st_ino) != (before.st_size, before.st_mtime_ns, before.st_ino):
        raise InputError(f"{path}: changed while it was read; wait until it is copied, then render it again")


def check_header(path: Path) -> None:
    """Raises: InputError with what the file is, unless it begins as raws that have a header do."""
    start = _start(path)
    if any(start.startswith(magic, at) for at, magic in HEADERS):
        return
    named = next((kind for at, magic, kind in OTHERS if start.startswith(magic, at)), None)
    picture = picture_kind(path)
    if picture and not named:
        named = f"{picture}, not a raw; give the camera's own raw file"
    elif _is_text(start) and not named:
        named = "a text, not a raw file; give the camera's own"
    if named:
        raise InputError(f"{path}: is {named}")
    raise InputError(
        f"{path}: begins as no raw file does; if it holds bare samples, say how they lie with --raw-size, --cfa, --black and "
        f"--white or in {path.stem}.sensor.toml beside it; else copy it from the camera again"
    )


def picture_kind(path: Path) -> str | None:
    """Return what picture the file is, as "a JPEG picture"; None if it is none that is known."""
    start = _start(path)
    return next((kind for at, magic, kind in PICTURES if start.startswith(magic, at)), None)


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(START_BYTES)


def _is_text(start: bytes) -> bool:
    return all(byte in b"\t\r\n" or 32 <= byte < 127 or byte >= 0xC2 for byte in start) and any(
        32 <= byte < 127 for byte in start
    )
