import subprocess
import sys
from dataclasses import replace
from pkgutil import resolve_name

import pytest

from agents.algorithms import ALGORITHMS, EXTRAS, NUMBERS, find_algorithm, numbers_of
from agents.train import train_agent
from attiqa_core.errors import UsageError


def test_the_table_is_read_without_torch_or_stable_baselines():
    script = "import sys, agents.algorithms; assert not {'torch', 'stable_baselines3', 'gymnasium'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_row_has_a_preset_and_names_functions_that_exist(name):
    row = ALGORITHMS[name]
    named = [name for name in (row.train, row.build, row.actor) if name]
    assert all(callable(resolve_name(each)) for each in named) and len(named) in (1, 3)
    assert set(numbers_of(name, {})) <= set(NUMBERS)


def test_an_unknown_algorithm_is_refused_with_the_names_there_are():
    with pytest.raises(UsageError, match="'dqn' is not one of ppo, sac, td3"):
        find_algorithm("dqn")
    with pytest.raises(UsageError, match="ppo"):
        train_agent(None, algorithm="dqn")


def test_an_algorithm_whose_package_is_missing_names_the_extra(monkeypatch):
    monkeypatch.setitem(ALGORITHMS, "tqc", replace(ALGORITHMS["tqc"], needs="no_such_package"))
    monkeypatch.setitem(EXTRAS, "no_such_package", "contrib")
    with pytest.raises(UsageError, match=r"algorithm tqc: needs the extra: pip install 'attiqa-isp\[contrib\]'"):
        numbers_of("tqc", {})
