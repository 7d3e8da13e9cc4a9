import json
import math

import pytest

from experiments.gallery.recipes import moved, parameter_rows, read_recipe
from isp_env.parameter_table import NAMES
from isp_env.params import IspParams


def recipe(folder, content):
    (folder / "IMG.1.recipe.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return read_recipe(folder / "IMG.1.jpg")


def test_only_what_was_moved_is_told_in_the_order_of_the_table():
    params = IspParams.from_dict({"vibrance": 0.3, "exposure_ev": 0.35}).to_dicts()[0]
    assert list(moved(params).items()) == [("exposure_ev", 0.35), ("vibrance", 0.3)]
    assert moved(IspParams.default(1).to_dicts()[0]) == {}
    assert moved({"of_tomorrow": 2, "exposure_ev": math.nan, "contrast": True, "tint_duv": 10**400}) == {
        "of_tomorrow": 2
    }


def test_further_parameters_have_a_row_where_a_picture_moved_them():
    assert [row["name"] for row in parameter_rows(set())] == list(NAMES)
    assert [row["name"] for row in parameter_rows({"defringe", "of_tomorrow"})] == [*NAMES, "defringe"]


def test_todays_recipe_is_read(tmp_path):
    told = recipe(
        tmp_path,
        {
            "raw": "IMG.1.dng",
            "params": {"contrast": 0.2},
            "tuner": "parameters",
            "file": "/a/b/c/p.json",
            "corrections": {"applied": ["GainMap"], "not_applied": ["WarpRectilinear (optional)"]},
        },
    )
    assert told == {
        "recipe": "IMG.1.recipe.json",
        "params": {"contrast": 0.2},
        "tuner": "parameters: c/p.json",
        "applied": ["GainMap"],
        "not_applied": ["WarpRectilinear (optional)"],
    }


def test_tomorrows_recipe_says_more_about_camera_and_score(tmp_path):
    told = recipe(
        tmp_path,
        {
            "schema": "attiqa-recipe/1",
            "raw": {
                "name": "IMG.1.dng",
                "capture": {"make": "Sony", "iso": 100000, "exposure_s": 0.004, "f_number": 0},
            },
            "params": {"contrast": 0},
            "tuner": "policy",
            "goal": {"noise_gain": 0.5},
            "score": 0.61234567,
        },
    )
    assert told["camera"] == {"make": "Sony", "iso": 100000, "exposure_s": 0.004}
    assert (told["params"], told["score"], told["tuner"]) == ({}, 0.612346, "policy: {'noise_gain': 0.5}")


def test_no_recipe_says_nothing(tmp_path):
    assert read_recipe(tmp_path / "a.jpg") == {}


@pytest.mark.parametrize("content", ["{", "[" * 100_000, "[1]", '{"x": 1' + "0" * 1_000_001, '{"params": "no"', "\x00"])
def test_a_recipe_that_cannot_be_read_is_one_sentence(tmp_path, content):
    assert recipe(tmp_path, content).keys() == {"problem"}


@pytest.mark.parametrize("content", [{"params": [1], "corrections": 3, "raw": [], "score": "high", "tuner": 4}, {}])
def test_a_recipe_of_odd_things_is_no_error(tmp_path, content):
    assert "problem" not in recipe(tmp_path, content)
