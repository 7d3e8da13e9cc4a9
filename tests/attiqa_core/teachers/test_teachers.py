import subprocess
import sys
from importlib import import_module
from inspect import signature

import pytest
from fixtures.pages import ROOT

from attiqa_core.teachers import TEACHERS


@pytest.mark.parametrize("name", TEACHERS)
def test_a_row_names_options_that_its_maker_takes(name):
    row = TEACHERS[name]
    module, _, maker = row.made_by.partition(":")
    taken = signature(getattr(import_module(module), maker)).parameters
    assert {*row.options, *row.labelling_options} <= set(taken) and ("device" in taken) == row.on_device


def test_the_list_of_teachers_loads_without_torch():
    script = "import sys, attiqa_core.teachers; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
