import errno
import json

import pytest
from filelock import FileLock, Timeout

from attiqa_core.errors import UsageError
from attiqa_core.runs import lock
from attiqa_core.runs.lock import PRIVATE, in_turn, is_unused, only_run_in, only_writer_of


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


class NoLocks(FileLock):
    """A lock on a disk that knows none."""

    def acquire(self, *words, **more):
        raise OSError(errno.ENOLCK, "No locks available")


def test_where_the_disk_knows_no_locks_a_file_stands_for_it_and_the_cure_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "FileLock", NoLocks)
    with only_run_in(tmp_path / "run", "label"):
        (tmp_path / "run" / "result.txt").touch()
        with pytest.raises(UsageError, match=r"if that process is no more .+ remove .+lock.soft"):
            with only_run_in(tmp_path / "run", "label"):
                pass
    with only_run_in(tmp_path / "run", "label"):
        pass


def test_a_holder_on_another_machine_is_named_with_what_to_remove_if_that_is_no_more(tmp_path):
    with only_run_in(tmp_path, "label"):
        holder = tmp_path / PRIVATE / "lock.holder"
        holder.write_text(json.dumps({**json.loads(holder.read_text()), "host": "node-7"}))
        with pytest.raises(UsageError, match=r"on node-7 since .+ if that process is no more"):
            with only_run_in(tmp_path, "label"):
                pass


def test_what_is_called_under_an_open_lock_has_the_folder_already_and_others_do_not(tmp_path):
    with only_run_in(tmp_path / "a", "demo", opened=True), only_run_in(tmp_path / "a", "render"):
        with only_run_in(tmp_path / "b", "demo"), pytest.raises(UsageError), only_run_in(tmp_path / "b", "render"):
            pass
    with only_run_in(tmp_path / "a", "demo"), pytest.raises(UsageError), only_run_in(tmp_path / "a", "demo"):
        pass


def test_one_writer_of_a_file_beside_a_run_in_its_folder_and_nothing_is_left(tmp_path):
    with only_run_in(tmp_path, "label"), only_writer_of(tmp_path / "a.csv", "score", "--csv"):
        with only_writer_of(tmp_path / "b.csv", "score"):
            pass
        with pytest.raises(UsageError, match="a.csv: another `attiqa score` .+ name another place with --csv"):
            with only_writer_of(tmp_path / "a.csv", "score", "--csv"):
                pass
    with only_writer_of(tmp_path / "new" / "a.csv", "score"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [FileLock, NoLocks])
def test_one_at_a_time_has_its_turn_also_where_the_disk_knows_no_locks(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(lock, "FileLock", kind)
    path = tmp_path / PRIVATE / "of-planning"
    for _ in range(2):
        with in_turn(path), pytest.raises(Timeout), in_turn(path, 0.01):
            pass
    assert is_unused(tmp_path)
