"""Fine-tuning end to end, from JPEG files, beside the network alone and beside decoding every photo in every epoch."""

import json
import statistics
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from attiqa_core.network.model import AttiqaNet, architecture
from attiqa_core.photos.images import random_crops, read_picture, resize_short_edge
from attiqa_core.photos.picture_cache import PictureCache
from attiqa_core.training.finetune import finetune
from attiqa_core.training.losses import mos_loss
from attiqa_core.training.recipe import FinetuneRecipe
from experiments.timings import Row, median_seconds

BACKBONE, RESIZE, CROP = "tf_efficientnet_lite0", 340, 320


def measure(repeats: int, device: torch.device) -> list[Row]:
    """Images per second of forward and backward on a ready batch, of `finetune` after its first epoch, and of a loop
    that decodes, crops and trains in turn; small backbone with random weights, 500x375 JPEGs."""
    batch, batches = (64, 16) if device.type == "cuda" else (8, 4)
    net = AttiqaNet(architecture(BACKBONE, 96)).to(device).to(memory_format=torch.channels_last)  # type: ignore
    mos = torch.rand(batch * batches)
    ready = torch.rand(batch, 3, CROP, CROP, device=device)
    generator = torch.Generator().manual_seed(0)

    def forward_backward(images: torch.Tensor) -> None:
        net.zero_grad(set_to_none=True)
        mos_loss(net.train()(images), mos[:batch].to(device), "smooth-l1").backward()

    with tempfile.TemporaryDirectory() as name:
        paths = synthetic_jpegs(Path(name), batch * batches)

        def decode_every_time() -> None:
            pictures = [resize_short_edge(read_picture(path), RESIZE) for path in paths[:batch]]
            forward_backward(random_crops(pictures, CROP, generator).to(device))

        before = median_seconds(lambda: forward_backward(ready), repeats, device)
        first, later = _finetune_rates(net, paths, mos, batch, repeats)
        naive = median_seconds(decode_every_time, repeats, device)
        after = median_seconds(lambda: forward_backward(ready), repeats, device)
    bare = 2 * batch / (before + after)
    return [
        Row(
            f"forward and backward, {BACKBONE}, {CROP} px", bare, "img/s", "a ready batch, without optimiser: the floor"
        ),
        Row(
            "fine-tuning from JPEG files, after epoch 1", later, "img/s", f"{later / bare:.0%} of that; with optimiser"
        ),
        Row("fine-tuning from JPEG files, epoch 1", first, "img/s", "decodes each photo, ahead of the network"),
        Row("decode, crop, train in turn, every epoch", batch / naive, "img/s", f"naive; {batch / naive / bare:.0%}"),
    ]


def synthetic_jpegs(folder: Path, count: int) -> list[Path]:
    """Write `count` JPEGs of 500x375 px that cost about what photos cost to decode."""
    random = np.random.default_rng(0)
    paths = [folder / f"{index:04d}.jpg" for index in range(count)]
    for path in paths:
        coarse = Image.fromarray(random.integers(0, 256, (47, 63, 3), dtype=np.uint8)).resize((500, 375))
        noisy = np.asarray(coarse, np.int16) + random.integers(-8, 9, (375, 500, 3))
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path, quality=90)
    return paths


def _finetune_rates(
    net: AttiqaNet, paths: list[Path], mos: Tensor, batch: int, epochs_after_first: int
) -> tuple[float, float]:
    """Images per second of `finetune` in its first epoch, and the median of the later ones."""
    with tempfile.TemporaryDirectory() as run:
        pictures = PictureCache(paths, RESIZE)
        recipe = FinetuneRecipe(epochs=1 + epochs_after_first, batch=batch, crop=CROP)
        finetune(net, pictures, mos, recipe, run=Path(run), quiet=True)
        rows = [json.loads(line) for line in (Path(run) / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    first, *later = (row["images_per_second"] for row in rows)
    return first, statistics.median(later)
