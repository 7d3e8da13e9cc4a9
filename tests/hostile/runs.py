"""What a run that goes on reads again, in its smallest form, each with its reader."""

import random
from pathlib import Path, PurePath
from typing import Any

import msgspec
import numpy as np
import torch
from fixtures.seeded import seeded
from fixtures.served import served
from hostile.artefact import Artefact, digest

from agents.checkpoint import load_checkpoint
from agents.checkpoint import save_checkpoint as save_agents_checkpoint
from attiqa_core.errors import InputError
from attiqa_core.files.whole import sha256, write_json
from attiqa_core.judges.score_files import ScoredFile
from attiqa_core.labelling import cache
from attiqa_core.runs.state import begin_state, state_of
from attiqa_core.shards.manifest import plan
from attiqa_core.training.checkpoint import Progress, restore, save_checkpoint
from experiments.drawing.score_table import ScoreTable
from experiments.evaluation.features import FeatureStore
from experiments.evaluation.records import Cell, Records
from experiments.fitting.pairs import Source
from experiments.fitting.records import Record, load_record, save_record
from experiments.options.label import Config as LabelOptions
from experiments.rendering.finished import reason_to_render
from experiments.rendering.settings import Settings
from experiments.scaling import record
from experiments.study.folder import STORE_FILE, open_study
from experiments.study.results.collect import from_store
from experiments.sweeps.ledger import Trial, read_trials, write_trial

DIGEST = "a" * 64


def _learner() -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    net = torch.nn.Linear(3, 2)
    return net, torch.optim.AdamW(net.parameters())


def _make_training(folder: Path) -> None:
    net, optimizer = _learner()
    net(torch.rand(4, 3, generator=seeded())).sum().backward()
    optimizer.step()
    save_checkpoint(folder, {"net": net}, optimizer, Progress(2, 3))


def _read_training(folder: Path) -> Any:
    net, optimizer = _learner()
    progress = restore(folder, {"net": net}, optimizer)
    moments = [each for state in optimizer.state_dict()["state"].values() for each in state.values()]
    return digest(*net.state_dict().values(), *moments), progress.epoch, progress.step


def _read_agent(folder: Path) -> Any:
    found = load_checkpoint(folder)
    assert found is not None
    return digest(*found[0].values()), sorted(found[0]), found[1]


def _features(folder: Path) -> FeatureStore:
    return FeatureStore(folder, 64, 56, torch.device("cpu"))


def _kept(folder: Path) -> torch.Tensor:
    return _features(folder)._kept("k" * 40, 70, lambda part: torch.full((len(part), 2), float(part.start + 1)))


CELL = Cell("mini", "ridge", 1.0, "koniq10k")


def _make_evaluation(folder: Path) -> None:
    records = Records(folder)
    for split in range(2):
        mos = torch.rand(3, generator=seeded())
        records.save_predictions(CELL, split, ["a.png", "b.png", "c.png"], mos, 1 - mos)
        records.add([{**CELL._asdict(), "split": split, "srcc": 0.25, "plcc": 0.5}])


def _read_evaluation(folder: Path) -> Any:
    records = Records(folder)
    if len(records.rows) < 2:
        raise InputError("a row that was cut off is measured again")
    judged = [records.predictions(CELL, split) for split in range(2)]
    return records.rows, [(each.images, each.mos.tolist(), each.predicted.tolist()) for each in judged]


class _Judge:
    sha256, crops, attribute_names = DIGEST, 1, ("sharpness", "contrast")


def _table(folder: Path) -> ScoreTable:
    return ScoreTable(_Judge(), folder / "scores.csv")  # type: ignore[arg-type]


def _make_scores(folder: Path) -> None:
    table = _table(folder)
    for name in "abc":
        table.append(table.row(ScoredFile(Path(f"{name}.png"), 0.5, 50.0, (0.25, 0.75))))


def _read_scores(folder: Path) -> Any:
    """A line that is gone, or was cut off, is a picture that is scored again."""
    rows = _table(folder).read(lambda notice: None)
    if rows.keys() < {"a.png", "b.png", "c.png"} and all(row["score"] == "0.5" for row in rows.values()):
        raise InputError("its picture is scored again")
    return rows


SETTINGS = Settings({"exposure_ev": 0.5}, {"format": "jpg"}, {"attiqa": "1"})


def _make_render(folder: Path) -> None:
    (folder / "a.jpeg").write_bytes(random.Random(0).randbytes(300))
    raw = {"name": "a.dng", "path": "a.dng", "sha256": DIGEST, "beside": {}}
    told = {"schema": "attiqa-recipe/1", "raw": raw, "params": {}, "output": {}, "versions": {}}
    picture = {"name": "a.jpeg", "size": 300, "sha256": sha256(folder / "a.jpeg")}
    write_json(folder / "a.recipe.json", {**told, "picture": picture, "settings_sha256": SETTINGS.sha256})


def _read_render(folder: Path) -> Any:
    """Why a raw is rendered again; the picture stays where there is no reason to."""
    reason = reason_to_render(folder, PurePath("a"), ".jpeg", {"sha256": DIGEST, "beside": {}}, SETTINGS)
    if reason is not None:
        raise InputError(f"it is made again: {reason}")
    return digest(torch.frombuffer(bytearray((folder / "a.jpeg").read_bytes()), dtype=torch.uint8))


def _raw_beside(folder: Path) -> Source:
    return Source(folder.parent / f"{folder.name}.dng", None)


def _make_fit(folder: Path) -> None:
    source = _raw_beside(folder)
    source.raw.write_bytes(b"a raw")
    pictures = torch.rand(3, 3, 4, 5, generator=seeded()).half().float()
    about = {"raw": {"sha256": sha256(source.raw)}, "params": {"exposure_ev": 0.5}, "taken": {"camera": "x"}}
    save_record(folder, Record(source.name, about, *pictures))


def _read_fit(folder: Path) -> Any:
    found = load_record(folder, _raw_beside(folder))
    if found is None:
        raise InputError("it is fitted again")
    return found.about, digest(found.default, found.fitted, found.reference)


def _make_votes(folder: Path) -> None:
    desk = served(folder)
    token, state = desk.begin()
    desk.answer(token, state, 5)
    desk.store.close()


def _read_votes(folder: Path) -> Any:
    return repr(from_store(folder / STORE_FILE, open_study(folder)))


ENCODER = {"weights_sha256": "a", "precision": "fp32"}


def _make_cache(folder: Path) -> None:
    about = {"root": "/photos", "dtype": "float32", "rows": "embeddings", "encoder": ENCODER, "golden": [1.0, 0.0]}
    for shard in plan(folder, ([f"{n}.png"] for n in range(5)), about, shard_size=2).shards():
        shard.file(".npy").parent.mkdir(exist_ok=True)
        rows = np.full((shard.count, 2), shard.index, np.float32)
        photos = [(item[0], 10, DIGEST) for item in shard.items()]
        cache.write_shard(shard, rows, photos, {}, {"encoder": ENCODER, "golden": [1.0, 0.0]})


def _read_cache(folder: Path) -> Any:
    keys, rows = cache.read(folder)
    whole = cache.merge(folder)
    return keys, digest(rows), whole.root, whole.errors, whole.encoder, whole.sha256


def _make_sharded(folder: Path) -> None:
    record.write(folder, "label", LabelOptions(photos=(Path("/photos"),), out=Path("/labels")))


def _make_sweep(folder: Path) -> None:
    for number in range(2):
        options = {"lr": 0.1 * number}
        write_trial(folder, Trial(name=f"{number:03}", verb="train", setting=options, options=options, metric="reward"))


def _read_sweep(folder: Path) -> Any:
    return {name: msgspec.to_builtins(trial) for name, trial in read_trials(folder).items()}


ARTEFACTS: dict[str, Artefact] = {
    "training": Artefact(_make_training, _read_training),
    "agent's training": Artefact(
        lambda folder: save_agents_checkpoint(folder, {"a": torch.rand(4, generator=seeded())}, {"timesteps": 7}),
        _read_agent,
    ),
    "features": Artefact(_kept, lambda folder: digest(_kept(folder))),
    "evaluation": Artefact(_make_evaluation, _read_evaluation),
    "table of scores": Artefact(_make_scores, _read_scores),
    "render": Artefact(_make_render, _read_render),
    "fit": Artefact(_make_fit, _read_fit),
    "votes": Artefact(_make_votes, _read_votes),
    "cache of labels": Artefact(_make_cache, _read_cache),
    "run in shards": Artefact(_make_sharded, record.read),
    "run's state": Artefact(lambda folder: begin_state(folder, "train"), state_of),
    "sweep": Artefact(_make_sweep, _read_sweep),
}
