"""What a run was trained on may not judge it: files, stores, and what a store was baked of, but for its test side."""

import shutil

import pytest
from fixtures.audited import textured_raws

from agents.audit.trained_on import NO_CHANGE, judged_side, refuse_trained, trained_on
from attiqa_core.errors import UsageError
from attiqa_core.files.whole import write_text
from isp_env.raw_io.dng import write_frame
from isp_env.stores.bake_recipe import BakeRecipe
from isp_env.stores.baking import Source, bake, describe
from isp_env.stores.store import BakedStore

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def raws(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raws")
    for frame in textured_raws((-1.0, -0.5)):
        write_frame(folder / f"{frame.name}.dng", frame)
    return sorted(folder.glob("*.dng"))


@pytest.fixture(scope="module")
def store(raws, tmp_path_factory):
    """One of the two raws on each side, training and test."""
    folder = tmp_path_factory.mktemp("store")
    recipe = BakeRecipe(variants=1, proxy_px=32, crops=0, seed=3)
    bake([Source(place, path) for place, path in enumerate(raws)], recipe, folder)
    describe(folder, recipe, 0, scene_pattern="", shares={"test": 0.5})
    write_text(folder / "config.toml", f'raws = ["{raws[0].parent}"]\nexposure_ev = [-1.5, 0.5]\nmirror = true\n')
    return BakedStore.open(folder)


def run_of(folder, trained):
    write_text(folder / "config.toml", f'raws = ["{trained}"]\nvalidate = []\n')
    return trained_on(folder)


def test_a_raw_that_was_trained_on_is_refused_and_another_is_not(raws, tmp_path):
    known = run_of(tmp_path, raws[0])
    assert known.ranges == NO_CHANGE and known.missing == ()
    with pytest.raises(UsageError, match=r"scene0\.dng: was trained on"):
        refuse_trained(known, [raws[0].parent])
    refuse_trained(known, [raws[1]])


def test_a_raw_that_was_trained_on_is_known_under_another_name(raws, tmp_path):
    known = run_of(tmp_path, raws[0])
    copied, linked = tmp_path / "other.dng", tmp_path / "link.dng"
    shutil.copy(raws[0], copied)
    linked.symlink_to(raws[0])
    with pytest.raises(UsageError, match=r"other\.dng: is a copy of .*scene0\.dng, which was trained on"):
        refuse_trained(known, [copied])
    with pytest.raises(UsageError, match=r"scene0\.dng: was trained on"):
        refuse_trained(known, [linked])
    content = bytearray(raws[0].read_bytes())
    content[-1] ^= 1  # of the same size and beginning
    copied.write_bytes(content)
    refuse_trained(known, [copied])


@pytest.mark.parametrize("said", ["raws = 5", 'raws = "raws"', "raws = [1, 2.5]", "raws = {a = 1}", "raws ="])
def test_a_run_whose_record_a_hand_was_in_says_nothing_of_its_raws(tmp_path, said):
    write_text(tmp_path / "config.toml", said)
    assert not trained_on(tmp_path).files


def test_of_a_store_only_the_test_side_may_judge_as_a_store_or_as_files(store, raws, tmp_path):
    known = run_of(tmp_path, store.path)
    tested = {item.raw for item in store.of("test")}
    assert known.ranges is not None and known.ranges.exposure_ev == (-1.5, 0.5)
    assert {path.stem for path in known.files} == {path.stem for path in raws} - tested
    refuse_trained(known, [store.path])  # its own, of which the test side is taken
    refuse_trained(known, [path for path in raws if path.stem in tested])
    with pytest.raises(UsageError, match="was trained on"):
        refuse_trained(known, [path for path in raws if path.stem not in tested])
    assert judged_side(store) == "test"


def test_another_store_of_the_same_raws_is_refused(store, raws, tmp_path):
    other = tmp_path / "other"
    recipe = BakeRecipe(variants=1, proxy_px=32, crops=0, seed=4)
    other.mkdir()
    bake([Source(place, path) for place, path in enumerate(raws)], recipe, other)
    describe(other, recipe, 0, scene_pattern="", shares={})
    known = run_of(tmp_path, store.path)
    with pytest.raises(UsageError, match=r"other: holds scene.*, which was trained on"):
        refuse_trained(known, [other])


def test_what_is_no_longer_there_is_told_and_a_run_without_a_configuration_says_nothing(tmp_path):
    assert run_of(tmp_path, "/nowhere").missing[0].name == "nowhere"
    (tmp_path / "bare").mkdir()
    known = trained_on(tmp_path / "bare")
    assert known.ranges is None and not known.files and not known.names
