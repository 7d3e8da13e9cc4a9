"""ICC profiles of the output spaces: lcms's own for sRGB, written here for those that lcms cannot make.

Source: ICC.1:2022 (profile version 4.4): header 7.2, tags of display profiles 8.4.3, element types 10. The colorants are adapted from
D65 to the connection space's D50 by Bradford, as Annex E asks, and `chad` says so.
"""

import functools
import hashlib
import struct
from collections.abc import Iterable

from PIL import ImageCms

from isp_env.colorimetry.output_space import SRGB, OutputSpace
from isp_env.colorimetry.rgb_spaces import D65_XYZ, rgb_to_xyz_matrix, white_to_white

PROFILE_DATE = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)  # lcms writes the present time: equal pictures would differ
VERSION = 0x04400000
PCS_WHITE_XYZ = (0.9642, 1.0, 0.8249)  # ICC.1:2022, 7.2.16: readers want these digits of D50
TITLES = {"display-p3": "Display P3", "rec2020-linear": "Rec. 2020 (linear)"}
NOTICE = "No copyright, use freely"
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # g, a, b, c, d of function type 3: IEC 61966-2-1


def profile_of(space: OutputSpace) -> bytes:
    """Return the profile that a picture in that space embeds; the same bytes at all times."""
    return srgb_profile() if space is SRGB else _matrix_profile(space)


@functools.cache
def srgb_profile() -> bytes:
    """Return an sRGB ICC profile (lcms's built-in one, at a fixed date)."""
    content = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return content[:24] + PROFILE_DATE + content[36:]


@functools.cache
def _matrix_profile(space: OutputSpace) -> bytes:
    """A display profile of three colorants and one curve."""
    adaptation = white_to_white(D65_XYZ, PCS_WHITE_XYZ)
    colorants = adaptation @ rgb_to_xyz_matrix(space.primaries_xy)
    curve = _parametric(3, SRGB_CURVE) if space.encoded else _parametric(0, (1.0,))
    contents = {
        b"desc": _text(TITLES[space.name]),
        b"cprt": _text(NOTICE),
        b"wtpt": _xyz(PCS_WHITE_XYZ),
        b"chad": b"sf32" + bytes(4) + _fixed(adaptation.ravel()),
        **{name: _xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants.T, strict=True)},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, body, places = b"", b"", {}
    start = 128 + 4 + 12 * len(contents)
    for name, content in contents.items():
        if content not in places:  # one curve for three tags
            places[content] = start + len(body)
            body += content + bytes(-len(content) % 4)
        table += struct.pack(">4sII", name, places[content], len(content))
    whole = _header(start + len(body)) + struct.pack(">I", len(contents)) + table + body
    identity = hashlib.md5(whole, usedforsecurity=False).digest()  # flags and intent are 0 already
    return whole[:84] + identity + whole[100:]


def _header(size: int) -> bytes:
    fields = struct.pack(">I4sI4s4s4s", size, bytes(4), VERSION, b"mntr", b"RGB ", b"XYZ ")
    fields += PROFILE_DATE + b"acsp" + bytes(28)  # platform, flags, maker, model, attributes, intent
    return (fields + _fixed(PCS_WHITE_XYZ)).ljust(128, b"\0")


def _fixed(numbers: Iterable[float]) -> bytes:
    """s15Fixed16."""
    return b"".join(struct.pack(">i", round(float(number) * 65536)) for number in numbers)


def _xyz(values: Iterable[float]) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(values)


def _parametric(kind: int, numbers: Iterable[float]) -> bytes:
    return struct.pack(">4s4xH2x", b"para", kind) + _fixed(numbers)


def _text(words: str) -> bytes:
    """One record of multi-localised Unicode, American English."""
    content = words.encode("utf-16-be")
    return struct.pack(">4s4xII2s2sII", b"mluc", 1, 12, b"en", b"US", len(content), 28) + content
