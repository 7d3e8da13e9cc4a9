"""Scoring a folder of photographs on the disk, decoding included: the plain loop, our way, and what the machine allows."""

import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from attiqa_core.errors import UsageError
from attiqa_core.judges.onnx_export import export_onnx
from attiqa_core.judges.onnx_scorer import OnnxScorer
from attiqa_core.judges.score_files import score_files
from attiqa_core.photos.images import read_picture, to_images
from attiqa_core.scorer import Scorer
from attiqa_core.sharing.onnx_files import require
from experiments.timings import Row, median_seconds

PHOTOS, SIDE = 12, 500


def measure(repeats: int, device: torch.device) -> list[Row]:
    """Images per second with attiqa-mini and five crops, JPEGs of 500x500, and the bound that arithmetic alone sets."""
    scorer = Scorer.load("attiqa-mini", device)

    def plain_loop() -> None:
        with torch.no_grad():
            for path in paths:
                scorer(to_images(read_picture(path)[None]))

    with tempfile.TemporaryDirectory() as folder:
        paths = synthetic_photos(Path(folder))
        plain = PHOTOS / median_seconds(plain_loop, repeats, device)
        ours = PHOTOS / median_seconds(lambda: list(score_files(scorer, paths)), repeats, device)
        exported = exported_rate(scorer, paths, Path(folder), repeats, device) if device.type == "cpu" else None
    rows = [
        Row("folder, one image at a time, five crops", plain, "img/s", "open, decode, score; gradients off"),
        Row("folder, attiqa score", ours, "img/s", f"{ours / plain:.1f}x the loop"),
    ]
    if exported is not None:
        rows.append(Row("folder, attiqa score, exported model", exported, "img/s", f"{exported / plain:.1f}x the loop"))
    return [*rows, arithmetic_bound(scorer, plain, repeats)]


def synthetic_photos(folder: Path) -> list[Path]:
    """Write JPEGs with detail at every scale, so that decoding costs what it costs for photographs."""
    random, paths = np.random.default_rng(0), []
    for index in range(PHOTOS):
        layers = [random.integers(0, 256, (SIDE >> k, SIDE >> k, 3), dtype=np.uint8) for k in range(6)]
        large = [np.asarray(Image.fromarray(layer).resize((SIDE, SIDE)), np.float32) for layer in layers]
        photo = np.average(large, axis=0, weights=[2**k for k in range(6)])
        paths.append(folder / f"{index}.jpg")
        Image.fromarray(photo.astype(np.uint8)).save(paths[-1], quality=90)
    return paths


def exported_rate(scorer: Scorer, paths: list[Path], folder: Path, repeats: int, device: torch.device) -> float | None:
    """Images per second of the scorer exported to ONNX; None without the `onnx` extra."""
    try:
        for module in ("onnxruntime", "onnxscript"):
            require(module)
        model = OnnxScorer(export_onnx(scorer, folder / "model.onnx"))
    except UsageError:
        return None
    return len(paths) / median_seconds(lambda: list(score_files(model, paths)), repeats, device)


def arithmetic_bound(scorer: Scorer, plain: float, repeats: int) -> Row:
    """Images per second if the network ran at the speed of this machine's own large matrix product and nothing else took time."""
    crop, side = scorer.preprocessing.crop, 2048
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        scorer.net(torch.rand(1, 3, crop, crop, device=scorer.device))
    square = torch.rand(side, side, device=scorer.device)
    flops_per_second = 2 * side**3 / median_seconds(lambda: square @ square, repeats, scorer.device)
    per_image = counter.get_total_flops() * scorer.crops
    bound = flops_per_second / per_image
    note = f"{per_image / 1e9:.1f} GFLOP an image at {flops_per_second / 1e9:.0f} GFLOP/s: at most {bound / plain:.1f}x the loop"
    return Row("folder, bound set by float32 arithmetic", bound, "img/s", note)
