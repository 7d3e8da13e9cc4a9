"""An expert's 16-bit TIFF as display sRGB, by the ICC profile in the file: tifffile reads it, Little CMS converts it.

Pillow has no part in it: it would read 16 bits as 8 without a word. FiveK's experts are in ProPhoto RGB, about D50; to sRGB goes
media-relative colorimetric without black point compensation (the profiles' black is light 0, so there is none to compensate).
What sRGB cannot hold is clipped for each channel, and its share is told.

Memory: the file, its samples and one float picture: 24 bytes a pixel (290 MB at 12 MP, 2 s of one core); colour goes by in strips.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Literal

import imagecodecs
import numpy as np
import tifffile
import torch

from attiqa_core.errors import InputError
from attiqa_core.machine.lacks import refuse_lack
from attiqa_core.photos.tiff_files import check_parts
from attiqa_core.photos.upright import upright
from attiqa_core.srgb import srgb_from_linear
from attiqa_core.tensors import Images, LinearRgb
from isp_env.colorimetry.rgb_spaces import D65_XY, SRGB_PRIMARIES_XY
from isp_env.raw_io.decoding.tiff_tags import ICC_PROFILE, ORIENTATION, TIFF_HEADS

ROMM_PRIMARIES_XY = ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001))  # ISO 22028-2 (ROMM RGB), table 1
D50_XY = (0.3457, 0.3585)
PROPHOTO_GAMMA = 1.8  # of the profile that Lightroom embeds; ROMM RGB itself has a linear toe below 1/512
RELATIVE_COLORIMETRIC = 1  # ICC.1:2022, 7.2.15
GAMUT_SLACK = 1 / 510  # linear light beyond [0, 1] that counts as inside: half a step of 8 bits at white
STRIP_PIXELS = 500_000
MOST_PIXELS = 150_000_000  # 3.6 GB; FiveK's cameras have 25 million at most
MOST_PAGES = 1000  # a chain of more is damaged, and would be followed for hours
RGB_PHOTOMETRIC, PLANES_APART, PREMULTIPLIED, SMALLER_COPY = 2, 2, 1, 1  # TIFF 6.0, sections 8 and 18

Assumed = Literal["prophoto", "srgb"] | None


@dataclass(frozen=True, eq=False)
class ExpertTiff:
    """A TIFF as it is stored, upright: (H, W, 3) uint8 or uint16 samples in the space of its ICC profile."""

    name: str
    samples: np.ndarray
    profile: bytes

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the upright picture, px."""
        return self.samples.shape[0], self.samples.shape[1]

    def linear(self) -> LinearRgb:
        """Return (1, 3, H, W) linear sRGB, white 1; below 0 and above 1 where the colour is none of sRGB's.

        Raises: InputError for a profile that Little CMS cannot use.
        """
        planes = np.empty((1, 3, *self.size), np.float32)
        for rows, linear in self._strips():
            planes[0, :, rows] = linear
        return torch.from_numpy(planes)

    def display(self) -> tuple[Images, float]:
        """Return (1, 3, H, W) display sRGB, clipped to [0, 1] for each channel, and the share of pixels that were beyond it.

        Raises: as `linear`.
        """
        planes, beyond = np.empty((1, 3, *self.size), np.float32), 0
        for rows, linear in self._strips():
            beyond += int(((linear < -GAMUT_SLACK) | (linear > 1 + GAMUT_SLACK)).any(0).sum())
            planes[0, :, rows] = srgb_from_linear(torch.from_numpy(linear).clamp(0, 1)).clamp(0, 1).numpy()
        height, width = self.size
        return torch.from_numpy(planes), beyond / (height * width)

    def _strips(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Rows of the picture and their (3, rows, W) linear sRGB, one strip after another."""
        height, width = self.size
        step = max(1, STRIP_PIXELS // width)
        for top in range(0, height, step):
            rows = slice(top, min(top + step, height))
            yield (
                rows,
                np.ascontiguousarray(self._converted(np.ascontiguousarray(self.samples[rows])).transpose(2, 0, 1)),
            )

    def _converted(self, strip: np.ndarray) -> np.ndarray:
        try:
            return imagecodecs.cms_transform(
                strip,
                self.profile,
                linear_srgb_profile(),
                colorspace="rgb",
                outcolorspace="rgb",
                outdtype="float32",  # Little CMS computes in floats then, and clips nothing
                intent=RELATIVE_COLORIMETRIC,
            )
        except (RuntimeError, ValueError) as error:
            raise InputError(
                f"{self.name}: its ICC profile cannot be used ({error}); export it with ProPhoto RGB or sRGB"
            ) from error


def read_expert(path: Path, assume: Assumed = None) -> Images:
    """Return an expert's TIFF as display sRGB (1, 3, H, W) float32 in [0, 1], upright. Raises: as `open_expert`."""
    return open_expert(path, assume).display()[0]


def open_expert(path: Path, assume: Assumed = None) -> ExpertTiff:
    """Return the stored samples of an RGB TIFF of 8 or 16 bits with its profile; without one, the `assume`d.

    LZW, ZIP and their predictors, tiles, planes apart, either order of bytes and alpha that is not multiplied in are read.
    Raises: InputError for what is no such file: missing, cut off, grey, CMYK, of floats, or without a profile.
    """
    path = Path(path)
    if path.exists() and not path.is_file():  # a named pipe would be waited for
        raise InputError(f"{path}: is no file but a folder, pipe or device; an expert's picture is tiff16_c/NAME.tif")
    try:
        with path.open("rb") as file:
            if file.read(4) not in TIFF_HEADS:
                raise InputError(f"{path}: is no TIFF; an expert's picture is tiff16_c/NAME.tif")
        with tifffile.TiffFile(path) as tiff:
            page = _page(tiff)
            _check(path, page)
            profile = page.tags.valueof(ICC_PROFILE)
            orientation = page.tags.valueof(ORIENTATION, 1)
            samples = page.asarray()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (InputError, MemoryError):
        raise
    except Exception as error:  # what a damaged file makes a decoder raise is not documented
        refuse_lack(error, path)
        raise InputError(f"{path}: cannot be read as a TIFF ({error}); was it cut off? fetch it again") from error
    samples = samples.transpose(1, 2, 0) if page.planarconfig == PLANES_APART else samples
    profile = _profile(path, profile, assume)
    return ExpertTiff(str(path), upright(samples[..., :3], orientation), profile)


def _page(tiff: tifffile.TiffFile) -> tifffile.TiffPage:
    """The first that is no smaller copy of another."""
    pages = (each for each in islice(tiff.pages, MOST_PAGES) if isinstance(each, tifffile.TiffPage))
    return next((each for each in pages if not each.subfiletype & SMALLER_COPY), tiff.pages.first)


def _check(path: Path, page: tifffile.TiffPage) -> None:
    """Raises: InputError for a page that is no RGB of 8 or 16 bits, or parts of which were never written."""
    height, width = page.imagelength, page.imagewidth
    if not 0 < height * width <= MOST_PIXELS:
        raise InputError(f"{path}: claims {width}x{height} pixels; at most {MOST_PIXELS:,} are read")
    if page.photometric != RGB_PHOTOMETRIC or page.samplesperpixel < 3:
        kind = getattr(page.photometric, "name", page.photometric)
        raise InputError(f"{path}: is {kind} of {page.samplesperpixel} channels, not RGB; export it as RGB")
    if page.dtype not in (np.uint8, np.uint16):
        raise InputError(f"{path}: holds {page.dtype} samples; an expert's picture has 16 bits, or 8")
    if PREMULTIPLIED in page.extrasamples:
        raise InputError(f"{path}: its colours are multiplied by its alpha channel; export it without transparency")
    check_parts(page, str(path))


def _profile(path: Path, profile: bytes | None, assume: Assumed) -> bytes:
    if profile is None:
        if assume is None:
            raise InputError(
                f"{path}: has no ICC profile, and FiveK's experts have one; was it saved by another program? "
                "--assume prophoto takes its numbers for ProPhoto RGB"
            )
        return ASSUMED[assume]()
    if len(profile) < 128 or profile[36:40] != b"acsp":
        raise InputError(f"{path}: its ICC profile is damaged; fetch the file again")
    if profile[16:20] != b"RGB ":
        space = profile[16:20].decode("ascii", "replace").strip()
        raise InputError(f"{path}: its ICC profile is of {space}, not of RGB; export it with ProPhoto RGB or sRGB")
    return bytes(profile)


@cache
def prophoto_profile() -> bytes:
    """Return a profile of ProPhoto RGB as Lightroom has it: ROMM's primaries about D50, gamma 1.8 all the way to black."""
    return _matrix_profile(ROMM_PRIMARIES_XY, D50_XY, PROPHOTO_GAMMA)


@cache
def srgb_profile() -> bytes:
    """Return a profile of sRGB itself."""
    return bytes(imagecodecs.cms_profile("srgb"))


ASSUMED = {"prophoto": prophoto_profile, "srgb": srgb_profile}


@cache
def linear_srgb_profile() -> bytes:
    """Return a profile of linear light of sRGB's primaries about D65."""
    return _matrix_profile(SRGB_PRIMARIES_XY, D65_XY, 1.0)


def _matrix_profile(primaries_xy: tuple, white_xy: tuple, gamma: float) -> bytes:
    primaries = [number for xy in primaries_xy for number in (*xy, 1.0)]
    return bytes(imagecodecs.cms_profile("rgb", whitepoint=[*white_xy, 1.0], primaries=primaries, gamma=gamma))
