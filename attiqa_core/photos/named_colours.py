"""How a picture's file says which colours its numbers are: an ICC profile, PNG's chunks, AVIF's box, a camera's EXIF."""

from collections.abc import Mapping

from PIL import ExifTags, Image

from attiqa_core.errors import InputError
from attiqa_core.photos.colour_profiles import D65, SRGB_PRIMARIES, Primaries, adobe_rgb_profile, described_profile

PRIMARIES: Mapping[int, tuple[Primaries, tuple[float, float]]] = {
    1: (SRGB_PRIMARIES, D65),  # BT.709
    2: (SRGB_PRIMARIES, D65),  # unspecified
    5: (((0.64, 0.33), (0.29, 0.60), (0.15, 0.06)), D65),  # BT.601, 625 lines
    6: (((0.63, 0.34), (0.31, 0.595), (0.155, 0.07)), D65),  # BT.601, 525 lines
    7: (((0.63, 0.34), (0.31, 0.595), (0.155, 0.07)), D65),
    9: (((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)), D65),  # BT.2020
    11: (((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), (0.314, 0.351)),  # DCI-P3
    12: (((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), D65),  # Display P3
}
"""Colour primaries and white by number. Source: ITU-T H.273, table 2."""
GAMMAS: Mapping[int, float | None] = {1: None, 2: None, 6: None, 13: None, 14: None, 15: None, 4: 2.2, 5: 2.8, 8: 1.0}
"""Transfer characteristics by number -> gamma, None for sRGB's curve, by which browsers also show video's. Source: H.273, table 3."""
HDR = {16: "PQ", 18: "HLG"}
SRGB_GAMMA = (0.44, 0.47)  # of PNG's gAMA: 1 / 2.2 stands for sRGB's curve (PNG, third edition, 11.3.2.2)
CHROMATICITY_SLACK = 0.002  # rounding of cHRM
CICP_SRGB = ((1, 2), (None,))
FIRST_BYTES = 65536  # AVIF's properties stand before its picture
R03 = "R03"  # DCF 2.0: a camera's Adobe RGB


def profile_of(image: Image.Image, content: bytes, name: str) -> bytes | None:
    """Return an ICC profile of an opened picture's numbers; None where they are sRGB or nothing is said.

    PNG: cICP before iCCP before sRGB before gAMA with cHRM (PNG, third edition, 4.3). AVIF: its profile before its
    numbers of H.273. Else the ICC profile, and EXIF's "R03". Raises: InputError for HDR, whose white is none of a display's.
    """
    embedded = image.info.get("icc_profile") or None
    if image.format == "PNG":
        if (numbers := _cicp(content)) is not None:
            return coded_profile(*numbers, name)
        return embedded or (None if "srgb" in image.info else _gamma_profile(image.info))
    if image.format == "AVIF" and embedded is None:
        place = content.find(b"colrnclx", 0, FIRST_BYTES)
        numbers = [int.from_bytes(content[at : at + 2], "big") for at in (place + 8, place + 10)]
        return None if place < 0 else coded_profile(numbers[0], numbers[1], name)
    return embedded or _exif_profile(image)


def coded_profile(primaries: int, transfer: int, name: str) -> bytes | None:
    """Return a profile of colours by their numbers of H.273, None for sRGB. Raises: InputError for those that are not read."""
    if transfer in HDR:
        raise InputError(f"{name}: is HDR ({HDR[transfer]}), which has no display white; convert it to SDR")
    if primaries not in PRIMARIES or transfer not in GAMMAS:
        raise InputError(f"{name}: has colours of H.273's kind {primaries}/{transfer}; convert it to sRGB")
    if primaries in (1, 2) and GAMMAS[transfer] is None:
        return None
    return described_profile(*PRIMARIES[primaries], GAMMAS[transfer])


def _cicp(content: bytes) -> tuple[int, int] | None:
    """Primaries and transfer of PNG's chunk cICP, which stands before the picture."""
    place = 8
    while (kind := content[place + 4 : place + 8]) not in (b"IDAT", b"PLTE", b""):
        if kind == b"cICP":
            return content[place + 8], content[place + 9]
        place += 12 + int.from_bytes(content[place : place + 4], "big")
    return None


def _gamma_profile(info: Mapping) -> bytes | None:
    """A profile of PNG's gAMA and cHRM; None without gAMA, or where they say sRGB."""
    if not (exponent := info.get("gamma")) or not 0.1 < exponent < 10:
        return None
    x, y, *corners = info.get("chromaticity") or (*D65, *(number for xy in SRGB_PRIMARIES for number in xy))
    white, primaries = (x, y), (tuple(corners[:2]), tuple(corners[2:4]), tuple(corners[4:6]))
    usual = (*D65, *(number for xy in SRGB_PRIMARIES for number in xy))
    srgb_colours = all(abs(a - b) < CHROMATICITY_SLACK for a, b in zip((x, y, *corners), usual, strict=True))
    gamma = None if SRGB_GAMMA[0] < exponent < SRGB_GAMMA[1] else 1 / exponent
    return None if gamma is None and srgb_colours else described_profile(primaries, white, gamma)


def _exif_profile(image: Image.Image) -> bytes | None:
    """Adobe RGB where a camera says so by the name of its EXIF's interoperability alone."""
    exif = image.getexif()
    if ExifTags.IFD.Interop not in exif and ExifTags.IFD.Exif not in exif:
        return None
    try:
        interoperability = exif.get_ifd(ExifTags.IFD.Interop)
    except KeyError:  # Pillow 11.3, of an Exif directory without one
        return None
    return adobe_rgb_profile() if interoperability.get(1) == R03 else None
