"""How near RawTherapee comes with our profiles: `python -m experiments.isp_quality.rawtherapee_table RAWS...`.

For every raw: the camera default, and drawn recipes (each control at a random place of the middle part of its range). "absolute" is
between our picture and RawTherapee's of the recipe's profile; "change" between the two changes from the default, a distance of CIE
Lab; "ours" and "theirs" say how large the changes are (Delta E 2000). All after area-averaging by 8 in linear light, borders cut.
Prints a Markdown table; `--sheet FILE` writes both pictures side by side. Needs rawtherapee-cli on the path.
"""

import argparse
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tifffile
import torch
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from attiqa_core.srgb import linear_from_srgb, srgb_from_linear
from experiments.exports.pp3 import profile_sections, profile_text
from experiments.paper.markdown import grid
from isp_env.params import PARAMETERS, IspParams
from isp_env.raw import RawFrame
from isp_env.tiles import render_full

SHRINK = 8
BORDER_PX = 4  # that RawTherapee cuts off
SHARE = 0.6  # of each range that recipes are drawn from, about identity
HEADS = ("raw", "recipe", "ours", "theirs", "change", "absolute", "95 %", "PSNR, dB")


def drawn(count: int, seed: int) -> list[dict[str, float]]:
    """Return recipes with half of the controls moved."""
    random = np.random.default_rng(seed)
    recipes = []
    for _ in range(count):
        moved = [each for each in PARAMETERS if random.random() < 0.5 and each.name != "sharpen_radius_px"]
        ends = {each.name: (each.low, each.high) for each in moved}
        recipes.append({name: float(SHARE * random.uniform(low, high)) for name, (low, high) in ends.items()})
    return recipes


def rawtherapee(raw: Path, profile: str) -> np.ndarray:
    """Return RawTherapee's picture of a raw, (H, W, 3) in [0, 1]."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.pp3").write_text(profile)
        words = ["rawtherapee-cli", "-q", "-o", f"{folder}/a.tif", "-p", f"{folder}/a.pp3", "-t", "-b16", "-Y", "-c"]
        subprocess.run([*words, str(raw)], check=True, capture_output=True)
        return tifffile.imread(f"{folder}/a.tif").astype(np.float32) / 65535


def averaged(display: np.ndarray) -> np.ndarray:
    """Return the picture SHRINK times smaller, averaged in linear light."""
    height, width = (side // SHRINK * SHRINK for side in display.shape[:2])
    linear = linear_from_srgb(torch.from_numpy(np.ascontiguousarray(display[:height, :width])))
    blocks = linear.view(height // SHRINK, SHRINK, width // SHRINK, SHRINK, 3).mean((1, 3))
    return srgb_from_linear(blocks).clamp(0, 1).numpy()


def pair(frame: RawFrame, raw: Path, recipe: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return our picture and RawTherapee's, averaged."""
    params = IspParams.from_dict(recipe)
    ours = render_full(frame, params).numpy().transpose(1, 2, 0)
    theirs = rawtherapee(raw, profile_text(profile_sections(frame, params)[0]))
    ours = ours if ours.shape == theirs.shape else ours[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
    return averaged(ours), averaged(theirs)


def compared(default: Sequence[np.ndarray], tuned: Sequence[np.ndarray]) -> list[float]:
    """Return the numbers of one row: ours, theirs, change, absolute, its 95th percentile, PSNR."""
    before, after = ([rgb2lab(each) for each in pictures] for pictures in (default, tuned))
    ours, theirs = (deltaE_ciede2000(*each).mean() for each in zip(before, after, strict=True))
    change = np.linalg.norm((after[0] - before[0]) - (after[1] - before[1]), axis=-1).mean()
    absolute = deltaE_ciede2000(*after)
    psnr = -10 * np.log10(np.square(tuned[0] - tuned[1]).mean())
    return [float(each) for each in (ours, theirs, change, absolute.mean(), np.percentile(absolute, 95), psnr)]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raws", nargs="+", type=Path)
    parser.add_argument("--recipes", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheet", type=Path)
    given = parser.parse_args(arguments)
    rows, numbers, tiles = [], [], []
    for place, raw in enumerate(given.raws):
        frame = RawFrame.load(raw)
        default = pair(frame, raw, {})
        rows.append([raw.stem, "default", *(f"{each:.2f}" for each in compared(default, default))])
        tiles.append(list(default))
        for recipe in drawn(given.recipes, given.seed + place):
            tuned = pair(frame, raw, recipe)
            numbers.append(compared(default, tuned))
            rows.append([raw.stem, f"{len(recipe)} controls", *(f"{each:.2f}" for each in numbers[-1])])
            tiles[-1] += tuned
    rows.append(["all", "mean of drawn recipes", *(f"{each:.2f}" for each in np.mean(numbers, 0))])
    print("\n".join(grid(HEADS, rows)))
    if given.sheet:
        sheet(tiles).save(given.sheet)


def sheet(tiles: Sequence[Sequence[np.ndarray]]) -> Image.Image:
    """Return the pictures in rows: ours, RawTherapee's, of the default and of each recipe."""
    height, width = (max(each.shape[axis] for row in tiles for each in row) for axis in (0, 1))
    lines = []
    for row in tiles:
        cells = [np.pad(each, ((0, height - each.shape[0]), (0, width + 2 - each.shape[1]), (0, 0))) for each in row]
        lines.append(np.concatenate(cells, 1))
    return Image.fromarray((255 * np.concatenate(lines)).round().astype(np.uint8))


if __name__ == "__main__":
    main()
