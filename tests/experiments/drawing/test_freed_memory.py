import subprocess
import sys
from pathlib import Path

import pytest

RESIDENT = "int(next(line for line in open('/proc/self/status') if line.startswith('VmRSS')).split()[1])"
PROGRAM = f"""
from experiments.drawing.freed_memory import give_large_blocks_back
give_large_blocks_back()
import numpy
kept, held = [], []
for _ in range(4):
    held.append(numpy.ones(6 << 20, numpy.uint8))
    kept.append(bytearray(100_000))
before = {RESIDENT}
del held
print(before - {RESIDENT})
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="counts resident memory as Linux does")
def test_large_blocks_go_back_even_beneath_what_is_kept():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 4 * 6 * 1024 * 0.9
