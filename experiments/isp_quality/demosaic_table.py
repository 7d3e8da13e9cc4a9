"""CPSNR of demosaicing, ours beside LibRaw's: `python -m experiments.isp_quality.demosaic_table PHOTOS...` prints Markdown.

Photos are sampled through RGGB and demosaiced; CPSNR is over the three channels together, 10 px at each border left out, mean of the
photos' decibels. "linear": photos are made linear first, as a sensor sees them, and compared in display sRGB: what a raw converter
does. "display": display values themselves are sampled and compared, as the literature has it; ours without the square-root scale.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import rawpy
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from attiqa_core.errors import UsageError
from attiqa_core.evaluation.psnr import decibels
from attiqa_core.srgb import linear_from_srgb, srgb_from_linear
from attiqa_core.tensors import Images, Mosaic
from isp_env.raw import RawFrame
from isp_env.raw_io.dng import write_frame
from isp_env.sensor.cfa import CFA_PATTERNS
from isp_env.stages import menon
from isp_env.stages.demosaic import demosaic, interpolate
from isp_env.stages.mosaic import sampled_colours

BORDER_PX = 10
WHITE_DN = 65535
CFA = "RGGB"
PHASE = torch.tensor([CFA_PATTERNS.index(CFA)])
Method = Callable[[Mosaic], Images]


def libraw(algorithm: rawpy.DemosaicAlgorithm, **options: Any) -> Method:
    """Return LibRaw's demosaicing without its white balance, colour and tone; bilinear is exact to a step of 16 bits."""

    def method(mosaic: Mosaic) -> Images:
        samples = (mosaic[0, 0] * WHITE_DN).round().clamp(0, WHITE_DN).numpy().astype(np.uint16)
        frame = RawFrame.from_mosaic(samples, CFA, black_level_dn=0, white_level_dn=WHITE_DN)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mosaic.dng"
            write_frame(path, frame)
            with rawpy.imread(str(path)) as raw:
                rgb = raw.postprocess(
                    demosaic_algorithm=algorithm, output_color=rawpy.ColorSpace.raw, user_wb=[1, 1, 1, 1],
                    no_auto_bright=True, adjust_maximum_thr=0, gamma=(1, 1), output_bps=16, user_flip=0, **options,
                )  # fmt: skip
        return torch.from_numpy(rgb.astype(np.float32) / WHITE_DN).permute(2, 0, 1)[None]

    return method


LIBRAW: dict[str, Method] = {
    "LibRaw PPG": libraw(rawpy.DemosaicAlgorithm.PPG),
    "LibRaw DHT": libraw(rawpy.DemosaicAlgorithm.DHT),
    "LibRaw AHD": libraw(rawpy.DemosaicAlgorithm.AHD),
    "LibRaw AAHD": libraw(rawpy.DemosaicAlgorithm.AAHD),
    "LibRaw DCB": libraw(rawpy.DemosaicAlgorithm.DCB),
    "LibRaw DCB, enhanced": libraw(rawpy.DemosaicAlgorithm.DCB, dcb_enhance=True, dcb_iterations=2),
}
ON_DISPLAY_VALUES: dict[str, Method] = {
    "ours Malvar": lambda mosaic: interpolate(mosaic, PHASE, "malvar"),
    "ours Menon, no suppression": lambda mosaic: menon.demosaic_menon(mosaic, PHASE),
    "ours Menon": lambda mosaic: interpolate(mosaic, PHASE, "menon"),
    **LIBRAW,
}
ON_LINEAR_LIGHT: dict[str, Method] = {
    "ours Malvar": lambda mosaic: demosaic(mosaic, PHASE, "malvar"),
    "ours Menon": lambda mosaic: demosaic(mosaic, PHASE, "menon"),
    "ours Menon, without the root scale": lambda mosaic: interpolate(mosaic, PHASE, "menon"),
    **LIBRAW,
}


def sampled(rgb: Images) -> Mosaic:
    """Return the RGGB mosaic of pictures of even size."""
    return torch.where(sampled_colours(rgb, PHASE), rgb, 0).sum(1, keepdim=True)


def cpsnr(rgb: Images, truth: Images) -> float:
    """Return the PSNR in decibels over all channels, peak 1, of values clipped to [0, 1], borders left out."""
    inside = slice(BORDER_PX, -BORDER_PX)
    error = (rgb.clamp(0, 1) - truth)[..., inside, inside].double()
    return float(decibels(error.square().mean()))


def measure(photos: list[Images]) -> dict[str, dict[str, float]]:
    """Return method -> column -> mean CPSNR of display sRGB photos."""
    found: dict[str, dict[str, float]] = {}
    for name, method in ON_LINEAR_LIGHT.items():
        pictures = (srgb_from_linear(method(sampled(linear_from_srgb(photo))).clamp(0, 1)) for photo in photos)
        found.setdefault(name, {})["linear"] = _mean_cpsnr(pictures, photos)
    for name, method in ON_DISPLAY_VALUES.items():
        found.setdefault(name, {})["display"] = _mean_cpsnr((method(sampled(photo)) for photo in photos), photos)
    return found


def table(found: dict[str, dict[str, float]]) -> str:
    """Return the measurements as Markdown, best on linear light first."""
    rows = sorted(found.items(), key=lambda row: -row[1].get("linear", 0.0))
    cells = [" | ".join(f"{row[c]:.2f}" if c in row else "-" for c in ("linear", "display")) for _, row in rows]
    lines = [f"| {name} | {figures} |" for (name, _), figures in zip(rows, cells, strict=True)]
    return "\n".join(["| demosaicing | linear, dB | display, dB |", "|---|---|---|", *lines])


def read_photo(path: Path) -> Float[Tensor, "1 3 rows columns"]:
    """Return a display sRGB photo, an odd last row or column left out."""
    rgb = np.asarray(Image.open(path).convert("RGB"), np.float32) / 255
    height, width = (size // 2 * 2 for size in rgb.shape[:2])
    return torch.from_numpy(rgb[:height, :width]).permute(2, 0, 1)[None]


def _mean_cpsnr(pictures: Iterable[Images], photos: list[Images]) -> float:
    return float(np.mean([cpsnr(picture, photo) for picture, photo in zip(pictures, photos, strict=True)]))


def main(arguments: list[str]) -> None:
    if not arguments:
        raise UsageError("name photos: python -m experiments.isp_quality.demosaic_table PHOTO.png ...")
    photos = [read_photo(Path(path)) for path in arguments]
    print(f"CPSNR of {len(photos)} photos\n\n{table(measure(photos))}")


if __name__ == "__main__":
    main(sys.argv[1:])
