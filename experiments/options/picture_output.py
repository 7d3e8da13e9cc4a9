"""Options that say what a finished picture's file is like: format, quality, colour space, size."""

import math
from dataclasses import dataclass
from typing import Any, Literal

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.refuse_unused import refuse_unused

DEPTHS = {"jpg": (8,), "avif": (8,), "png": (16, 8), "tif": (16, 8), "jxl": (16, 8)}  # bits, the usual one first
SPACES_OF_ALL = ("srgb", "display-p3")
LARGEST_EDGE = {"jpg": 65535, "avif": 65535}  # px


@dataclass(frozen=True)
class PictureOutput:
    """What the file of a finished picture is like."""

    format: Literal["jpg", "png", "tif", "avif", "jxl"] = "jpg"
    """jpg and avif hold 8 bits, png, tif and jxl 16 unless --bits says 8. All embed the profile and the camera's EXIF."""
    quality: int = 95
    """Of jpg, avif and jxl: 1 to 100; jxl is lossless at 100."""
    subsampling: Literal["444", "422", "420"] = "444"
    """Of jpg and avif: colour at full, half or quarter resolution."""
    bits: Literal[8, 16] | None = None
    """Bits per channel, where the format leaves a choice; 16 then unless given."""
    space: Literal["srgb", "display-p3", "rec2020-linear"] = "srgb"
    """Colour space, whose profile is embedded; rec2020-linear is linear light and takes 16 bits."""
    gps: bool = True
    """Whether the place of capture goes into the file."""
    long_edge: int | None = None
    """Size of the longer edge in px; smaller pictures stay as they are. Sizes are changed in linear light, before rounding."""
    short_edge: int | None = None
    """Size of the shorter edge in px."""
    megapixels: float | None = None
    """Size in millions of pixels."""
    enlarge: bool = False
    """Also bring smaller pictures to that size."""

    @property
    def suffix(self) -> str:
        """What the names of such files end in, with the dot."""
        return f".{self.format}"

    @property
    def depth(self) -> Literal[8, 16]:
        """Bits per channel of such files."""
        return self.bits or DEPTHS[self.format][0]  # type: ignore[return-value]

    def check(self) -> None:
        """Raises: UsageError for a choice that the format, the space or this machine does not allow."""
        checks.at_least(self, quality=1, long_edge=1, short_edge=1)
        if self.quality > 100:
            raise UsageError(f"--quality {self.quality}: give 1 to 100")
        if self.format in ("png", "tif"):
            refuse_unused(self, ("quality", "subsampling"), f"--format {self.format} loses nothing")
        if self.format == "jxl":
            refuse_unused(self, ("subsampling",), "is of jpg and avif, and JPEG XL has none")
        self._check_depth_and_space()
        self._check_size()
        _check_encoder(self.format)

    def _check_depth_and_space(self) -> None:
        depths = DEPTHS[self.format]
        if self.depth not in depths:
            deep = " or ".join(name for name, allowed in DEPTHS.items() if self.depth in allowed)
            raise UsageError(f"--bits {self.bits}: --format {self.format} holds {depths[0]} bits; choose {deep}")
        if self.space not in SPACES_OF_ALL and self.depth == 8:
            why = "leave --bits 8 out" if 16 in depths else "choose --format tif or png"
            raise UsageError(f"--space {self.space}: linear light falls apart in 8 bits; {why}, or --space display-p3")
        if self.format == "jxl" and self.space != "srgb":
            raise UsageError(f"--space {self.space}: the JPEG XL encoder here writes srgb alone; choose tif or png")

    def _check_size(self) -> None:
        given = [checks.flag(name) for name, value in self._sizes().items() if value is not None]
        if len(given) > 1:
            raise UsageError(f"{' and '.join(given)}: give one of them")
        if self.enlarge and not given:
            raise UsageError("--enlarge: to what size? give --long-edge, --short-edge or --megapixels with it")
        if self.megapixels is not None:
            checks.above_zero(self, "megapixels")

    def _sizes(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("long_edge", "short_edge", "megapixels")}

    def size_of(self, height: int, width: int) -> tuple[int, int]:
        """Return height and width in px of the file of a picture of that size; aspect within a pixel, at least 1 px."""
        if self.long_edge is not None:
            scale = self.long_edge / max(height, width)
        elif self.short_edge is not None:
            scale = self.short_edge / min(height, width)
        elif self.megapixels is not None:
            scale = math.sqrt(self.megapixels * 1e6 / (height * width))
        else:
            return height, width
        if scale >= 1 and not self.enlarge:
            return height, width
        return max(1, round(height * scale)), max(1, round(width * scale))


def _check_encoder(name: str) -> None:
    """Raises: UsageError where this machine's Pillow or imagecodecs was built without the format."""
    if name == "avif":
        from PIL import features

        is_there = features.check("avif")
    elif name == "jxl":
        import imagecodecs

        is_there = bool(imagecodecs.JPEGXL.available)
    else:
        return
    if not is_there:
        raise UsageError(
            f"--format {name}: this machine's {'Pillow' if name == 'avif' else 'imagecodecs'} cannot write it"
        )
