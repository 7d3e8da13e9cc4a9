import json
import math

import numpy as np
import pytest

from experiments.gallery.recipes import moved, parameter_rows, read_recipe
from experiments.rendering.recipes import SCHEMA
from experiments.rendering.tuning import of_values
from isp_env.parameters.table import NAMES
from isp_env.params import IspParams
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise


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


def test_an_older_recipe_is_read(tmp_path):
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


def test_what_a_run_says_of_its_parameters_is_told(tmp_path):
    (tmp_path / "warm.json").write_text('{"contrast": 0.2}')
    tuning = of_values("core", tmp_path / "warm.json", {})
    params = tuning.tune(synthesise(np.zeros((16, 16, 3)), CAMERAS["sony-a7m3"])).to_dicts()[0]
    content = {"schema": SCHEMA, "raw": {"name": "a"}, "params": params, "tuner": tuning.name, "source": tuning.source}
    told = recipe(tmp_path, content)
    assert told["tuner"] == f"parameters: {tmp_path.name}/warm.json"
    assert told["params"] == {"contrast": 0.2}


def test_a_goal_is_told(tmp_path):
    source = {"policy": "runs/mine", "policy_sha256": "0", "goal": {"noise_gain": 0.5}}
    assert recipe(tmp_path, {"tuner": "policy", "source": source})["tuner"] == "policy: runs/mine, {'noise_gain': 0.5}"


def test_no_recipe_says_nothing(tmp_path):
    assert read_recipe(tmp_path / "a.jpg") == {}


@pytest.mark.parametrize("content", ["{", "[" * 100_000, "[1]", '{"x": 1' + "0" * 1_000_001, '{"params": "no"', "\x00"])
def test_a_recipe_that_cannot_be_read_is_one_sentence(tmp_path, content):
    assert recipe(tmp_path, content).keys() == {"problem"}


@pytest.mark.parametrize("content", [{"params": [1], "corrections": 3, "raw": [], "source": [], "tuner": 4}, {}])
def test_a_recipe_of_odd_things_is_no_error(tmp_path, content):
    assert "problem" not in recipe(tmp_path, content)
