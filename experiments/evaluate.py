"""Measure a fine-tuning recipe on random splits: with our pretraining, without it, and against a frozen ridge probe.

The last epoch counts, never the best on the test split. Every arm sees the same splits, seeds and options.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from experiments.finetune import starting_network
from experiments.outcome import Outcome
from experiments.rated_data import RatedData
from experiments.recipe import Recipe


@dataclass(frozen=True)
class Config:
    """Options of `attiqa evaluate`."""

    scores: Annotated[Path, tyro.conf.Positional]
    """A CSV with the columns image,mos, or the folder of CLIVE's original .mat files."""
    out: Path = Path("runs/evaluate")
    """Run folder to write."""
    arms: tuple[Literal["pretrained", "imagenet", "ridge-imagenet", "ridge-pretrained"], ...] = (
        "ridge-imagenet",
        "ridge-pretrained",
        "imagenet",
        "pretrained",
    )
    """What to measure: fine-tuning from our pretraining or from ImageNet alone, and ridge probes on frozen encoders."""
    pretrained: Path | None = None
    """Run folder of `attiqa pretrain`; the pretrained arms need it."""
    backbone: str = "resnet50"
    """Any timm backbone."""
    hidden: int = 512
    """Width of each attribute head of the imagenet arm."""
    splits: int = 10
    """Random 80/20 splits; split k is drawn with seed k."""
    first_split: int = 0
    """First split's number, to share the work or to try a recipe on splits that are not reported."""
    data: RatedData = field(default_factory=RatedData)
    """How the scores are read."""
    recipe: Recipe = field(default_factory=Recipe)
    """How the network is fine-tuned."""
    device: str = "auto"
    """auto, cpu or cuda."""
    compile: bool = False
    """Compile the encoder (torch.compile)."""
    resume: bool = False
    """Go on with the splits that --out lacks."""


def run(config: Config) -> Outcome:
    """Measure every arm on every split and write `splits.jsonl` and `summary.json`."""
    import json

    from attiqa_core.errors import UsageError
    from attiqa_core.images import load_pictures
    from attiqa_core.protocols import agreement, random_splits
    from attiqa_core.runs import new_run, pick_device, write_json

    if config.pretrained is None and any("pretrained" in arm for arm in config.arms):
        raise UsageError(
            "the pretrained arms need --pretrained RUN; or choose others with --arms imagenet ridge-imagenet"
        )
    device = pick_device(config.device)
    rated = config.data.read(config.scores)
    folder = new_run(config.out, config, seed=0, inputs={"images": str(len(rated))}, resume=config.resume)
    pictures = load_pictures(rated.paths, config.recipe.resize)
    rows = _rows(folder / "splits.jsonl")
    done = {(row["arm"], row["split"]) for row in rows}
    splits = random_splits(len(rated), config.first_split + config.splits)[config.first_split :]
    predictors = _predictors(config, pictures, device)
    for arm in config.arms:
        for split, (train, test) in enumerate(splits, start=config.first_split):
            if (arm, split) in done:
                continue
            predicted = predictors[arm](rated.mos_range.normalise(rated.mos), train, test, split)
            row = {
                "arm": arm,
                "split": split,
                **agreement(rated.mos_range.restore(predicted), rated.mos[test]),
            }
            rows.append(row)
            with (folder / "splits.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
    summary = {arm: summarise([row for row in rows if row["arm"] == arm]) for arm in config.arms}
    write_json(folder / "summary.json", {"data": rated.name, "images": len(rated), "arms": summary})
    print(table(summary))
    return Outcome(folder)


def _predictors(config: Config, pictures, device) -> dict:
    """Return, per arm, the function (MOS in [0, 1], train, test, split) -> predictions of the test pictures.

    Arms on the same frozen encoder share its five-crop features, which are computed when the first of them runs.
    """
    from functools import cache

    from attiqa_core.finetune import five_crop_features

    start = cache(lambda source: _starting_point(config, source, device))
    features: dict[str, object] = {}

    def views_of(source: str):
        encoder = _digest(start(source).encoder)
        if encoder not in features:
            features[encoder] = five_crop_features(start(source), pictures, config.recipe.crop)
        return features[encoder]

    return {
        "ridge-imagenet": lambda *split: _ridge(views_of("imagenet"), *split),
        "ridge-pretrained": lambda *split: _ridge(views_of("pretrained"), *split),
        "imagenet": lambda *split: _finetuned(config, start("imagenet"), pictures, views_of, "imagenet", *split),
        "pretrained": lambda *split: _finetuned(config, start("pretrained"), pictures, views_of, "pretrained", *split),
    }


def _starting_point(config: Config, source: str, device):
    from attiqa_core.runs import seed_everything

    seed_everything(0)
    net, _ = starting_network(config.pretrained if source == "pretrained" else None, config, "imagenet")
    net.to(device)
    net.freeze(config.recipe.freeze)
    return net


def _digest(module) -> str:
    """A fingerprint of the module's weights: equal encoders give equal features."""
    import hashlib

    digest = hashlib.sha256()
    for tensor in module.state_dict().values():
        digest.update(tensor.cpu().numpy().tobytes())
    return digest.hexdigest()


def _ridge(views, mos, train, test, split):
    import torch

    from attiqa_core.protocols import ridge_probe

    return torch.from_numpy(ridge_probe(views.mean(1).numpy(), mos.numpy(), train, test))


def _finetuned(config: Config, start, pictures, views_of, source: str, mos, train, test, split):
    """Fine-tune a copy of the network on the training split and return its five-crop predictions of the test split."""
    import copy

    import torch

    from attiqa_core.finetune import finetune, five_crop_features, predict_views

    net = copy.deepcopy(start)
    net.freeze(config.recipe.freeze)
    if config.compile:
        net.encoder.compile(dynamic=False)
    frozen = views_of(source) if net.encoder_is_frozen else None
    finetune(
        net,
        [pictures[index] for index in train],
        mos[train],
        **config.recipe.training_options(),
        seed=split,
        quiet=net.encoder_is_frozen,
        views=frozen[torch.from_numpy(train)] if frozen is not None else None,
    )
    tested = [pictures[index] for index in test]
    views = (
        frozen[torch.from_numpy(test)] if frozen is not None else five_crop_features(net, tested, config.recipe.crop)
    )
    return predict_views(net, views)


def _rows(path: Path) -> list[dict]:
    import json

    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def summarise(rows: list[dict]) -> dict:
    """Return the median, minimum and maximum over splits of each coefficient."""
    import statistics

    def over_splits(name: str) -> dict:
        values = [row[name] for row in rows if row[name] is not None]
        if not values:
            return {"median": None, "min": None, "max": None}
        return {"median": statistics.median(values), "min": min(values), "max": max(values)}

    names = ("srocc", "plcc", "plcc_logistic", "krocc", "rmse")
    return {"splits": len(rows), **{name: over_splits(name) for name in names}}


def table(summary: dict) -> str:
    """Return the summary as aligned text: median and range over the splits."""
    lines = [f"{'arm':<18}{'splits':>7}  {'SROCC median (range)':<26}{'PLCC median (range)':<26}"]
    for arm, values in summary.items():
        cells = (
            f"{v['median']:.3f} ({v['min']:.3f} to {v['max']:.3f})" if v["median"] is not None else "undefined"
            for v in (values["srocc"], values["plcc"])
        )
        lines.append(f"{arm:<18}{values['splits']:>7}  " + "".join(f"{cell:<26}" for cell in cells))
    return "\n".join(lines)
