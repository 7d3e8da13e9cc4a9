"""A second process finds what the first one compiled."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fixtures.pages import ROOT

COMPILE = """
import torch
from torch._dynamo.utils import counters
from isp_env.rendering import compiled
from isp_env.stages.tone_map import tone_map
compiled.render_prepared = tone_map  # one stage of the fold: all of it takes inductor a minute
light = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
inputs = light, torch.tensor([0.3]), torch.tensor([1.7])
with torch.no_grad():
    torch.testing.assert_close(compiled.compiled_render_prepared()(*inputs), tone_map(*inputs), atol=1e-4, rtol=0)
graphs = counters["inductor"]
print(graphs["fxgraph_cache_hit"], graphs["fxgraph_cache_miss"])
"""


def hits_and_misses(folder: Path) -> list[int]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TORCHINDUCTOR")}
    environment |= {"XDG_CACHE_HOME": str(folder), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", COMPILE], env=environment, capture_output=True, text=True, check=True)
    return [int(each) for each in done.stdout.split()]


@pytest.mark.skipif(shutil.which("c++") is None, reason="inductor needs a C++ compiler on the CPU")
@pytest.mark.slow
def test_a_second_process_finds_what_the_first_compiled(tmp_path):
    assert hits_and_misses(tmp_path)[0] == 0
    assert (tmp_path / "attiqa" / "inductor").is_dir()
    hits, misses = hits_and_misses(tmp_path)
    assert hits > 0 and misses == 0
