"""What is measured of the tools, not how fast they are."""

import numpy as np
import torch

from experiments.timings.tools import ONE_OF_EACH, measure
from isp_env.tools.catalogue import CLASSICAL, find_tools
from isp_env.tools.learned.table import NETWORKS


def test_every_operation_has_its_row():
    rows = measure(1, torch.device("cpu"), count=2, side_px=16)
    assert len(rows) == len(ONE_OF_EACH) and all(np.isfinite(row.figure) and row.unit == "MP/s" for row in rows)
    assert {tool.kind for tool in find_tools(ONE_OF_EACH)} >= {tool.kind for tool in CLASSICAL.values()}
    timed = {(NETWORKS[name].model, NETWORKS[name].layers) for name in ONE_OF_EACH if name in NETWORKS}
    assert timed == {(network.model, network.layers) for network in NETWORKS.values()}
