"""`attiqa bake --shard`: the store of one process, whoever baked what."""

import signal
from pathlib import Path

import pytest
from fixtures.ended import killed

from experiments.running.command_line import parse
from experiments.scaling.bake_work import BakeWork
from isp_env.stores.store import CONTEXTS, INDEX, STORE, BakedStore

WORDS = ("--variants", 1, "--photo-variants", 1, "--proxy-px", 48, "--crops", 1, "--validation-share", 0.5)


@pytest.fixture(scope="module")
def words(raws, photos, tmp_path_factory):
    """The command without its folder: 4 raws, 1 that is none, 8 photos, so 4 shards."""
    bad = tmp_path_factory.mktemp("bad") / "bad.dng"
    bad.write_bytes(b"not a raw")
    return ("bake", raws, bad, "--photos", photos, "--scene", r"^(s\d)_", *WORDS)


@pytest.fixture
def whole(attiqa, words, tmp_path):
    assert attiqa(*words, "--out", tmp_path / "whole")[0] == 4
    return results(tmp_path / "whole")


def results(out):
    return {name: (out / name).read_bytes() for name in (CONTEXTS, INDEX, STORE, "sheet.jpg")}


@pytest.mark.slow
def test_parts_killed_and_begun_again_come_to_the_store_of_one_process(attiqa, words, whole, tmp_path):
    out = tmp_path / "parts"
    own = (*words, "--out", out, "--shard")
    growing = out / "shards" / "000000.part" / INDEX
    assert killed("experiments.commands.bake", ((*own, "0/2"), growing, 1, 0.0)) == [-signal.SIGKILL]
    code, _, err = attiqa("merge", out)
    assert code == 3 and "was not finished" in err
    assert {attiqa(*own, part)[0] for part in ("1/2", "0/2")} <= {0, 4}
    code, said, err = attiqa("merge", out)
    assert (code, said.strip()) == (4, str(out)) and err.count("bad.dng") == 1 and "16 contexts" in err
    assert results(out) == whole and not list((out / "shards").glob("*.part"))
    BakedStore.open(out).verify()
    assert attiqa("merge", out)[0] == 4 and results(out) == whole, "merging again changes nothing"


@pytest.mark.slow
def test_one_bit_that_changed_in_a_part_is_noticed(attiqa, words, tmp_path):
    out = tmp_path / "parts"
    assert attiqa(*words, "--out", out, "--shard", "0/1")[0] == 4
    for suffix in (".bin", ".jsonl"):
        path = out / "shards" / f"000001{suffix}"
        content = path.read_bytes()
        path.write_bytes(content[:300] + bytes([content[300] ^ 1]) + content[301:])
        code, _, err = attiqa("merge", out)
        assert code == 3 and f"{path}: is missing or was changed" in err and not (out / STORE).exists()
        path.write_bytes(content)


def test_a_folder_that_holds_something_else_is_not_taken_over(attiqa, words, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    code, _, err = attiqa(*words, "--out", tmp_path / "out", "--shard", "0/2")
    assert code == 2 and "already holds files" in err


@pytest.mark.slow
def test_a_worker_that_is_killed_between_its_last_two_moves_goes_on(photos, tmp_path, monkeypatch):
    picture = max(photos.iterdir(), key=lambda path: path.stat().st_size)
    whole, moves = [], []
    move = Path.replace

    def killed_at_the_second(path, target):
        moves.extend([path] if path.parent.suffix == ".part" else [])
        if len(moves) == 2:
            raise KeyboardInterrupt
        return move(path, target)

    for name in ("one", "killed"):
        (tmp_path / name).mkdir()
        work = BakeWork(parse("bake", ["--photos", str(picture), "--out", str(tmp_path / name), "--proxy-px", "48"]))
        (shard,) = work.plan().shards()
        if name == "killed":
            with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
                patched.setattr(Path, "replace", killed_at_the_second)
                work.worker()(shard)
        work.worker()(shard)
        whole.append([shard.file(suffix).read_bytes() for suffix in (".bin", ".jsonl")])
    assert whole[0] == whole[1] and whole[0][0]
