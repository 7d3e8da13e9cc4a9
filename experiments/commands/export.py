"""Export a scorer or a policy: to one ONNX file with all that it does inside, or to a folder with a card, ready for a hub."""

from pathlib import Path

import torch

from agents.bundles.description import read_description
from agents.bundles.files import load_policy
from agents.bundles.hub import BESIDE, find_bundle, is_bundle
from agents.bundles.names import DESCRIPTION as POLICY
from agents.sharing.bundle_export import export_bundle
from agents.sharing.onnx_export import export_policy
from agents.sharing.onnx_export import parity as parity_of_policy
from agents.tools.bundle import DESCRIPTION as TOOLS
from attiqa_core.errors import UsageError
from attiqa_core.files.whole import read_json, write_text
from attiqa_core.judges.onnx_export import export_onnx
from attiqa_core.judges.onnx_scorer import OnnxScorer
from attiqa_core.photos.images import to_images
from attiqa_core.scorer import CARD, DESCRIPTION, WEIGHTS, Scorer
from attiqa_core.sharing import hub
from attiqa_core.sharing.model_card import model_card
from attiqa_core.sharing.onnx_files import PARITY, require
from experiments.options.export import Config
from experiments.options.outcome import Outcome, count


def run(config: Config) -> Outcome:
    """Write the ONNX model and compare it with torch, or write the folder and upload it, if that is asked for."""
    config.check()
    if (Path(config.source) / TOOLS).is_file():
        raise UsageError(
            f"{config.source}: is an agent that picks tools, which has no card and no ONNX file; "
            f"its {TOOLS} and the safetensors file beside it are the bundle: copy both"
        )
    policy = is_bundle(config.source)
    config.check_kind(is_policy=policy)
    return _policy(config) if policy else _scorer(config)


def _policy(config: Config) -> Outcome:
    folder = find_bundle(config.source)
    policy, described = load_policy(folder), read_description(folder)
    what = f"1 policy of {count(len(policy.base), 'parameter')}"
    if not config.to_onnx:
        out = export_bundle(folder, config.out, licence=config.licence, with_scorer=config.with_scorer)
        return _sent(config, out, what, (POLICY, described["weights"], *BESIDE))
    for module in ("onnx", "onnxruntime"):
        require(module)
    path = export_policy(policy, config.out, config.out.stem, described["sha256"], batch=config.batch)
    _keep_or_remove(path, {"actions and parameters": parity_of_policy(policy, path)})
    return Outcome(path, f"{what} exported")


def _scorer(config: Config) -> Outcome:
    scorer = Scorer.from_pretrained(config.source, crops=config.crops)
    what = f"1 scorer of {count(len(scorer.attribute_names), 'attribute')}"
    if not config.to_onnx:
        return _sent(config, _to_folder(scorer, config), what, (DESCRIPTION, WEIGHTS, CARD))
    for module in ("onnx", "onnxscript", "onnxruntime"):
        require(module)
    path = export_onnx(scorer, config.out, pixels=config.pixels, size=config.size, batch=config.batch)
    mos, attributes = parity(scorer, path, config)
    _keep_or_remove(path, {"MOS": mos, "attributes": attributes})
    return Outcome(path, f"{what} exported")


def _keep_or_remove(path: Path, differences: dict[str, float]) -> None:
    said = ", ".join(f"{name} {difference:.1e}" for name, difference in differences.items())
    print(f"largest difference from torch: {said} (of at most {PARITY:g})")
    if not max(differences.values()) <= PARITY:
        path.unlink()
        raise RuntimeError(f"{path}: the exported model differs from torch; it was removed")


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


def _sent(config: Config, folder: Path, what: str, names: tuple[str, ...]) -> Outcome:
    """The outcome of a folder, which is uploaded first if that is asked for."""
    if config.upload is None:
        return Outcome(folder, f"{what} exported")
    commit = hub.upload(folder, config.upload, names)
    return Outcome(folder, f"{what} exported, on the hub as {config.upload}@{commit}")
