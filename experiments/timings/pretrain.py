"""Pretraining steps: fp32, bf16, compiled, and from JPEG files that do not fit the cache."""

import json
import statistics
import tempfile
from pathlib import Path

import torch

from attiqa_core.labelling.cached_teacher import CachedTeacher
from attiqa_core.network.architecture import Precision
from attiqa_core.network.model import AttiqaNet, architecture
from attiqa_core.photos.picture_cache import DEFAULT_BUDGET, PictureCache
from attiqa_core.training.losses import ranking_loss
from attiqa_core.training.pretrain import pretrain
from attiqa_core.training.recipe import PretrainRecipe
from attiqa_core.training.supervision import AttributeModule
from experiments.timings import Row, median_seconds
from experiments.timings.finetune import synthetic_jpegs

RESIZE, CROP = 256, 224


def measure(
    repeats: int, device: torch.device, backbone: str = "tf_efficientnet_lite0", compiled: bool = False
) -> list[Row]:
    """Images per second of forward, ranking loss and backward on a ready batch, and of `pretrain` from files, with the
    photos in memory and with every photo decoded in every epoch."""
    batch = 256 if device.type == "cuda" else 16
    images, labels = torch.rand(batch, 3, CROP, CROP, device=device), torch.rand(batch, 5, device=device)
    net = AttiqaNet(architecture(backbone, 512)).to(device).to(memory_format=torch.channels_last)  # type: ignore

    def rate(precision: Precision) -> float:
        scores_of = AttributeModule(net.train(), precision)

        def step() -> None:
            net.zero_grad(set_to_none=True)
            ranking_loss(scores_of(images), labels, 0.1).backward()

        return batch / median_seconds(step, repeats, device)

    eager, half = rate("fp32"), rate("bf16")
    rows = [
        Row(f"pretraining step, {backbone}, {CROP} px, fp32", eager, "img/s", "a ready batch, without optimiser"),
        Row("the same, bf16", half, "img/s", f"{half / eager:.2f}x"),
    ]
    for cached in (True, False):
        figure = _from_files(net, batch, repeats, cached)
        where = "photos in memory" if cached else "every photo decoded every epoch, ahead"
        rows.append(Row(f"pretrain from JPEGs, {where}", figure, "img/s", f"{figure / eager:.0%}; with optimiser"))
    if compiled:
        net.compile_encoder()
        figure = rate("fp32")
        rows.append(Row("the ready batch, compiled, fp32", figure, "img/s", f"{figure / eager:.2f}x"))
    return rows


def _from_files(net: AttiqaNet, batch: int, epochs: int, cached: bool) -> float:
    """Images per second of `pretrain` on cached labels: the median over the epochs after the first."""
    count = 4 * batch
    teacher = CachedTeacher(torch.rand(count, 5), {})
    with tempfile.TemporaryDirectory() as name:
        photos = PictureCache(synthetic_jpegs(Path(name), count), RESIZE, DEFAULT_BUDGET if cached else 0)
        recipe = PretrainRecipe(epochs=1 + epochs, batch=batch, crop=CROP)
        pretrain(net, photos, [teacher], recipe, run=Path(name), quiet=True)
        lines = (Path(name) / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return statistics.median(json.loads(line)["images_per_second"] for line in lines[1:])
