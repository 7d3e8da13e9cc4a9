"""Everything that we write to be read again (`hostile.artefacts`), and what is beside it: checkpoints, caches, ONNX."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from fixtures.policies import random_policy
from fixtures.tiny_net import tiny_net
from hostile.artefacts import ARTEFACTS
from hostile.fuzzing.reader import Reader, of_file, of_folder

from agents.checkpoint import load_checkpoint, save_checkpoint
from agents.onnx_tuner import read_model
from agents.sharing.onnx_export import export_policy
from attiqa_core.judges.onnx_export import export_onnx
from attiqa_core.judges.onnx_scorer import OnnxScorer
from attiqa_core.labelling import cache
from attiqa_core.runs.metrics import append_metrics
from attiqa_core.scorer import MosRange, Preprocessing, Scorer, save_scorer
from attiqa_core.shards.commit import prove
from attiqa_core.shards.manifest import plan, read_manifest
from attiqa_core.tensor_files import load_sealed, load_tensors, save_sealed, save_tensors
from attiqa_core.training import checkpoint
from isp_env.black_box.cache import ContentCache
from isp_env.task import Task

GROUPS = {
    "labels": "labels, manifests, commits", "work in shards": "labels, manifests, commits", "store": "store",
    "learned ISP": "bundles", "learned tool": "bundles", "bundle of tools": "bundles", "policy": "bundles", "verdict": "bundles",
    "scorer": "bundles", "gate report": "bundles", "pretrained network": "bundles", "naturalness": "bundles", "QualiCLIP": "bundles",
}  # fmt: skip
SHARES = {"QualiCLIP": 0.3, "store": 1.5, "policy": 1.5, "study's key": 0.5, "work in shards": 1.5}


def _is_read(path: Path) -> bool:
    return path.suffix not in (".jpg", ".md") and path.name != "config.toml" and not path.name.endswith(".lock")


def _safetensors(folder: Path) -> None:
    tensors = {"a": torch.ones(3, 4), "b.c": torch.arange(5), "d": torch.zeros(2, dtype=torch.float16)}
    save_tensors(folder / "plain.safetensors", tensors, {"a word": "x"})
    save_sealed(folder / "sealed.safetensors", tensors)


def _read_safetensors(path: Path) -> Any:
    return load_sealed(path, "make it again") if path.stem == "sealed" else load_tensors(path)


def _agents_checkpoint(folder: Path) -> None:
    append_metrics(folder, {"timesteps": 10, "return": 0.5})
    save_checkpoint(folder, {"net.a": torch.ones(3)}, {"timesteps": 10, "best": None, "rng": [1, 2]})


def _trained() -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    net = torch.nn.Linear(2, 1)
    optimizer = torch.optim.AdamW(net.parameters())
    net(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    return net, optimizer


def _checkpoint(folder: Path) -> None:
    net, optimizer = _trained()
    append_metrics(folder, {"epoch": 1, "loss": 0.5})
    checkpoint.save_checkpoint(folder, {"net": net}, optimizer, checkpoint.Progress(1, 2))


def _restore(folder: Path) -> Any:
    net, optimizer = _trained()
    return checkpoint.restore(folder, {"net": net}, optimizer)


def _cache(folder: Path) -> None:
    ContentCache(folder).keep(ContentCache.key({"a": 1}), {"a": torch.ones(3, 2).numpy()}, {"b": "c"})


def _onnx(folder: Path) -> None:
    save_scorer(folder / "s", tiny_net(8), Preprocessing(72, 64), MosRange(0.0, 100.0), {})
    export_onnx(Scorer.load(folder / "s", crops=1), folder / "scorer.onnx")
    export_policy(random_policy(Task()), folder / "policy.onnx", "p", "0" * 64)


def _read_shards(folder: Path) -> Any:
    manifest = read_manifest(folder)
    return manifest.about, [(each.shard.items(), each.errors, each.about) for each in prove(manifest)]


def _embeddings(folder: Path) -> None:
    encoder = {"encoder": {"weights_sha256": "a" * 64, "precision": "fp32"}, "golden": [0.5, 0.5]}
    keys = [f"k{number}" for number in range(5)]
    planned = plan(
        folder,
        ([key] for key in keys),
        {"root": "/photos", "rows": "embeddings", "dtype": "float32", **encoder},
        shard_size=3,
    )
    for shard in planned.shards():
        (folder / "shards").mkdir(exist_ok=True)
        rows = np.full((shard.count, 2), 0.5, np.float32)
        cache.write_shard(shard, rows, [(item[0], 10, "b" * 64) for item in shard.items()], {}, encoder)


READ = {"work in shards": _read_shards}

READERS = (
    Reader("cache of embeddings", "labels, manifests, commits", _embeddings, of_folder(cache.read), _is_read, 1.5),
    *(Reader(name, GROUPS.get(name, "JSON"), artefact.make, of_folder(READ.get(name, artefact.read)), _is_read, SHARES.get(name, 1.0)) for name, artefact in ARTEFACTS.items()),
    Reader("safetensors", "safetensors", _safetensors, of_file(_read_safetensors), share=2),
    Reader("agents' checkpoint", "safetensors", _agents_checkpoint, of_folder(load_checkpoint)),
    Reader("trainings' checkpoint", "safetensors", _checkpoint, of_folder(_restore)),
    Reader("cache of a program's pictures", "safetensors", _cache, of_folder(lambda folder: ContentCache(folder).find(ContentCache.key({"a": 1})))),
    Reader("ONNX", "ONNX", _onnx, of_file(OnnxScorer), lambda path: path.name == "scorer.onnx", 0.5),
    Reader("policy as ONNX", "ONNX", _onnx, of_file(read_model), lambda path: path.name == "policy.onnx", 0.5),
)  # fmt: skip
