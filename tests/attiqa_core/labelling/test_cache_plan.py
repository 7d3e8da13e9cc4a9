"""What a cache has to hold, whoever asks for it again."""

import pytest
from fixtures.means_teacher import MeansTeacher, contents, planned

from attiqa_core.errors import InputError, UsageError
from attiqa_core.labelling.cache_plan import plan
from attiqa_core.labelling.encoding import worker
from attiqa_core.photos.sources import Photo


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


def test_a_plan_without_shards_may_be_changed(photos, tmp_path):
    planned(photos, tmp_path / "cache", shard_size=5)
    assert len(planned(photos, tmp_path / "cache", shard_size=2).shards()) == 6


def test_a_key_that_comes_twice_is_refused(tmp_path):
    twins = [Photo("a.png", tmp_path / "a.png"), Photo("b.png", tmp_path / "b.png"), Photo("a.png", tmp_path / "c")]
    with pytest.raises(InputError, match=r"a\.png: is listed twice"):
        plan(tmp_path / "cache", tmp_path, twins, MeansTeacher())


def test_hidden_files_of_somebody_else_in_a_cache_stay_and_half_written_ones_of_ours_go(photos, tmp_path):
    planned(photos, tmp_path / "cache")
    mine, ours = tmp_path / "cache" / ".gitignore", tmp_path / "cache" / "shards" / ".attiqa-tmp-999999999-abcdefgh.npy"
    ours.parent.mkdir(exist_ok=True)
    for path in (mine, ours):
        path.touch()
    planned(photos, tmp_path / "cache")
    assert mine.exists() and not ours.exists()
