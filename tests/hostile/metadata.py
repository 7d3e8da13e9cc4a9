"""What pictures carry beside their pixels, made to mean harm: EXIF, XMP, colour profiles; and camera profiles whose tables lie."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from fixtures.dcp_bytes import FLOAT, dcp
from fixtures.dng_files import ASCII, LONG, SHORT, SRATIONAL, Tags
from fixtures.odd_pictures import ink_profile, matrix_profile
from hostile.archives import EXPANDING, READING
from hostile.descriptions import later, raw
from hostile.tensors import bomb
from PIL import Image

XMP = b"http://ns.adobe.com/xap/1.0/\0"
MATRIX = {50721: (SRATIONAL, [1, 0, 0, 0, 1, 0, 0, 0, 1]), 50708: (ASCII, "Synthetic")}
DIMENSIONS, TABLE, LOOK_DIMENSIONS, LOOK, CURVE = 50937, 50938, 50981, 50982, 50940


def _jpeg(*segments: tuple[int, bytes]) -> bytes:
    """A small JPEG with these segments, (marker, content), before its own."""
    content = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (80, 90, 3), dtype=np.uint8)).save(content, "jpeg")
    more = b"".join(struct.pack(">BBH", 0xFF, marker, len(each) + 2) + each for marker, each in segments)
    return content.getvalue()[:2] + more + content.getvalue()[2:]


def _exif(directory: bytes) -> bytes:
    return b"Exif\0\0" + b"II*\0" + struct.pack("<I", 8) + directory


def _entries(*entries: tuple[int, int, int, int], following: int = 0, count: int | None = None) -> bytes:
    told = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries) if count is None else count) + told + struct.pack("<I", following)


def _scored(content: Callable[[Path], bytes]) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        (folder / "a.jpg").write_bytes(content(canary))
        return ["score", folder / "a.jpg"]

    return make


def _with_exif(directory: bytes) -> Callable[[Path, Path], list]:
    return _scored(lambda canary: _jpeg((0xE1, _exif(directory))))


def _with_profile(change: Callable[[bytes], bytes], profile: Callable[[], bytes] | None = None, of: int = 1):
    """A JPEG with a changed profile, which says it is the first of `of` parts."""

    def content(canary: Path) -> bytes:
        whole = change(matrix_profile("sRGB", 2.2) if profile is None else profile())
        return _jpeg((0xE2, b"ICC_PROFILE\0" + bytes([1, of]) + whole[:60_000]))

    return _scored(content)


def _at(place: int, content: bytes) -> Callable[[bytes], bytes]:
    return lambda whole: whole[:place] + content + whole[place + len(content) :]


def _dcp(tags: Tags) -> Callable[[Path, Path], list]:
    return _dcp_of(lambda: dcp({**MATRIX, **tags}))


def _dcp_of(content: Callable[[], bytes]) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        (folder / "a.dcp").write_bytes(content())
        return ["render", raw(folder), "--dcp", folder / "a.dcp", "--out", folder / "out"]

    return make


def _lying_dcp() -> bytes:
    """A table of 4 GB of which the file holds nothing."""
    whole = dcp({**MATRIX, DIMENSIONS: (LONG, [1000, 1000, 1000]), TABLE: (FLOAT, [0.0, 1.0, 1.0])})
    place = whole.index(struct.pack("<HHI", TABLE, FLOAT, 3))
    return whole[: place + 4] + struct.pack("<I", 3 * 10**9 % 2**32) + whole[place + 8 :]


MAKERS = {
    "EXIF: a directory that is its own next": _with_exif(_entries((274, 3, 1, 1), following=8)),
    "EXIF: directories that are each other's": _with_exif(_entries((34665, 4, 1, 8), (34853, 4, 1, 8))),
    "EXIF: 65,535 entries that are not there": _with_exif(_entries((274, 3, 1, 1), count=65_535)),
    "EXIF: an entry of 4 GB": _with_exif(_entries((37500, 7, 2**32 - 1, 8), (274, 3, 2**32 - 1, 8))),
    "EXIF: orientation 999": _with_exif(_entries((274, 3, 1, 999))),
    "EXIF: an orientation of a text": _with_exif(_entries((274, 2, 4, 0x41414141))),
    "EXIF: a pickle": _scored(lambda canary: _jpeg((0xE1, b"Exif\0\0" + bomb(canary)))),
    "EXIF: a thousand of them": _scored(lambda canary: _jpeg(*[(0xE1, _exif(_entries((274, 3, 1, 6))))] * 1000)),
    "XMP: entities that expand": _scored(lambda canary: _jpeg((0xE1, XMP + f"{EXPANDING}<a>&j;</a>".encode()))),
    "XMP: an entity that reads a file": _scored(lambda canary: _jpeg((0xE1, XMP + f"{READING}<a>&j;</a>".encode()))),
    "XMP: 60,000 tags in each other": _scored(lambda canary: _jpeg((0xE1, XMP + b"<a>" * 20_000))),
    "ICC: a pickle": _scored(lambda canary: _jpeg((0xE2, b"ICC_PROFILE\0\1\1" + bomb(canary)))),
    "ICC: 2^32 - 1 tags": _with_profile(_at(128, b"\xff" * 4)),
    "ICC: tags at 4 GB": _with_profile(_at(136, b"\xff\xff\xff\xf0\xff\xff\xff\xf0")),
    "ICC: says it has 4 GB": _with_profile(_at(0, b"\xff" * 4)),
    "ICC: of ink, in a picture of light": _with_profile(lambda whole: whole, ink_profile),
    "ICC: a table of 255^15": _with_profile(
        lambda whole: whole.replace(b"mft2\0\0\0\0", b"mft2\0\0\0\0\x0f\x0f\xff", 1)[: len(whole)], ink_profile
    ),
    "ICC: a curve of 4 G points": _with_profile(
        lambda whole: whole.replace(b"curv\0\0\0\0\0\0\0\1", b"curv\0\0\0\0\xff\xff\xff\xff", 1)
    ),
    "ICC: the first of 255 parts": _with_profile(lambda whole: whole, of=255),
    "ICC: a link from device to device": _with_profile(_at(12, b"link")),
    "DCP: a table of 1000^3 that is not there": _dcp_of(_lying_dcp),
    "DCP: a table of 2^96": _dcp({DIMENSIONS: (LONG, [2**32 - 1] * 3), TABLE: (FLOAT, [0.0, 1.0, 1.0])}),
    "DCP: a table of no divisions": _dcp({DIMENSIONS: (LONG, [0, 0, 0]), TABLE: (FLOAT, [0.0, 1.0, 1.0])}),
    "DCP: a table of NaN": _dcp({DIMENSIONS: (LONG, [6, 2, 1]), TABLE: (FLOAT, [float("nan")] * 36)}),
    "DCP: a look of infinity": _dcp({LOOK_DIMENSIONS: (LONG, [6, 2, 1]), LOOK: (FLOAT, [float("inf")] * 36)}),
    "DCP: a curve of a million points": later(lambda: _dcp({CURVE: (FLOAT, np.linspace(0, 1, 2_000_000))})),
    "DCP: a curve that goes back": _dcp({CURVE: (FLOAT, [0, 0, 0.9, 0.1, 0.2, 0.8, 1, 1])}),
    "DCP: a curve of NaN": _dcp({CURVE: (FLOAT, [0, 0, float("nan"), 0.5, 1, 1])}),
    "DCP: a matrix of zeros": _dcp({50721: (SRATIONAL, [0] * 9)}),
    "DCP: a matrix of one number": _dcp({50721: (SRATIONAL, [1])}),
    "DCP: a light of no such number": _dcp({50778: (SHORT, [65_535]), 50779: (SHORT, [21])}),
    "DCP: another camera, of markup": _dcp({50708: (ASCII, "<script>alert(1)</script>\n=cmd|' /C calc'!A0")}),
    "DCP: cut off": _dcp_of(lambda: dcp({**MATRIX, CURVE: (FLOAT, np.linspace(0, 1, 200))})[:-300]),
}
