"""A second process finds what the first one compiled."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fixtures.pages import ROOT

RENDER = """
import torch
from torch._dynamo.utils import counters
from isp_env.compiled import compiled_render_prepared
from isp_env.frame_batch import FrameBatch
from isp_env.native import proxies
from isp_env.params import IspParams
from isp_env.pipeline import prepare, render_prepared
from isp_env.raw import RawFrame
samples = torch.rand(16, 16, 3, generator=torch.Generator().manual_seed(0)).numpy()
batch = prepare(FrameBatch.stack([RawFrame.from_linear_rgb(samples, wb_as_shot=(2.0, 1.0, 1.5), noise=(1e-3, 1e-5))]))
with torch.no_grad():
    ours, _ = compiled_render_prepared()(batch, IspParams.default(1))
    with proxies.torch_alone():
        expected, _ = render_prepared(batch, IspParams.default(1))
torch.testing.assert_close(ours, expected, atol=1e-4, rtol=0)
graphs = counters["inductor"]
print(graphs["fxgraph_cache_hit"], graphs["fxgraph_cache_miss"])
"""


def hits_and_misses(folder: Path) -> list[int]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TORCHINDUCTOR")}
    environment |= {"XDG_CACHE_HOME": str(folder), "PYTHONPATH": str(ROOT), "ATTIQA_NATIVE": "0"}
    done = subprocess.run([sys.executable, "-c", RENDER], env=environment, capture_output=True, text=True, check=True)
    return [int(each) for each in done.stdout.split()]


@pytest.mark.skipif(shutil.which("c++") is None, reason="inductor needs a C++ compiler on the CPU")
@pytest.mark.slow
def test_a_second_process_finds_what_the_first_compiled(tmp_path):
    assert hits_and_misses(tmp_path)[0] == 0
    assert (tmp_path / "attiqa" / "inductor").is_dir()
    hits, misses = hits_and_misses(tmp_path)
    assert hits > 0 and misses == 0
