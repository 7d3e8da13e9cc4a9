from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attiqa_core.errors import UsageError
from isp_env.contexts.scenes import Taken, find_scenes, scene_finder, split_scenes, taken


def test_a_scene_pattern_needs_a_group():
    assert scene_finder(r"^(.+)_y")("GOPR0024_y0_x768") == "GOPR0024"
    assert scene_finder("")("name") == "name"
    for wrong in ("(", "abc"):
        with pytest.raises(UsageError, match="--scene"):
            scene_finder(wrong)


def test_of_several_groups_the_one_that_is_met_names_the_scene():
    scene_of = scene_finder(r"^(G[A-Z0-9]+)_|_field_(\d+)_")
    assert [scene_of(name) for name in ("GOPR0024_y0", "S_field_007_s", "else")] == ["GOPR0024", "007", "else"]


def at(seconds: int, name: str, camera: str = "one") -> Taken:
    return Taken(name, camera, f"2026-11-27T12:{seconds // 60:02d}:{seconds % 60:02d}")


def test_raws_of_one_camera_within_a_minute_of_the_one_before_are_one_scene():
    raws = [at(170, "d"), at(0, "a"), at(60, "b"), at(60, "x", "other"), at(121, "c"), Taken("timeless", "one")]
    assert find_scenes(raws) == ["c", "a", "a", "x", "c", "timeless"]


def test_a_pattern_comes_before_the_time_and_the_time_before_the_name():
    raws = [at(0, "hall_1"), at(500, "hall_2"), at(1, "door"), at(2, "window")]
    assert find_scenes(raws, r"^(hall)_") == ["hall", "hall", "door", "door"]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.integers(0, 9))
def test_a_scene_is_on_one_side_and_the_order_of_the_raws_does_not_matter(numbers, seed):
    scenes = [f"s{number}" for number in numbers]
    sides = split_scenes(scenes, {"validation": 0.2, "test": 0.3}, seed)
    assert sides == split_scenes(reversed(scenes), {"validation": 0.2, "test": 0.3}, seed)
    counts = [list(sides.values()).count(side) for side in ("validation", "test")]
    assert set(sides) == set(scenes)
    assert all(abs(count - share * len(sides)) <= 1 for count, share in zip(counts, (0.2, 0.3), strict=True))
    assert sum(counts) < len(sides)  # something is left to train on


def test_another_scene_moves_at_most_one_over_each_border():
    scenes = [f"s{number}" for number in range(40)]
    before, after = (split_scenes(some, {"validation": 0.25, "test": 0.25}, 3) for some in (scenes[:-1], scenes))
    assert sum(before[scene] != after[scene] for scene in before) <= 2


def test_shares_above_one_are_refused():
    with pytest.raises(UsageError, match="add up to 1"):
        split_scenes(["a"], {"validation": 0.7, "test": 0.4}, 0)


def test_a_camera_without_a_name_is_known_by_its_colours(synthetic_frames):
    one, other = (replace(frame, metadata={}) for frame in synthetic_frames[:2])
    assert taken(one).camera == taken(replace(one, name="again")).camera != taken(other).camera
    assert taken(synthetic_frames[0]).camera == "GoPro HERO6 Black"


@pytest.mark.parametrize(
    ("scenes", "validation", "test"), [(1, 0, 0), (2, 0, 1), (3, 1, 1), (4, 1, 1), (8, 2, 2), (20, 4, 5)]
)
def test_of_few_scenes_each_side_has_one_before_any_has_two(scenes, validation, test):
    sides = list(split_scenes(map(str, range(scenes)), {"validation": 0.2, "test": 0.25}, 0).values())
    assert (sides.count("validation"), sides.count("test")) == (validation, test)
