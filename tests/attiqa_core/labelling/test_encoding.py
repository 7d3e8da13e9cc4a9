"""Shards are made in any order, by any worker, and again after a kill."""

import itertools
import json
import multiprocessing
import os
import random
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from fixtures.means_teacher import MeansTeacher, contents, finished, planned
from PIL import Image

from attiqa_core.errors import InputError, UsageError
from attiqa_core.labelling import cache as embeddings
from attiqa_core.labelling import encoding
from attiqa_core.labelling.encoding import embed_shards, worker
from attiqa_core.shards.commit import is_committed

pytestmark = pytest.mark.slow


def test_workers_in_any_order_make_the_same_files_as_one_pass(photos, tmp_path):
    embed_shards(planned(photos, tmp_path / "one"), MeansTeacher(), batch=3)
    other = planned(photos, tmp_path / "other")
    for shard in reversed(other.shards()):
        worker(other, MeansTeacher(), batch=3, threads=1)(shard)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")
    assert embeddings.merge(tmp_path / "other").count == 11


def test_finished_shards_are_not_made_again(photos, tmp_path):
    found = planned(photos, tmp_path / "cache")
    worker(found, MeansTeacher())(found.shards()[1])
    rest = MeansTeacher()
    done = []
    embed_shards(planned(photos, tmp_path / "cache"), rest, batch=4, advance=done.append)
    assert [size for size in rest.batches if size > 1] == [4, 3] and sum(done) == 11


def make(photos, cache, dies_at=None):
    """Make a cache of one photo a shard; the process kills itself before its `dies_at`-th file gets its name."""
    torch.set_num_threads(1)
    names = itertools.count(1)
    rename = Path.replace

    def mortal(self, target):
        if next(names) == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(self, target)

    Path.replace = mortal
    embed_shards(planned(photos, cache, shard_size=1), MeansTeacher(), batch=3)


def start(*args):
    child = multiprocessing.get_context("fork").Process(target=make, args=args)
    child.start()
    return child


@pytest.mark.slow
def test_kills_before_any_file_gets_its_name_end_in_identical_files(photos, tmp_path):
    start(photos, tmp_path / "whole").join(30)
    for dies_at in range(1, 9):
        child = start(photos, tmp_path / "cache", dies_at)
        child.join(30)
        assert child.exitcode == -signal.SIGKILL
    start(photos, tmp_path / "cache").join(30)
    assert contents(tmp_path / "cache") == contents(tmp_path / "whole")
    assert embeddings.merge(tmp_path / "cache").count == 11


@pytest.mark.slow
def test_kills_at_random_moments_end_in_identical_files(photos, tmp_path):
    start(photos, tmp_path / "whole").join(30)
    moments = random.Random(0)
    for _ in range(5):
        child = start(photos, tmp_path / "cache")
        child.join(moments.uniform(0, 0.1))
        child.kill()
        child.join(30)
    start(photos, tmp_path / "cache").join(30)
    assert contents(tmp_path / "cache") == contents(tmp_path / "whole")


def test_a_worker_with_another_encoder_refuses_its_shard(photos, tmp_path):
    found = planned(photos, tmp_path / "cache")
    with pytest.raises(UsageError, match="golden image"):
        worker(found, MeansTeacher(gain=1.01))


def test_unreadable_photos_are_covered_by_errors(photos, tmp_path):
    (photos / "03.png").write_bytes(b"")
    (photos / "10.png").write_bytes((photos / "10.png").read_bytes()[:60])
    teacher = MeansTeacher()
    embed_shards(planned(photos, tmp_path / "cache"), teacher, batch=3, max_error_rate=1)
    whole = embeddings.merge(tmp_path / "cache")
    assert whole.count == 9 and set(whole.errors) == {"03.png", "10.png"} and "0 bytes" in whole.errors["03.png"]
    assert [size for size in teacher.batches if size > 1] == [3, 3, 2]


def test_too_many_errors_stop_and_keep_what_is_finished(photos, tmp_path):
    (photos / "05.png").write_bytes(b"")
    (photos / "09.png").write_bytes(b"no picture")
    found = planned(photos, tmp_path / "cache")
    with pytest.raises(InputError, match=r"max-error-rate.*09\.png.*--resume"):
        embed_shards(found, MeansTeacher(), max_error_rate=0.1)
    assert [is_committed(shard) for shard in found.shards()] == [True, True, False]
    embed_shards(found, MeansTeacher(), max_error_rate=0.2)
    assert set(embeddings.merge(tmp_path / "cache").errors) == {"05.png", "09.png"}


def test_mended_photos_are_read_again_on_request(photos, tmp_path):
    whole = (photos / "05.png").read_bytes()
    (photos / "05.png").write_bytes(whole[:50])
    embed_shards(planned(photos, tmp_path / "cache"), MeansTeacher(), max_error_rate=1)
    (photos / "05.png").write_bytes(whole)
    again = MeansTeacher()
    embed_shards(planned(photos, tmp_path / "cache"), again, retry_errors=True)
    assert [size for size in again.batches if size > 1] == [4]
    assert embeddings.merge(tmp_path / "cache").errors == {}
    embed_shards(planned(photos, tmp_path / "fresh"), MeansTeacher())
    assert contents(tmp_path / "cache") == contents(tmp_path / "fresh")


def test_an_embedding_that_is_not_a_number_names_its_photo(photos, tmp_path):
    Image.new("RGB", (8, 8), (255, 0, 0)).save(photos / "06.png")
    teacher = MeansTeacher()
    teacher.prepare = lambda rgb: (
        torch.full((3,), torch.nan) if rgb[0, 0, 0] == 255 and not rgb[..., 1].any() else torch.ones(3)
    )
    with pytest.raises(InputError, match=r"06\.png: its embedding is NaN"):
        embed_shards(planned(photos, tmp_path / "cache"), teacher)


def test_the_cap_looks_at_a_thousand_photos_first(monkeypatch, photos, tmp_path):
    monkeypatch.setattr(encoding, "RATE_IS_KNOWN_FROM", 4)
    (photos / "00.png").write_bytes(b"")
    shards = planned(photos, tmp_path / "cache")
    with pytest.raises(InputError, match="max-error-rate"):
        embed_shards(shards, MeansTeacher(), max_error_rate=0.2)
    embed_shards(shards, MeansTeacher(), max_error_rate=0.25)


def test_half_precision_is_verified_recorded_and_close(photos, tmp_path):
    half = planned(photos, tmp_path / "half", half=True)
    embed_shards(half, MeansTeacher())
    shards = half.shards()
    exact = finished(photos, tmp_path / "full")
    assert np.load(shards[0].file(".npy")).dtype == np.float16
    assert json.loads(shards[0].file(".json").read_text())["about"]["half"]["lowest_srocc"] == pytest.approx(1)
    np.testing.assert_allclose(np.load(shards[2].file(".npy")), np.load(exact[2].file(".npy")), atol=5e-4)
    assert embeddings.read(tmp_path / "half")[1].dtype == torch.float32


def test_half_precision_that_would_change_labels_is_refused(photos, tmp_path):
    alike = MeansTeacher(spread=0.005)  # embeddings differ by a few steps of float16 only
    shards = planned(photos, tmp_path / "cache", alike, half=True)
    with pytest.raises(UsageError, match=r"--half would change the labels .*; leave it out and give another --out"):
        embed_shards(shards, alike)
    embed_shards(planned(photos, tmp_path / "cache", alike), alike)
    assert embeddings.merge(tmp_path / "cache").count == 11
