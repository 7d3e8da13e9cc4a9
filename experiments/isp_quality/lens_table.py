"""What the lens's corrections win on photos with faults drawn into them: `python -m experiments.isp_quality.lens_table PHOTOS...`.

Red and blue are drawn larger and smaller about the middle (splines of order 5, in linear light), or bright edges get a purple seam;
the mosaic of that is rendered as it is and with the right values, and both are compared with the render of the clean photo. PSNR of
display values, without a border of 12 px, as a Markdown table: the mean over the photos. `--sheet FILE` writes 4x crops beside it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.ndimage
import torch
from PIL import Image
from torch import Tensor

from attiqa_core.evaluation.psnr import decibels
from attiqa_core.srgb import linear_from_srgb
from experiments.paper.markdown import grid
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame

BORDER_PX = 12
FRINGE = (0.25, 0.0, 0.35)  # purple, of white, beside what is blown
BLOWN, SEAM_PX = 0.7, 2
BLACK_DN, WHITE_DN, NOISE = (
    512,
    16383,
    0.001,
)  # of a camera that sees sRGB's primaries, so that its channels are the photo's
HEADS = ("fault", "correction", "as it is, dB", "corrected, dB")


def larger(plane: np.ndarray, magnification: float) -> np.ndarray:
    """Return a plane drawn (1 + magnification) times as large about its middle."""
    places = [(length - 1) / 2 + (np.arange(length) - (length - 1) / 2) / (1 + magnification) for length in plane.shape]
    return scipy.ndimage.map_coordinates(plane, np.meshgrid(*places, indexing="ij"), order=5, mode="nearest")


def aberrant(linear: np.ndarray, magnification: float) -> np.ndarray:
    """Return linear RGB with red larger and blue smaller."""
    red, green, blue = linear.transpose(2, 0, 1)
    return np.stack([larger(red, magnification), green, larger(blue, -magnification)], -1).clip(0, 1)


def fringed(linear: np.ndarray) -> np.ndarray:
    """Return linear RGB with a purple seam outside of what is blown."""
    blown = linear[..., 1] > BLOWN
    seam = np.logical_and(np.asarray(scipy.ndimage.binary_dilation(blown, iterations=SEAM_PX)), ~blown)
    share = scipy.ndimage.gaussian_filter(seam.astype(float), 0.7)[..., None] * ~blown[..., None]
    return (linear + share * np.array(FRINGE)).clip(0, 1)


def shown(linear: np.ndarray, recipe: dict[str, float]) -> Tensor:
    """Return the render of such a picture's mosaic, (3, height, width), but for its border."""
    noisy = linear + NOISE * np.random.default_rng(0).normal(size=linear.shape)
    dn = (BLACK_DN + (WHITE_DN - BLACK_DN) * noisy).clip(0, WHITE_DN).round().astype(np.uint16)
    mosaic = dn[..., 1].copy()
    mosaic[::2, ::2], mosaic[1::2, 1::2] = dn[::2, ::2, 0], dn[1::2, 1::2, 2]
    frame = RawFrame.from_mosaic(mosaic, "RGGB", black_level_dn=BLACK_DN, white_level_dn=WHITE_DN)
    picture = render(frame, IspParams.from_dict(recipe), look="linear")[0]
    return picture[:, BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]


def psnr(one: Tensor, other: Tensor) -> float:
    """Return the peak signal-to-noise ratio of display values in dB."""
    return float(decibels((one - other).square().mean()))


def faults(width: int) -> dict[str, tuple]:
    """Return for each fault how it is drawn, and the recipe that undoes it, for pictures of that width."""
    drawn: dict[str, tuple] = {}
    for shift_px in (1, 2):
        share = shift_px / ((width - 1) / 2)
        recipe = {"lateral_ca_red": share, "lateral_ca_blue": -share}
        drawn[f"red {shift_px} px out, blue in, at the sides"] = (lambda x, share=share: aberrant(x, share), recipe)
    drawn["purple seams"] = (fringed, {"defringe": 1.0})
    drawn["none"] = (lambda x: x, {"defringe": 1.0})
    return drawn


@torch.no_grad()
def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--sheet", type=Path)
    given = parser.parse_args(arguments)
    found: dict[str, list[tuple[float, float]]] = {}
    tiles, recipes = [], {}
    for path in given.photos:
        photo = np.asarray(Image.open(path).convert("RGB"))
        linear = linear_from_srgb(torch.from_numpy(photo / 255.0)).numpy()
        clean = shown(linear, {})
        for name, (draw, recipe) in faults(photo.shape[1]).items():
            faulty = draw(linear)
            before, after = shown(faulty, {}), shown(faulty, recipe)
            found.setdefault(name, []).append((psnr(before, clean), psnr(after, clean)))
            recipes[name] = ", ".join(f"{key} {value:.4g}" for key, value in recipe.items())
            tiles.append([clean, before, after])
    rows = [[name, recipes[name], *(f"{each:.1f}" for each in np.mean(pairs, 0))] for name, pairs in found.items()]
    print("\n".join(grid(HEADS, rows)))
    if given.sheet:
        sheet(tiles[: len(found)]).save(given.sheet)


def sheet(rows: Sequence[Sequence[Tensor]], edge: int = 72, zoom: int = 4) -> Image.Image:
    """Return a picture of crops at 4x where the second picture of a row departs most from the first; a row for each fault."""
    lines = []
    for row in rows:
        departure = scipy.ndimage.uniform_filter((row[1] - row[0]).abs().sum(0).numpy(), edge, mode="constant")
        top, left = (max(0, int(each) - edge // 2) for each in np.unravel_index(departure.argmax(), departure.shape))
        crops = [each[:, top : top + edge, left : left + edge] for each in row]
        lines.append(
            torch.cat(
                [torch.nn.functional.pad(each, (0, edge - each.shape[2], 0, edge - each.shape[1])) for each in crops], 2
            )
        )
    pixels = (255 * torch.cat(lines, 1)).round().byte().permute(1, 2, 0).numpy()
    return Image.fromarray(pixels.repeat(zoom, 0).repeat(zoom, 1))


if __name__ == "__main__":
    main()
