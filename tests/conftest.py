"""Fixtures shared by all tests: the real data where it is, a tiny scorer, and tensors checked against their annotations."""

from pathlib import Path

import pytest
import torch
from fixtures.shared_data import SHARED
from fixtures.tiny_net import tiny_net

from attiqa_core.scorer import MosRange, Preprocessing, Scorer, save_scorer

torch.set_num_threads(1)  # the pictures are tiny: waiting for a second thread costs more than it does


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real raws and rated photos; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"no real data at {SHARED}; set ATTIQA_SHARED_DATA")
    return SHARED


@pytest.fixture(scope="session")
def tiny_scorer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stored scorer with random weights: right in shape and format, meaningless in its scores."""
    net = tiny_net(8).to(memory_format=torch.channels_last)
    folder = tmp_path_factory.mktemp("scorers") / "tiny"
    return save_scorer(folder, net, Preprocessing(72, 64), MosRange(0.0, 100.0), {"data": "random weights"})


@pytest.fixture(scope="session")
def tiny_scorer(tiny_scorer_folder: Path) -> Scorer:
    return Scorer.load(tiny_scorer_folder, crops=1)


@pytest.fixture(scope="session")
def tiny_onnx(tiny_scorer: Scorer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny scorer with one crop, exported; tests that need it are skipped without the extra `onnx`."""
    for module in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(module)
    from attiqa_core.judges.onnx_export import export_onnx

    return export_onnx(tiny_scorer, tmp_path_factory.mktemp("onnx") / "tiny.onnx")
