"""The command as a process of its own finds the packages of this one, whatever folder it is started in."""

import subprocess

from attiqa_isp.again import command, environment


def test_a_folder_experiments_in_the_current_one_does_not_come_before_ours(tmp_path):
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "__init__.py").write_text("raise SystemExit('a stranger ran')\n")
    ended = subprocess.run(command("--help"), cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert ended.returncode == 0 and "attiqa COMMAND" in ended.stdout
