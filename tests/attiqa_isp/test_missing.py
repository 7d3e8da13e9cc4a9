"""Which package of others an import failed for, and what is said of it."""

import sys

from attiqa_core.errors import InputError
from attiqa_isp.missing import missing
from experiments.running.streams import explain


def test_a_package_that_is_not_there_is_named_with_the_cure(capsys):
    assert explain(ModuleNotFoundError("No module named 'torch'", name="torch")) == 3
    said = capsys.readouterr().err
    assert said.startswith("attiqa: torch: cannot be imported (No module named 'torch'); `pip install attiqa-isp`")
    assert said.count("\n") == 1 and "attiqa doctor" in said


def test_a_library_that_does_not_load_and_a_long_reason_are_one_line():
    error = ImportError("\n\nIMPORTANT: read this\nmany lines", name=None)
    error.__cause__ = ImportError("libcudart.so.13: cannot open shared object file", name="torch._C")
    assert missing(error).startswith("torch: cannot be imported (libcudart.so.13: cannot open shared object file)")


def test_a_python_without_a_module_of_its_own_is_told_from_a_package():
    assert missing(ModuleNotFoundError("No module named '_lzma'", name="_lzma")).startswith(sys.executable)


def test_what_is_missing_in_our_own_packages_stays_a_bug(capsys):
    assert missing(ModuleNotFoundError("No module named 'agents.policy9'", name="agents.policy9")) == ""
    assert missing(ImportError("cannot import name 'x'")) == ""
    assert explain(ImportError("cannot import name 'x' from 'agents.policy'", name="agents.policy")) == 1
    assert "this is a bug" in capsys.readouterr().err
    assert explain(InputError("a.png: is no picture")) == 3
