"""The cache of embeddings: read in the order of its photos, and proven whole."""

import hashlib

import numpy as np
import pytest
import torch
from fixtures.means_teacher import MeansTeacher, finished, planned
from PIL import Image

from attiqa_core.errors import InputError
from attiqa_core.files.described import read_sealed
from attiqa_core.files.whole import write_json
from attiqa_core.labelling import cache as embeddings
from attiqa_core.labelling.encoding import embed_shards
from attiqa_core.shards.commit import FORMAT

pytestmark = pytest.mark.slow


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


def test_a_folder_without_a_cache_is_named(tmp_path):
    with pytest.raises(InputError, match="no cache of embeddings"):
        embeddings.merge(tmp_path)
