import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from fixtures.json_lines import rows_of
from fixtures.pages import ROOT

from attiqa_core.tensor_files import load_tensors
from attiqa_core.training import distributed

SECONDS = 120  # hard limit on every group of processes

ONE_OR_TWO = """
import os, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from attiqa_core.training import distributed
from attiqa_core.network.model import AttiqaNet, architecture
from attiqa_core.training.pretrain import pretrain
from attiqa_core.training.recipe import Objective, PretrainRecipe
from attiqa_core.tensor_files import save_tensors
from attiqa_core.labelling.cached_teacher import CachedTeacher

def train(folder, pairs):
    folder.mkdir()
    generator = torch.Generator().manual_seed(0)
    photos = [torch.randint(0, 256, (3, 36, 40), dtype=torch.uint8, generator=generator) for _ in range(17)]
    labels = torch.rand(17, 5, generator=generator)
    with distributed.joined(torch.device("cpu")):
        torch.manual_seed(distributed.rank())  # DistributedDataParallel takes the first process's weights
        pooling = "stages" if pairs == "random" else "last"
        net = AttiqaNet(architecture("test_efficientnet", 4, pooling)).double()
        recipe = PretrainRecipe(Objective(pairs=pairs), epochs=2, batch=8, accumulate=2, crop=32, lr=3.0)
        pretrain(net, photos, [CachedTeacher(labels, {})], recipe, held_out=[3], run=folder, quiet=True)
        if distributed.is_first():
            save_tensors(folder / "weights.safetensors", net.state_dict())

root = Path(sys.argv[1])
os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=sys.argv[2])
for pairs in ("in-batch", "random"):
    for count in (1, 2):
        children = []
        for rank in range(count):
            child = os.fork()
            if child == 0:
                os.environ.update(WORLD_SIZE=str(count), RANK=str(rank), LOCAL_RANK=str(rank))
                folder = root / f"{pairs}-{count}" if rank == 0 else root / f"{pairs}-{count}-rank{rank}"
                train(folder, pairs)
                os._exit(0)
            children.append(child)
        assert all(os.waitpid(child, 0)[1] == 0 for child in children)
"""


@pytest.fixture(scope="module")
def trainings(tmp_path_factory) -> Path:
    """The same trainings in one process and in two; forks of one interpreter, as imports take most of the time."""
    folder = tmp_path_factory.mktemp("trainings")
    command = [sys.executable, "-c", ONE_OR_TWO, str(folder), str(_free_port())]
    with (folder / "said").open("w") as said:
        started = subprocess.Popen(command, stdout=said, stderr=said, cwd=ROOT, start_new_session=True)
        try:
            code = started.wait(SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)  # its forks too, should one wait for the other for ever
    assert code == 0, (folder / "said").read_text()
    return folder


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
@pytest.mark.parametrize("pairs", ["in-batch", "random"])
def test_two_processes_train_as_one_with_the_same_batch(trainings, pairs):
    """In float64: batch normalisation over 4 photos blows float32's rounding up within a few steps."""
    one, two = (_losses(trainings / f"{pairs}-{count}") for count in (1, 2))
    assert len(one) == 2 and one[0] != one[1]
    assert two == pytest.approx(one, rel=1e-9)
    weights = (load_tensors(trainings / f"{pairs}-{count}" / "weights.safetensors") for count in (1, 2))
    one, two = weights
    assert one.keys() == two.keys()
    for name, tensor in one.items():
        torch.testing.assert_close(
            two[name], tensor, rtol=1e-7, atol=1e-8, msg=lambda text, name=name: f"{name}: {text}"
        )


def _losses(folder: Path) -> list[float]:
    return [row["loss"] for row in rows_of(folder / "metrics.jsonl")]


def test_a_process_alone_gathers_what_it_has():
    scores = torch.rand(3, 2, requires_grad=True)
    assert distributed.gathered(scores) is scores and distributed.gathered_objects("x") == ["x"]
    assert (distributed.rank(), distributed.count(), distributed.is_first()) == (0, 1, True)


def test_one_photo_in_each_process_is_a_group_of_its_own(monkeypatch):
    monkeypatch.setattr(distributed, "rank", lambda: 1)
    groups = torch.zeros(4, dtype=torch.int64)
    assert distributed.gathered_groups(groups, across_photos=False).tolist() == [4, 4, 4, 4]
    assert distributed.gathered_groups(groups, across_photos=True).tolist() == [0, 0, 0, 0]
