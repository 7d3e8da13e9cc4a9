"""The command in environments where something else is called `agents` or `experiments`: real folders, real processes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fixtures.installations import install, overwrite
from fixtures.pages import ROOT

from attiqa_isp.ours import PACKAGES


def command(*words: str, found: list[Path], cwd: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """`attiqa WORDS` as its console script starts it, without site-packages: what is imported lies in `found` alone."""
    script = f"import sys; sys.path[:0] = {list(map(str, found))}; {before}from attiqa_isp.start import main; main()"
    python = [sys.executable, "-S", "-P", "-c", script, *words]
    return subprocess.run(python, cwd=cwd, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})


@pytest.mark.parametrize("name", PACKAGES)
def test_a_folder_of_the_users_that_comes_before_ours_is_named_with_the_cure(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("raise SystemExit('a stranger ran')\n")
    ended = command("--help", found=[tmp_path, ROOT], cwd=tmp_path)
    said = f"attiqa: {tmp_path / name}: is found as {name!r} before that of attiqa-isp in {ROOT}; start from another folder and unset"
    assert ended.returncode == 3 and ended.stderr.startswith(said) and ended.stderr.count("\n") == 1


def test_a_module_of_the_users_is_named_as_a_package_is(tmp_path):
    (tmp_path / "agents.py").write_text("raise SystemExit('a stranger ran')\n")
    ended = command("--help", found=[tmp_path, ROOT], cwd=tmp_path)
    assert ended.returncode == 3 and f"attiqa: {tmp_path / 'agents.py'}: is found as 'agents'" in ended.stderr


def test_folders_in_the_current_one_that_are_no_packages_or_come_later_do_no_harm(tmp_path):
    (tmp_path / "agents").mkdir()  # as anyone's folder of notes: a namespace, which comes after every package
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "__init__.py").touch()
    ended = command("--help", found=[ROOT], cwd=tmp_path)
    assert ended.returncode == 0 and "attiqa COMMAND" in ended.stdout


def test_the_current_folder_counts_under_python_m_and_only_there(tmp_path):
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "__init__.py").touch()
    python = [sys.executable, "-S", "-m", "attiqa_isp", "--help"]
    ended = subprocess.run(
        python, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert ended.returncode == 3 and "'experiments'" in ended.stderr and "start from another folder" in ended.stderr


@pytest.mark.slow
def test_a_package_that_another_distribution_wrote_over_ours_is_named_with_both(tmp_path):
    home = install(tmp_path / "site-packages")
    assert command("--help", found=[home], cwd=tmp_path).returncode == 0
    overwrite(home, "agents", by="openai-agents", version="0.6.1")
    ended = command("--help", found=[home], cwd=tmp_path)
    said = f"attiqa: {home / 'agents'}: agents of openai-agents 0.6.1 lies over ours; give attiqa-isp an environment of its own"
    assert ended.returncode == 3 and ended.stderr.startswith(said) and "force-reinstall" in ended.stderr


def test_one_that_was_removed_over_ours_leaves_a_package_that_is_not_whole(tmp_path):
    home = install(tmp_path / "site-packages")
    (home / "agents" / "__init__.py").unlink()  # as `pip uninstall openai-agents` does
    ended = command("--help", found=[home], cwd=tmp_path)
    assert ended.returncode == 3 and f"{home / 'agents'}: is not whole" in ended.stderr


def test_a_package_of_an_editable_install_is_known_by_our_name_in_it(tmp_path):
    home = install(tmp_path / "source")
    shutil.rmtree(next(home.glob("*.dist-info")))
    assert command("--help", found=[home], cwd=tmp_path).returncode == 0
    (home / "agents" / "__init__.py").write_text("from .run import Runner\n")
    ended = command("--help", found=[home], cwd=tmp_path)
    assert ended.returncode == 3 and "its __init__.py is not ours" in ended.stderr


def test_an_interrupt_while_things_load_is_one_line(tmp_path):
    home = install(tmp_path / "site-packages")
    (home / "experiments" / "cli.py").write_text("raise KeyboardInterrupt\n")
    ended = command("--help", found=[home], cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (130, "attiqa: interrupted before anything was begun\n")


def test_an_installation_without_torch_says_so_in_one_line(tmp_path):
    ended = command("score", "x.png", found=[ROOT], cwd=tmp_path)  # -S: no package of others is there
    assert ended.returncode == 3 and ended.stderr.count("\n") == 1
    assert "cannot be imported (No module named" in ended.stderr and "pip install attiqa-isp" in ended.stderr


def test_looking_whose_the_packages_are_imports_none_of_them(tmp_path):
    script = "import sys; from attiqa_isp.ours import stranger; print(stranger(), sorted({*sys.modules} & {'importlib.metadata', "
    script += "'torch', 'numpy', 'agents', 'experiments', 'attiqa_core', 'isp_env'}))"
    shown = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert shown == " []\n"
