"""Export a scorer: to one ONNX file with resizing and crops inside, or to a folder with a model card, ready for a hub."""

from pathlib import Path

import torch

from attiqa_core.files import read_json, write_text
from attiqa_core.judges.onnx_export import export_onnx
from attiqa_core.judges.onnx_scorer import OnnxScorer
from attiqa_core.photos.images import to_images
from attiqa_core.scorer import CARD, DESCRIPTION, Scorer
from attiqa_core.sharing.model_card import model_card
from experiments.options.export import Config
from experiments.options.outcome import Outcome, count

PARITY = 1e-4
"""Largest difference from torch that an exported model may show; attributes relative to their size."""


def run(config: Config) -> Outcome:
    """Write the ONNX model and compare it with torch, or write the folder."""
    config.check()
    scorer = Scorer.from_pretrained(config.scorer, crops=config.crops)
    written = _to_onnx(scorer, config) if config.to_onnx else _to_folder(scorer, config)
    return Outcome(written, f"1 scorer of {count(len(scorer.attribute_names), 'attribute')} exported")


def _to_onnx(scorer: Scorer, config: Config) -> Path:
    for module in ("onnx", "onnxscript", "onnxruntime"):
        require(module)
    path = export_onnx(scorer, config.out, pixels=config.pixels, size=config.size, batch=config.batch)
    mos, attributes = parity(scorer, path, config)
    print(f"largest difference from torch: MOS {mos:.1e}, attributes {attributes:.1e} (of at most {PARITY:g})")
    if max(mos, attributes) > PARITY:
        path.unlink()
        raise RuntimeError(f"{path}: the exported model differs from torch; it was removed")
    return path


def parity(scorer: Scorer, path: Path, config: Config) -> tuple[float, float]:
    """Return the largest difference of MOS, and of attributes relative to their size, on pictures of three shapes."""
    exported, generator = OnnxScorer(path), torch.Generator().manual_seed(0)
    short = scorer.preprocessing.resize
    sizes = [config.size] if config.size else [(short, short), (short - 1, short + 7), (2 * short + 1, 3 * short // 2)]
    largest_mos = largest_attributes = 0.0
    for size in sizes:
        images = to_images(torch.randint(0, 256, (config.batch or 1, 3, *size), generator=generator))
        (mos, attributes), (mos_exported, attributes_exported) = scorer.read(images), exported.read(images)
        relative = (attributes - attributes_exported).abs() / attributes.abs().clamp_min(1)
        largest_mos = max(largest_mos, float((mos - mos_exported).abs().max()))
        largest_attributes = max(largest_attributes, float(relative.max()))
    return largest_mos, largest_attributes


def _to_folder(scorer: Scorer, config: Config) -> Path:
    meta = read_json(config.run / "meta.json") if config.run else None
    evaluation = read_json(config.evaluation / "summary.json") if config.evaluation else None
    folder = scorer.save_pretrained(config.out)
    if meta or evaluation or config.licence != "other":
        described = read_json(folder / DESCRIPTION)
        card = model_card(described, config.out.name, meta=meta, evaluation=evaluation, licence=config.licence)
        write_text(folder / CARD, card)
    return folder
