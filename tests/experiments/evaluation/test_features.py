import pytest
import torch
from fixtures.photographs import write_noise
from fixtures.tiny_net import tiny_net

from experiments.evaluation import features
from experiments.evaluation.features import FeatureStore, material_of
from experiments.options import resume


def two_pictures(folder, seed: int):
    """Two pictures whose names and, stored without compression, sizes are always the same."""
    return tuple(write_noise(folder, ("a.bmp", "b.bmp"), 38, 44, seed))


@pytest.fixture
def paths(tmp_path):
    return two_pictures(tmp_path / "pictures", 0)


@pytest.fixture
def store(tmp_path):
    return FeatureStore(tmp_path / "features", 36, 32, torch.device("cpu"))


@pytest.mark.slow
def test_folders_of_equal_names_and_sizes_have_features_of_their_own_pixels(paths, store, tmp_path, tiny_scorer_folder):
    others = two_pictures(tmp_path / "others", 7)
    assert [(path.name, path.stat().st_size) for path in paths] == [(path.name, path.stat().st_size) for path in others]
    net, (one, other) = tiny_net(), (material_of(each, 36) for each in (paths, others))
    assert not torch.equal(store.views(net, one), store.views(net, other))
    fresh = FeatureStore(tmp_path / "elsewhere", 36, 32, torch.device("cpu"))
    assert torch.equal(store.views(net, other), fresh.views(net, other))
    judged = [store.judgements(str(tiny_scorer_folder), each)[0] for each in (one, other)]
    assert not torch.equal(*judged)


def test_a_copy_of_the_same_pixels_under_other_names_shares_the_features(paths, store, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in paths:
        (copy / f"c{path.name}").write_bytes(path.read_bytes())
    assert material_of(paths, 36).digest == material_of(tuple(sorted(copy.iterdir())), 36).digest
    assert material_of(paths, 36).digest != material_of(paths[::-1], 36).digest  # features come in order


@pytest.mark.slow
def test_every_file_is_hashed_once(paths, store, tiny_scorer_folder, monkeypatch):
    sha256, hashed = resume.sha256, []
    monkeypatch.setattr(resume, "sha256", lambda path: hashed.append(path) or sha256(path))
    material = material_of(paths, 36)
    for _split in range(3):
        store.views(tiny_net(), material)
        store.judgements(str(tiny_scorer_folder), material)
    assert sorted(hashed) == list(paths)


def test_weights_are_hashed_once_until_they_are_written_to(paths, store, monkeypatch):
    digest, hashed = features._digest, []
    monkeypatch.setattr(features, "_digest", lambda *about: hashed.append(about) or digest(*about))
    net = tiny_net()
    material = material_of(paths, 36)
    first = store.views(net, material)
    assert store.views(net, material) is first and len(hashed) == 1
    with torch.no_grad():
        next(net.encoder.parameters()).mul_(2)
    assert not torch.equal(store.views(net, material), first) and len(hashed) == 2


def test_a_judge_is_loaded_once_for_all_splits(paths, store, tiny_scorer_folder, monkeypatch):
    make, made = features.create_metric, []
    monkeypatch.setattr(features, "create_metric", lambda *words, **more: made.append(words) or make(*words, **more))
    material = material_of(paths, 36)
    (scores, attributes), *again = [store.judgements(str(tiny_scorer_folder), material) for _split in range(3)]
    assert len(made) == 1 and scores.shape == (2,) and attributes.shape == (2, 5)
    assert all(torch.equal(scores, each[0]) and torch.equal(attributes, each[1]) for each in again)
