"""What is measured of the environments, not how fast they are."""

import re

import numpy as np
import pytest

from experiments.timings.environment import measure


@pytest.mark.slow
def test_every_vector_environment_has_its_row_and_shares_of_a_step_are_shares(tiny_scorer):
    rows = measure(1, tiny_scorer, count=2, proxy_px=48, small_px=32)
    named = " ".join(row.what for row in rows)
    assert all(name in named for name in ("IspVecEnv", "IspVectorEnv", "DummyVecEnv", "SyncVectorEnv"))
    assert all(np.isfinite(row.figure) and row.figure > 0 for row in rows)
    for row in (rows[0], rows[-1]):
        isp, scorer, together = map(float, re.findall(r"([\d.]+)%", row.note))
        assert 0 < isp < 100 and 0 < scorer < 100 and together == pytest.approx(isp + scorer, abs=1.1)
