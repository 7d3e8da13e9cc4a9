import shutil
from dataclasses import dataclass
from pathlib import Path

import fsspec
import pytest

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import write_json, write_text
from attiqa_core.remote import store
from attiqa_core.remote.address import as_written
from experiments.options.outcome import Outcome
from experiments.scaling import remote_out
from experiments.scaling.remote_out import told_as, working_here


@dataclass(frozen=True)
class Part:
    shard: str | None = None


@dataclass(frozen=True)
class Config:
    out: Path
    resume: bool = False
    scaling: Part = Part()


@pytest.fixture
def out(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield Path("memory://runs/one")
    memory = fsspec.filesystem("memory")
    if memory.exists("/runs"):
        memory.rm("/runs", recursive=True)


def names(out: Path) -> list[str]:
    return [path.relative_to(out).as_posix() for path, _ in store.files_below(out)]


def test_a_folder_of_this_machine_is_worked_in_as_it_is(tmp_path):
    config = Config(tmp_path / "run")
    with working_here(config, "label") as here:
        said = Outcome(config.out, "done")
        assert here is config and told_as(said, here, config, "label") == said


def test_what_is_finished_lies_at_the_address_and_nothing_stays_here(out, tmp_path):
    config = Config(out)
    with working_here(config, "label") as here:
        write_text(here.out / "labels.csv", "image\n")
        said = told_as(Outcome(here.out / "labels.csv", f"{here.out}: done"), here, config, "label")
        assert as_written(said.path) == "memory://runs/one/labels.csv" and said.done == "memory://runs/one: done"
    assert names(out) == ["labels.csv"]
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_an_interrupted_run_is_resumed_on_another_machine_and_not_begun_again(out, tmp_path, monkeypatch):
    with pytest.raises(KeyboardInterrupt), working_here(Config(out), "label") as here:
        write_text(here.out / "0.csv", "a")
        raise KeyboardInterrupt
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    with (
        pytest.raises(UsageError, match=r"one: already holds files; go on with --resume"),
        working_here(Config(out), "label"),
    ):
        pass
    with working_here(Config(out, resume=True), "label") as here:
        assert (here.out / "0.csv").read_text() == "a"
        write_text(here.out / "1.csv", "b")
    assert names(out) == ["0.csv", "1.csv"]


def test_what_could_not_be_brought_for_want_of_a_network_is_kept_here_and_brought_by_the_next(out, monkeypatch):
    def away(source, path):
        raise InputError(f"{path}: cannot be reached")

    with monkeypatch.context() as without_network:
        without_network.setattr(store, "bring", away)
        with pytest.raises(InputError, match="cannot be reached"), working_here(Config(out), "label") as here:
            write_text(here.out / "0.csv", "a")
    with pytest.raises(UsageError, match="go on with --resume"), working_here(Config(out), "label"):
        pass
    with working_here(Config(out, resume=True), "label") as here:
        assert (here.out / "0.csv").read_text() == "a"
    assert names(out) == ["0.csv"]


def test_workers_of_parts_have_folders_of_their_own_and_see_what_is_committed(out):
    first, second = Config(out, scaling=Part("0/2")), Config(out, scaling=Part("1/2"))
    with working_here(first, "label") as here:
        write_json(here.out / ".attiqa" / "sharded.json", 1)
        write_text(here.out / "shards" / "0.csv", "a")
        write_json(here.out / "shards" / "0.json", 1)
    with working_here(second, "label") as here:
        assert sorted(path.name for path in here.out.rglob("*.*") if path.is_file()) == ["0.json", "sharded.json"]
        write_text(here.out / "shards" / "1.csv", "b")
    assert names(out) == ["shards/0.csv", "shards/0.json", "shards/1.csv"]


def test_a_worker_waits_until_that_of_part_0_has_listed_what_is_to_be_done_and_not_for_ever(out, monkeypatch, capsys):
    monkeypatch.setattr(remote_out, "LOOKS_EVERY_S", 0.0)
    monkeypatch.setattr(remote_out, "WAITS_S", 0.0)
    with (
        pytest.raises(UsageError, match="--shard 0/3 has listed nothing in an hour; start it first"),
        working_here(Config(out, scaling=Part("1/3")), "label"),
    ):
        pass
    assert "waits for --shard 0/3, which lists what is to be done" in capsys.readouterr().err


def test_what_another_machine_went_on_with_is_not_undone_by_what_was_left_here(out, tmp_path):
    def state(folder, host, begun):
        write_json(folder / ".attiqa" / "run.json", {"host": host, "begun": begun})

    with pytest.raises(KeyboardInterrupt), working_here(Config(out), "label") as here:
        state(here.out, "one", "2026-01-01")
        write_text(here.out / "0.csv", "old")
        kept = tmp_path / "kept"
        shutil.copytree(here.out, kept)
        local = here.out
        raise KeyboardInterrupt
    with working_here(Config(out, resume=True), "label") as here:
        state(here.out, "two", "2026-01-02")
        write_text(here.out / "0.csv", "newer")
    shutil.copytree(kept, local)  # as after a kill -9 on the first machine
    with working_here(Config(out, resume=True), "label") as here:
        assert (here.out / "0.csv").read_text() == "newer"


def test_errors_name_places_as_they_are_at_the_address(out):
    with (
        pytest.raises(InputError, match=r"^memory://runs/one/0\.csv: is missing"),
        working_here(Config(out), "label") as here,
    ):
        raise InputError(f"{here.out / '0.csv'}: is missing")


def test_two_at_once_for_one_address_are_refused(out):
    with working_here(Config(out), "label") as here:
        with pytest.raises(UsageError, match="another `attiqa label`"), working_here(Config(out), "label"):
            pass
        write_text(here.out / "a", "a")
