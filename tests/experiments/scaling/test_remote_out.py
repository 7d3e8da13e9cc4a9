from dataclasses import dataclass
from pathlib import Path

import fsspec
import pytest

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import write_json, write_text
from attiqa_core.remote import store
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
        assert here is config and told_as(config.out, here, config) == config.out


def test_what_is_finished_lies_at_the_address_and_nothing_stays_here(out, tmp_path):
    config = Config(out)
    with working_here(config, "label") as here:
        write_text(here.out / "labels.csv", "image\n")
        assert told_as(here.out / "labels.csv", here, config) == "memory://runs/one/labels.csv"
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
        write_text(here.out / "shards" / "0.csv", "a")
        write_json(here.out / "shards" / "0.json", 1)
    with working_here(second, "label") as here:
        assert [path.name for path in here.out.rglob("*.*")] == ["0.json"]
        write_text(here.out / "shards" / "1.csv", "b")
    assert names(out) == ["shards/0.csv", "shards/0.json", "shards/1.csv"]


def test_two_at_once_for_one_address_and_an_address_of_the_web_are_refused(out):
    with working_here(Config(out), "label") as here:
        with pytest.raises(UsageError, match="another `attiqa label`"), working_here(Config(out), "label"):
            pass
        write_text(here.out / "a", "a")
    with pytest.raises(UsageError, match="can only be read"), working_here(Config(Path("https://host/run")), "label"):
        pass
