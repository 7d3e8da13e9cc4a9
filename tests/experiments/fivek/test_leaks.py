"""experiments/fivek/leaks.py."""

import pytest

from experiments.fivek.leaks import seen_in_training
from isp_env.fivek.folder import FiveKFolder


@pytest.fixture
def folder(tmp_path) -> FiveKFolder:
    """Raws 1, 2 and 4501, of no content."""
    for name in ("a0001-x", "a0002-y", "a4501-z"):
        path = tmp_path / "img" / "dng" / f"{name}.dng"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"II*\0")
    return FiveKFolder.open(tmp_path)


def test_photos_that_a_policy_was_trained_on_or_chosen_by_are_counted(folder):
    training = {"data": {"raws": ["fivek@upe/train"], "validate": ["fivek@upe/test"]}}
    assert seen_in_training(training, folder, (1, 2, 4501)) == {"fivek@upe/train": 2, "fivek@upe/test": 1}
    assert seen_in_training(training, folder, (4501,)) == {"fivek@upe/test": 1}
    assert seen_in_training({"data": {"raws": ["fivek"]}}, folder, (1, 2)) == {"fivek": 2}


def test_of_other_raws_and_old_bundles_nothing_is_said(folder):
    for training in ({}, {"data": {"raws": ["raws", "fivekish", "fivek@none/train"]}}):
        assert seen_in_training(training, folder, (1, 2)) == {}
