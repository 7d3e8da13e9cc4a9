"""A raw file to a JPEG file, beside LibRaw."""

import tempfile
from pathlib import Path

import rawpy
import torch
from PIL import Image

from experiments.drawing.pictures import save_picture
from experiments.timings import Row, median_seconds
from experiments.timings.isp import synthetic_frame
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.raw_io.dng import write_frame
from isp_env.tiles import render_full


def measure(repeats: int, device: torch.device, raw: Path | None) -> list[Row]:
    """Raw file to JPEG file beside LibRaw's AHD through rawpy, and what each part of ours takes."""
    with tempfile.TemporaryDirectory() as folder:
        path = raw
        if path is None:
            path = Path(folder) / "synthetic.dng"
            write_frame(path, synthetic_frame(3000, 4000))
        jpeg = Path(folder) / "picture.jpg"
        frame = RawFrame.load(path)
        rgb = render_full(frame, IspParams.default(1), device=device)
        repeats = max(1, min(3, repeats))
        loading = median_seconds(lambda: RawFrame.load(path), repeats, device)
        rendering = median_seconds(lambda: render_full(frame, IspParams.default(1), device=device), repeats, device)
        saving = median_seconds(lambda: save_picture(jpeg, rgb, metadata={}), repeats, device)

        def libraw() -> None:
            with rawpy.imread(str(path)) as opened:
                picture = opened.postprocess(use_camera_wb=True, demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD)

            Image.fromarray(picture).save(jpeg, quality=95, subsampling=0)

        theirs = median_seconds(libraw, repeats, device)
    whole = loading + rendering + saving
    megapixels = rgb.shape[1] * rgb.shape[2] / 1e6
    shares = f"load {loading / whole:.0%}, render {rendering / whole:.0%}, save {saving / whole:.0%}"
    return [
        Row(f"raw to JPEG, {megapixels:.1f} MP, attiqa", whole, "s", shares),
        Row(f"raw to JPEG, {megapixels:.1f} MP, LibRaw AHD", theirs, "s", "rawpy, one thread or as LibRaw was built"),
        Row("attiqa over LibRaw", whole / theirs, "x"),
    ]
