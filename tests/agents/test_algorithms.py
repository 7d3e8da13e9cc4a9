import subprocess
import sys
from pkgutil import resolve_name

import pytest

from agents.algorithms import ALGORITHMS, find_algorithm
from agents.train import train_agent
from attiqa_core.errors import UsageError


def test_the_table_is_read_without_torch_or_stable_baselines():
    script = "import sys, agents.algorithms; assert not {'torch', 'stable_baselines3', 'gymnasium'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.mark.parametrize("row", ALGORITHMS.values(), ids=ALGORITHMS)
def test_every_row_names_functions_that_exist(row):
    assert callable(resolve_name(row.build)) and callable(resolve_name(row.actor))


def test_an_unknown_algorithm_is_refused_with_the_names_there_are():
    with pytest.raises(UsageError, match="'dqn' is not one of ppo, sac, td3"):
        find_algorithm("dqn")
    with pytest.raises(UsageError, match="ppo"):
        train_agent(None, algorithm="dqn")
