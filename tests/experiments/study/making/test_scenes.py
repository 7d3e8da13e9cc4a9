from collections import Counter

import numpy as np
import pytest
from fixtures.study_pictures import picture, write_picture, write_versions

from experiments.study.making.scenes import Wanted, gather
from experiments.study.making.sources import find_scenes
from experiments.study.making.spool import open_spool

SCENES = [f"shot{index}" for index in range(6)]


@pytest.fixture
def found(tmp_path):
    folders = write_versions(tmp_path, ["plain", "tuned"], SCENES)
    return find_scenes(dict(zip("ab", folders, strict=True)))[0]


@pytest.fixture
def spool(tmp_path):
    with open_spool(tmp_path) as spool:
        yield spool


def gathered(found, spool, main=0, gold=0, training=0, gold_from=None, seed=0):
    return gather(found, Wanted(main, gold, training, 2048), gold_from, spool, np.random.default_rng(seed))


def made_of(scenes):
    return [name.split(" of ")[1] for name in scenes]


def test_gold_and_training_are_made_of_scenes_that_do_not_count_where_there_are_enough(found, spool):
    result = gathered(found, spool, main=2, gold=2, training=2)
    assert [len(result.of(kind)) for kind in ("main", "gold", "training")] == [2, 2, 2]
    assert sorted([*result.of("main"), *made_of(result.of("gold")), *made_of(result.of("training"))]) == SCENES
    assert result.notes == [] and result.failures == []


def test_where_no_others_are_left_it_is_the_same_scenes_and_said(found, spool):
    result = gathered(found, spool, gold=3, training=2)
    assert set(made_of(result.of("gold"))) < set(result.of("main")) and len(result.of("gold")) == 3
    assert len(result.notes) == 1 and "of scenes that raters judge as well" in result.notes[0]
    assert len(set(made_of({**result.of("gold"), **result.of("training")}))) == 5  # each another one


def test_gold_comes_from_all_arms_and_on_several_axes(found, spool):
    result = gathered(found, spool, gold=6)
    gold = result.of("gold").values()
    assert set(Counter(scene.sources["good"].split("/")[-2] for scene in gold).values()) == {3}
    ways = {scene.sources["spoiled"].split("(")[1].rsplit(" ", 1)[0] for scene in gold}
    assert len(ways) >= 2 and all(set(scene.pieces) == {"good", "spoiled"} for scene in gold)


def test_gold_has_the_sizes_of_main_scenes_in_px_and_in_bytes(found, spool):
    result = gathered(found, spool, gold=6)
    main, gold = (
        {(scene.width, scene.height, scene.padded_bytes) for scene in result.of(kind).values()}
        for kind in ("main", "gold")
    )
    assert gold <= main
    assert all(
        piece.length <= scene.padded_bytes for scene in result.scenes.values() for piece in scene.pieces.values()
    )


def test_many_gold_scenes_of_few_pictures_are_never_twice_the_same(found, spool):
    result = gathered({"shot0": found["shot0"]}, spool, gold=3)
    assert len({scene.sources["spoiled"] for scene in result.of("gold").values()}) == 3


def test_pictures_of_which_no_gold_can_be_made_are_said_and_do_not_go_on_for_ever(spool, tmp_path):
    for arm, level in (("plain", 0), ("tuned", 3)):
        write_picture(tmp_path / arm / "night.png", np.full((48, 64, 3), level, np.uint8))
    found, _ = find_scenes({"a": tmp_path / "plain", "b": tmp_path / "tuned"})
    result = gathered(found, spool, gold=2)
    assert not result.of("gold") and len(result.failures) == 2
    assert "night.png: nothing that is done to it is plain to see" in result.failures[0]


def test_own_gold_pairs_are_taken_as_they_are(found, spool, tmp_path):
    for arm, gamma in (("good", 1.0), ("bad", 5.0)):
        for seed in range(3):
            write_picture(tmp_path / arm / f"mine{seed}.png", picture(50 + seed, gamma=gamma))
    own, _ = find_scenes({"good": tmp_path / "good", "spoiled": tmp_path / "bad"})
    result = gathered(found, spool, gold=2, gold_from=own)
    assert len(result.of("gold")) == 2 and all(name.startswith("mine") for name in made_of(result.of("gold")))
    assert all("bad/mine" in scene.sources["spoiled"] for scene in result.of("gold").values())


def test_equal_versions_leave_a_scene_out_for_all_and_another_is_drawn(spool, tmp_path):
    folders = write_versions(tmp_path, ["plain", "tuned", "expert"], SCENES)
    for folder in folders[1:]:
        for suffix in (".jpg", ".png"):
            (folder / f"shot1{suffix}").unlink(missing_ok=True)
        write_picture(folder / "shot1.png", picture(77))
    found, _ = find_scenes(dict(zip("abc", folders, strict=True)))
    result = gathered(found, spool, main=5)
    assert sorted(result.scenes) == [name for name in SCENES if name != "shot1"]
    assert all(set(scene.pieces) == set("abc") for scene in result.scenes.values())
    for seed in range(9):
        told = gathered(found, spool, seed=seed).failures
        assert len(told) == 1 and "tuned/shot1.png and" in told[0] and "are the same picture" in told[0]
