"""The cache of embeddings: planned, made in shards, killed anywhere, proven whole."""

import hashlib
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
from PIL import Image

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.described import read_sealed
from attiqa_core.files.whole import write_json
from attiqa_core.labelling import cache as embeddings
from attiqa_core.labelling import encoding
from attiqa_core.labelling.cache_plan import plan
from attiqa_core.labelling.encoding import embed_shards, worker
from attiqa_core.labelling.read_ahead import read_ahead
from attiqa_core.photos.sources import Photo, find_photos
from attiqa_core.shards.commit import FORMAT, is_committed
from attiqa_core.teachers.golden import golden_image, same_encoder


class MeansTeacher:
    """Embeds a photo as unit vector of its channel means and a constant, in 4 features."""

    name = "means"
    rows = "embeddings"
    attribute_names = ("sharpness", "contrast", "brightness", "colorfulness", "noisiness")

    def __init__(self, gain=1.0, weights="a", spread=1.0):
        self.gain, self.weights, self.spread, self.batches = gain, weights, spread, []

    def prepare(self, rgb):
        return torch.from_numpy(rgb.reshape(-1, 3).mean(0)).float()

    def encode(self, prepared):
        self.batches.append(len(prepared))
        means = 1 - self.spread + self.spread * torch.stack(list(prepared)) / 255
        return torch.nn.functional.normalize(torch.cat([self.gain * means, torch.ones(len(means), 1)], 1), dim=1)

    def labels(self, rows):
        return torch.nn.functional.normalize(rows, dim=1) @ torch.linspace(-1, 1, 20).view(4, 5)

    def encoder(self):
        return {"weights_sha256": self.weights, "precision": "fp32"}

    def golden(self):
        return MeansTeacher.encode(self, [self.prepare(golden_image())])[0].tolist()

    def provenance(self):
        return {"teacher": self.name, "prompts": {}, **self.encoder()}


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for index in range(11):
        pixels = generator.integers(0, 256, (8, 9, 3), dtype=np.uint8)
        Image.fromarray(pixels // (1 + index % 3)).save(folder / f"{index:02d}.png")
    return folder


def planned(photos, cache, teacher=None, **options):
    root, found = find_photos([photos])
    return plan(cache, root, found, teacher or MeansTeacher(), **{"shard_size": 4, **options})


def contents(cache):
    return {path.relative_to(cache): path.read_bytes() for path in sorted(cache.rglob("*")) if path.is_file()}


def test_rows_and_manifest_stand_in_the_order_of_the_photos(photos, tmp_path):
    found = planned(photos, tmp_path / "cache")
    shards = found.shards()
    assert [shard.count for shard in shards] == [4, 4, 3]
    embed_shards(found, MeansTeacher(), batch=3)
    keys, rows = embeddings.read(tmp_path / "cache")
    assert keys == tuple(f"{index:02d}.png" for index in range(11)) and rows.dtype == torch.float32
    for key, row in zip(keys, rows, strict=True):
        means = np.append(np.asarray(Image.open(photos / key)).reshape(-1, 3).mean(0) / 255, 1)
        np.testing.assert_allclose(row, means / np.linalg.norm(means), rtol=1e-5)
    first = embeddings.read_photos(shards[1])[0]
    content = (photos / "04.png").read_bytes()
    assert first == ("04.png", len(content), hashlib.sha256(content).hexdigest())


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


def test_a_begun_cache_is_not_mixed_with_other_photos_sizes_or_encoders(photos, tmp_path):
    cache = tmp_path / "cache"
    begun = planned(photos, cache)
    worker(begun, MeansTeacher())(begun.shards()[0])
    with pytest.raises(UsageError, match="shard_size"):
        planned(photos, cache, shard_size=5)
    with pytest.raises(UsageError, match="weights_sha256"):
        planned(photos, cache, MeansTeacher(weights="b"))
    with pytest.raises(UsageError, match="golden image"):
        planned(photos, cache, MeansTeacher(gain=1.01))
    (photos / "zz.png").write_bytes((photos / "00.png").read_bytes())
    with pytest.raises(UsageError, match="other files"):
        planned(photos, cache)
    before = contents(cache)
    (photos / "zz.png").unlink()
    planned(photos, cache)
    assert contents(cache) == before


def test_a_worker_with_another_encoder_refuses_its_shard(photos, tmp_path):
    found = planned(photos, tmp_path / "cache")
    with pytest.raises(UsageError, match="golden image"):
        worker(found, MeansTeacher(gain=1.01))


def test_a_plan_without_shards_may_be_changed(photos, tmp_path):
    planned(photos, tmp_path / "cache", shard_size=5)
    assert len(planned(photos, tmp_path / "cache", shard_size=2).shards()) == 6


def test_a_key_that_comes_twice_is_refused(tmp_path):
    twins = [Photo("a.png", tmp_path / "a.png"), Photo("b.png", tmp_path / "b.png"), Photo("a.png", tmp_path / "c")]
    with pytest.raises(InputError, match=r"a\.png: is listed twice"):
        plan(tmp_path / "cache", tmp_path, twins, MeansTeacher())


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


def finished(photos, cache):
    found = planned(photos, cache)
    embed_shards(found, MeansTeacher())
    return found.shards()


def test_a_missing_or_changed_shard_is_named(photos, tmp_path):
    shards = finished(photos, tmp_path / "cache")
    shards[1].file(".json").rename(tmp_path / "kept")
    with pytest.raises(InputError, match=r"000001\.json: no such file"):
        embeddings.merge(tmp_path / "cache")
    (tmp_path / "kept").rename(shards[1].file(".json"))
    shards[2].file(".npy").write_bytes(shards[0].file(".npy").read_bytes())
    with pytest.raises(InputError, match=r"000002\.npy.*changed"):
        embeddings.merge(tmp_path / "cache")


@pytest.mark.parametrize("damage", ["twice", "missing", "foreign"])
def test_a_cover_that_is_not_exact_is_refused_even_if_every_hash_fits(photos, tmp_path, damage):
    shard = finished(photos, tmp_path / "cache")[0]
    lines = shard.file(".csv").read_text().splitlines(keepends=True)
    lines[2] = {"twice": lines[1], "missing": "", "foreign": lines[2].replace("01.png", "xx.png")}[damage]
    shard.file(".csv").write_text("".join(lines))
    sidecar = read_sealed(shard.file(".json"), "", FORMAT)
    sidecar["files"][".csv"] = hashlib.sha256(shard.file(".csv").read_bytes()).hexdigest()
    write_json(shard.file(".json"), sidecar, seal=True)
    with pytest.raises(InputError, match="does not cover"):
        embeddings.merge(tmp_path / "cache")


def test_a_shard_of_a_drifted_encoder_is_refused_by_the_merge(photos, tmp_path):
    shard = finished(photos, tmp_path / "cache")[0]
    sidecar = read_sealed(shard.file(".json"), "", FORMAT)
    sidecar["about"]["golden"][0] += 0.01
    write_json(shard.file(".json"), sidecar, seal=True)
    with pytest.raises(InputError, match="another encoder"):
        embeddings.merge(tmp_path / "cache")


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


def test_a_folder_without_a_cache_is_named(tmp_path):
    with pytest.raises(InputError, match="no cache of embeddings"):
        embeddings.merge(tmp_path)


def test_reading_ahead_is_bounded_ordered_and_raises_in_place():
    started = []

    def work(item):
        started.append(item)
        if item == 5:
            raise InputError("five")
        return item

    items = read_ahead(work, iter(range(100)), threads=2, ahead=3)
    assert [next(items) for _ in range(5)] == list(range(5)) and len(started) <= 9
    with pytest.raises(InputError, match="five"):
        next(items)


def test_golden_rows_agree_within_rounding_only():
    assert same_encoder([0.6, 0.8], [0.60005, 0.8], "fp32") and same_encoder([0.6, 0.8], [0.607, 0.8], "bf16")
    assert not same_encoder([0.6, 0.8], [0.601, 0.8], "fp32") and not same_encoder([0.6, 0.8], [0.6], "fp32")


def test_hidden_files_of_somebody_else_in_a_cache_stay_and_half_written_ones_of_ours_go(photos, tmp_path):
    planned(photos, tmp_path / "cache")
    mine, ours = tmp_path / "cache" / ".gitignore", tmp_path / "cache" / "shards" / ".attiqa-tmp-999999999-abcdefgh.npy"
    ours.parent.mkdir(exist_ok=True)
    for path in (mine, ours):
        path.touch()
    planned(photos, tmp_path / "cache")
    assert mine.exists() and not ours.exists()
