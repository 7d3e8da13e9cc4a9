"""Colours as a file describes them, as sRGB: ICC profiles by Little CMS, perceptual intent, and spaces that are only named.

Of profiles of three colorants and curves all intents say the same; where a profile has tables, the perceptual one is
made for photographs. What leaves sRGB is clipped for each channel.
"""

import io
from functools import cache, lru_cache
from typing import Any, Literal

import imagecodecs
import numpy as np
from PIL import Image, ImageCms

Primaries = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
"""CIE 1931 xy of red, green and blue."""

D65 = (0.3127, 0.3290)
SRGB_PRIMARIES: Primaries = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))  # IEC 61966-2-1
ADOBE_RGB_PRIMARIES: Primaries = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))  # Adobe RGB (1998), 4.3.1
ADOBE_RGB_GAMMA = 2.19921875  # Adobe RGB (1998), 4.3.4: 2 and 51/256
SAME_STEPS = 2
"""A profile that moves no colour by more than this many of 255 steps is one of sRGB, and the pixels stay as they are."""
LARGEST_BYTES = 16_000_000  # printers' profiles have up to 3 MB
PERCEPTUAL, EXACT = 0, 0x0100
"""EXACT is lcms's cmsFLAGS_NOOPTIMIZE: its own table of 16 bits is 8 steps of 8 bits off in the dark."""
CURVE_POINTS = 1024

Space = Literal["grey", "rgb", "cmyk"]
SPACES: dict[bytes, Space] = {b"GRAY": "grey", b"RGB ": "rgb", b"CMYK": "cmyk"}
"""Colour space of a profile (ICC.1:2022, 7.2.8) -> ours."""
MODES: dict[Space, str] = {"grey": "L", "rgb": "RGB", "cmyk": "CMYK"}
CODECS: dict[Space, str] = {"grey": "gray", "rgb": "rgb", "cmyk": "cmyk"}


class UnusableProfile(ValueError):
    """A profile that says nothing: damaged, or of another kind of picture. The message is the reason."""


@cache
def srgb_profile() -> bytes:
    """Return lcms's own profile of sRGB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def space_of(profile: bytes) -> Space:
    """Return what a profile's numbers are. Raises: UnusableProfile if it is damaged or of none of our spaces."""
    if not 128 < len(profile) <= LARGEST_BYTES or profile[36:40] != b"acsp":
        raise UnusableProfile("damaged")
    if profile[16:20] not in SPACES:
        raise UnusableProfile(f"of {profile[16:20].decode('ascii', 'replace').strip()}")
    if profile[12:16] in (b"link", b"abst", b"nmcl"):
        raise UnusableProfile("no profile of a device")
    return SPACES[profile[16:20]]


@lru_cache(maxsize=64)
def is_srgb(profile: bytes) -> bool:
    """Return whether the numbers of an RGB profile are those of sRGB, but for `SAME_STEPS`. Raises: UnusableProfile."""
    if space_of(profile) != "rgb":
        return False
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 3)
    greys = np.arange(256, dtype=np.uint8)[:, None].repeat(3, 1)
    asked = np.concatenate([colours, greys])[None]
    moved = np.asarray(converted(Image.fromarray(asked), profile)).astype(int) - asked
    return bool(np.abs(moved).max() <= SAME_STEPS)


def converted(image: Image.Image, profile: bytes) -> Image.Image:
    """Return an 8-bit image of mode L, RGB or CMYK as RGB of sRGB. Raises: UnusableProfile if the profile is none for it."""
    if MODES[space_of(profile)] != image.mode:
        raise UnusableProfile(f"of {space_of(profile)}, and the picture is {image.mode}")
    try:
        source, target = (ImageCms.ImageCmsProfile(io.BytesIO(each)) for each in (profile, srgb_profile()))
        made = ImageCms.profileToProfile(image, source, target, ImageCms.Intent.PERCEPTUAL, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        raise UnusableProfile(f"not one that can be used: {error}") from error
    assert made is not None  # only an image changed in place is not returned
    return made


def converted_deep(samples: np.ndarray, profile: bytes) -> np.ndarray:
    """Return uint16 samples (height, width, 1, 3 or 4) as uint16 sRGB (height, width, 3).

    Linear light has no shadows in 8 bits, so they are rounded to 8 bits only after this. Raises: UnusableProfile.
    """
    space, channels = space_of(profile), samples.shape[-1]
    if channels != {"grey": 1, "rgb": 3, "cmyk": 4}[space]:
        raise UnusableProfile(f"of {space}, and the picture has {channels} channels")
    given = np.ascontiguousarray(samples[..., 0] if channels == 1 else samples)
    try:
        return imagecodecs.cms_transform(
            given,
            profile,
            srgb_profile(),
            colorspace=CODECS[space],
            outcolorspace="rgb",
            intent=PERCEPTUAL,
            flags=EXACT,
        )
    except (RuntimeError, ValueError) as error:
        raise UnusableProfile(f"not one that can be used: {error}") from error


def lab_to_srgb(lab: np.ndarray) -> np.ndarray:
    """Return CIE L*a*b* about D50, L* in [0, 100], float64 (height, width, 3), as uint16 sRGB, clipped."""
    rgb = imagecodecs.cms_transform(
        np.ascontiguousarray(lab),
        _lab_profile(),
        srgb_profile(),
        colorspace="lab",
        outcolorspace="rgb",
        outdtype="float32",
        intent=PERCEPTUAL,
    )
    return np.rint(np.clip(rgb, 0, 1) * 65535).astype(np.uint16)


@cache
def _lab_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


@cache
def described_profile(primaries: Primaries, white: tuple[float, float], gamma: float | None) -> bytes:
    """Return a profile of these primaries and white (xy); without a gamma its curve is that of sRGB.

    Raises: UnusableProfile for numbers that are none of colours.
    """
    curve: dict[str, Any] = {"gamma": gamma}
    if gamma is None:
        encoded = np.linspace(0, 1, CURVE_POINTS)
        linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)  # IEC 61966-2-1
        curve = {"transferfunction": np.rint(linear * 65535).astype(np.uint16)}
    try:
        corners = [number for xy in primaries for number in (*xy, 1.0)]
        return bytes(imagecodecs.cms_profile("rgb", whitepoint=[*white, 1.0], primaries=corners, **curve))
    except (RuntimeError, ValueError) as error:
        raise UnusableProfile(f"of impossible primaries: {error}") from error


def adobe_rgb_profile() -> bytes:
    """Return a profile of Adobe RGB (1998)."""
    return described_profile(ADOBE_RGB_PRIMARIES, D65, ADOBE_RGB_GAMMA)
