import pytest

from attiqa_core.errors import UsageError
from attiqa_core.runs.lock import only_run_in


def test_a_second_run_in_a_folder_is_told_who_has_it(tmp_path):
    with only_run_in(tmp_path / "run", "label"):
        with pytest.raises(UsageError, match=r"another `attiqa label` \(process \d+ on .+\) is writing"):
            with only_run_in(tmp_path / "run", "label"):
                pass
        (tmp_path / "run" / "result.txt").touch()
    with only_run_in(tmp_path / "run", "label"):
        pass


def test_parts_run_beside_each_other_and_never_twice_or_beside_the_whole(tmp_path):
    with only_run_in(tmp_path, "label", "0-of-2"), only_run_in(tmp_path, "label", "1-of-2"):
        for part in ("0-of-2", None):
            with pytest.raises(UsageError, match="another `attiqa label`"), only_run_in(tmp_path, "label", part):
                pass
    with only_run_in(tmp_path, "label"), pytest.raises(UsageError), only_run_in(tmp_path, "label", "0-of-2"):
        pass


def test_a_folder_in_which_nothing_was_written_is_left_as_it_was(tmp_path):
    with only_run_in(tmp_path / "run", "label"):
        pass
    assert not (tmp_path / "run").exists()
