"""Fixtures shared by all tests: the real data where it is, and a tiny scorer.

pytest's own process, which only hands the tests to its workers, reads this file as well: it imports torch where it is needed.
"""

import gc
import logging
import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fixtures.gathered import GATHERED
from fixtures.shared_data import SHARED

if TYPE_CHECKING:
    from attiqa_core.scorer import Scorer

os.environ["OMP_NUM_THREADS"] = "1"  # the pictures are tiny: waiting for a second thread costs more than it does
os.environ["OMP_WAIT_POLICY"] = "passive"  # where a test asks for two, neither takes a core while it waits
os.environ["HYPOTHESIS_NO_PLUGINS"] = "1"  # trio's looks for its generator among all objects of the process: a second

for number in (
    signal.SIGINT,
    signal.SIGHUP,
):  # a shell's background and nohup have them ignored, and so would what tests start
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

if "ATTIQA_CHECK_SHAPES" in os.environ:  # `make shapes`: before the first of our modules is imported
    from fixtures.shapes import check_shapes

    check_shapes()


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Looks for no cycles while modules and tests are gathered, nor later among them: nearly all of it is kept to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        session.config.stash[GATHERED] = frozenset(sys.modules)
        gc.freeze()
        gc.enable()


@pytest.fixture
def logged() -> Generator[list[str], None, None]:
    """What is said through `logging` while a test runs; pytest's own plugin goes through a thousand loggers six times a test."""
    said, handler = [], logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    logging.getLogger().addHandler(handler)
    yield said
    logging.getLogger().removeHandler(handler)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real raws and rated photos; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"no real data at {SHARED}; set ATTIQA_SHARED_DATA")
    return SHARED


@pytest.fixture(scope="session")
def tiny_scorer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stored scorer with random weights: right in shape and format, meaningless in its scores."""
    import torch
    from fixtures.tiny_net import tiny_net

    from attiqa_core.scorer import MosRange, Preprocessing, save_scorer

    net = tiny_net(8).to(memory_format=torch.channels_last)
    folder = tmp_path_factory.mktemp("scorers") / "tiny"
    return save_scorer(folder, net, Preprocessing(72, 64), MosRange(0.0, 100.0), {"data": "random weights"})


@pytest.fixture(scope="session")
def tiny_scorer(tiny_scorer_folder: Path) -> "Scorer":
    from attiqa_core.scorer import Scorer

    return Scorer.load(tiny_scorer_folder, crops=1)


@pytest.fixture(scope="session")
def tiny_onnx(tiny_scorer: "Scorer", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny scorer with one crop, exported; tests that need it are skipped without the extra `onnx`."""
    for module in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(module)
    from attiqa_core.judges.onnx_export import export_onnx

    return export_onnx(tiny_scorer, tmp_path_factory.mktemp("onnx") / "tiny.onnx")
