import json
from dataclasses import replace

import pytest
from fixtures.brightness import BrightnessScorer
from fixtures.experts import TASK, core_of, ruled_fits, scene_frames
from fixtures.experts import scenes as contexts_of

from agents.bundles.files import load_policy
from agents.imitation.files import leave_policy, leave_prior
from agents.imitation.recipe import ImitationRecipe
from agents.start import open_start
from attiqa_core.errors import InputError
from isp_env.fitting.files import write_fits
from isp_env.parameters.profiles import PROFILES
from isp_env.raw_io.dng import write_frame


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A folder of raws, and the fits of all of them."""
    folder = tmp_path_factory.mktemp("fitted")
    for frame in scene_frames(5, 0):
        write_frame(folder / "raws" / f"{frame.name}.dng", frame)
    write_fits(folder / "fits.json", ruled_fits(core_of(contexts_of(5, 0))))
    return folder


@pytest.mark.slow
def test_fits_and_raws_become_a_bundle_and_what_is_to_be_known_of_it(fitted, tmp_path):
    recipe = ImitationRecipe(epochs=2, batch_size=2)
    imitation = leave_policy(fitted / "fits.json", [fitted / "raws"], tmp_path, BrightnessScorer(), TASK, recipe=recipe)
    training, told = load_policy(tmp_path).training, json.loads((tmp_path / "imitation.json").read_text())
    assert training == imitation.policy.training
    assert training["targets"]["fits"].endswith("/fits.json") and training["data"]["raws"] == ["raws"]
    assert told["scenes"] == {"training": 4, "validation": 1} and told["fits"] == 5
    assert [row["epoch"] for row in told["epochs"]] == [0, 1, 2]
    assert told["errors"]["saturation"].keys() == {"policy", "constant", "nearer", "low", "high"}


def test_fits_of_another_profile_are_refused_by_the_file_s_name(fitted, tmp_path):
    task = replace(TASK, profile=PROFILES["core+curve"])
    with pytest.raises(InputError, match=r"fits.json: was fitted in profile core, not core\+curve"):
        leave_policy(fitted / "fits.json", [fitted / "raws"], tmp_path, BrightnessScorer(), task)


def test_a_prior_is_left_beside_the_fits(fitted):
    path = leave_prior(fitted, fitted)
    assert path.name == "prior.json" and open_start(path, TASK).policy is None
