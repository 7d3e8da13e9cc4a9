"""A sample of what `python -m hostile.fuzzing` does at length, what it found before, and that it notices what it is there for."""

import os
import random
import signal
import sqlite3
import struct

import pytest
from hostile.fuzzing import worker
from hostile.fuzzing.mending import fit_again
from hostile.fuzzing.mutations import mutated
from hostile.fuzzing.reader import Reader
from hostile.fuzzing.readers import READERS
from hostile.fuzzing.worker import contents_of, outcomes

from attiqa_core.errors import InputError
from attiqa_core.files.lines import line_of

SAMPLE = ("PNG", "TIFF", "DNG tags", "camera profiles", "own CSV", "ARNIQA's splits", "CLIVE (mat)", "SPAQ (xlsx)", "tar shards",
          "sensor files", "black boxes", "recipes", "results of raters", "work in shards", "policy", "safetensors")  # fmt: skip


def _without_meta(content: bytes) -> bytes:
    with sqlite3.connect(":memory:") as db:
        db.deserialize(content[:18] + b"\1\1" + content[20:])  # no log beside it: it is in memory
        db.execute("DROP TABLE meta")
        db.commit()
        return db.serialize()


BYTE_COUNTS, LONG, LONG8 = 279, 4, 16
FOUND = {
    "black boxes": ("blocks.toml", lambda content: content.replace(b'format = ".3f"', b"format = {a = 1}", 1)),
    "bundle of tools": ("tool_policy.json", lambda content: content.replace(b".safetensors", b"a" * 300)),
    "experts' TIFFs": (
        "lzw.tif",  # what was a number of bytes is where a number of eight bytes stands
        lambda content: content.replace(struct.pack("<HHI", BYTE_COUNTS, LONG, 1), struct.pack("<HHI", BYTE_COUNTS, LONG8, 1)),
    ),
    "linear PNG": ("a_metadata.json", lambda content: content.replace(b"0.4", b'"0.4"')),
    "frames of the dark": ("a.tif", lambda content: content.replace(b"\x78", b"\x00")),
    "predictions": ("p.csv", lambda content: content + b"\xff"),
    "votes as CSV": ("v.csv", lambda content: content + b"a" * 140_000),
    "coverage": ("coverage.csv", lambda content: content + b"a,b\n"),
    "table of scores": ("scores.csv", lambda content: b"\xff" + content),
    "ARNIQA's splits": ("val.npy", lambda content: content.replace(b"}", b"(", 1)),
    "CLIVE (mat)": ("AllImages_release.mat", lambda content: content[:144] + b"\xff\xff\xff\x7f" + content[148:]),
    "labels": ("labels.csv", lambda content: content[:-1] + b",a\n"),
    "work in shards": ("plan.json", lambda content: content.replace(b'"shard_size"', b'"size"')),
    "cache of embeddings": ("shards/000000.npy", lambda content: content.replace(b"(3, 2)", b"(3,2**9)")),
    "store of votes": ("votes.sqlite", _without_meta),
    "agents' checkpoint": ("metrics.jsonl", lambda content: line_of({"timesteps": "a"}).encode()),
    "Lightroom's catalogue": ("a.lrcat", lambda content: content.replace(b"TABLE AgLibraryFile", b"TABL\xff AgLibraryFile")),
}  # fmt: skip
"""Reader -> a file of its seed, and a change that once ended in a traceback."""


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_is_one_sentence_that_names_the_file(name, tmp_path):
    reader, (file, change) = READERS[name], FOUND[name]
    reader.make(tmp_path)
    before = contents_of(tmp_path)
    path = tmp_path / file
    path.write_bytes(change(before[path]))
    assert path.read_bytes() != before[path]
    fit_again(tmp_path, path, before)
    with pytest.raises(InputError) as refused:
        reader.read(tmp_path, path)
    assert "\n" not in str(refused.value) and str(tmp_path) in str(refused.value)


@pytest.mark.parametrize("name", SAMPLE)
def test_a_damaged_file_is_read_or_refused(name, tmp_path):
    READERS[name].make(tmp_path)
    found = list(outcomes(READERS[name], range(4), tmp_path, seed=5))
    assert [each for each in found if each.is_finding] == []
    assert [each.number for each in found] == list(range(4))


def _steal_memory():
    return bytearray(3 * 2**30)


def _go_on():
    while True:
        pass


DEEDS = (
    lambda: None,
    lambda: {}["a"],
    lambda: os.kill(os.getpid(), signal.SIGSEGV),
    _steal_memory,
    _go_on,
    lambda: None,
)


@pytest.mark.slow
def test_the_harness_notices_what_it_is_there_for_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "SECONDS", 0.1)
    count, folder = tmp_path / "count", tmp_path / "toy"
    folder.mkdir()
    (folder / "a.txt").write_text("a")

    def read(_folder, _path):
        done = len(count.read_text()) if count.is_file() else 0
        count.write_text("x" * (done + 1))  # outside of what is put back, so that it outlives a child
        DEEDS[done]()

    found = list(outcomes(Reader("toy", "toy", lambda folder: None, read), range(len(DEEDS)), folder))
    assert [each.kind for each in found] == ["value", "crash", "died", "crash", "hang", "value"]
    assert "KeyError" in found[1].said and "MemoryError" in found[3].said
    assert (folder / "a.txt").read_text() == "a"


def test_the_same_numbers_give_the_same_damage():
    content = b"image,mos\na.jpg,1\nb.jpg,2\n"
    damaged = [mutated("a.csv", content, [content], random.Random(f"0/x/{number}")) for number in range(40)]
    assert damaged == [mutated("a.csv", content, [content], random.Random(f"0/x/{number}")) for number in range(40)]
    assert len(set(damaged)) > 30 and content not in damaged[:1]
