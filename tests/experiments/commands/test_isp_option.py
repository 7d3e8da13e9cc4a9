"""`--isp` on the command line: train, benchmark and render with another program."""

import csv
import json

import pytest
from fixtures.black_boxes import BLOCKS, dark_raws
from PIL import Image


@pytest.fixture(scope="module")
def raws(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raws")
    dark_raws(folder, (-2.0, -1.0))
    return folder


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return ("--isp", BLOCKS, "--isp-cache", tmp_path_factory.mktemp("cache"), "--isp-jobs", 2)


@pytest.mark.slow
def test_from_a_program_to_a_tuned_setting_in_three_commands(attiqa, raws, program, tiny_scorer_folder, tmp_path):
    small = ("--proxy-px", 32, "--crops", 0, "--validation-share", 0, "--allow-ungated", "--device", "cpu")
    given = ("--scorer", tiny_scorer_folder, *program)
    few = ("--algo", "constant", "--timesteps", 12)
    code, _, err = attiqa("train", raws, "--out", tmp_path / "agent", *given, *few, *small)
    assert code == 0 and "attiqa audit" not in err, err
    code, _, err = attiqa("audit", tmp_path / "agent", raws, "--judges", "colour-naturalness")
    assert code == 2 and "s0_0.dng: was trained on" in err
    policy = ("--policy", tmp_path / "agent")
    tuners = ("--tuners", "sobol-3", "--judges", tiny_scorer_folder)
    code, _, err = attiqa("benchmark", raws, "--out", tmp_path / "bench", *policy, *tuners, *given)
    assert code == 0, err
    with (tmp_path / "bench" / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["tuner"] for row in rows} == {"default", "sobol-3", "constant"} and "saturation" in rows[0]
    code, _, err = attiqa("render", raws, "--out", tmp_path / "out", *policy, *program)
    assert code == 0 and "HELD_OUT_RAWS --isp DESCRIPTION` asks whether its gain is real" in err
    recipe = json.loads((tmp_path / "out" / "s0_0.recipe.json").read_text())
    assert recipe["source"]["program"]["name"] == "blocks" and set(recipe["params"]) == {
        "exposure_ev",
        "saturation",
        "look",
    }
    with Image.open(tmp_path / "out" / recipe["picture"]["name"]) as picture:
        assert picture.size == (48, 48)
    assert (tmp_path / "out" / "sheet.jpg").is_file()
    code, _, err = attiqa("render", raws, "--out", tmp_path / "ours", *policy)
    assert code == 2 and "was trained on the program blocks, not on our own ISP" in err


@pytest.mark.slow
def test_values_are_set_by_the_programs_names_and_a_run_goes_on(attiqa, raws, program, tmp_path):
    words = ("render", raws, "--out", tmp_path / "out", "--no-sheet", *program)
    code, _, err = attiqa(*words, "--set", "exposure_ev=1.5", "look=1")
    assert code == 0, err
    recipe = json.loads((tmp_path / "out" / "s0_0.recipe.json").read_text())
    assert recipe["params"] == {"exposure_ev": 1.5, "saturation": 1.0, "look": 1.0}
    code, _, err = attiqa(*words, "--set", "exposure_ev=1.5", "look=1", "--resume")
    assert (code == 0 and "2 were finished" in err) or "finished" in err
    code, _, err = attiqa(*words, "--set", "exposure=1")
    assert code == 2 and "did you mean exposure_ev" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("train", "--algo", "gradient"), "--algo gradient: needs the gradient through the ISP"),
        (("train", "--profile", "exposure8"), "--profile: is about our own ISP"),
        (("benchmark", "--tuners", "gradient-8"), "--tuners gradient-8: needs the gradient"),
        (("benchmark", "--errors", 1), "--errors: are made in the raw's samples"),
        (("render", "--space", "display-p3"), "--space: is about our own ISP"),
        (("render", "--look"), "--look: is about our own ISP"),
    ],
)
def test_what_has_no_effect_beside_a_program_is_refused(attiqa, raws, program, tmp_path, words, said):
    verb, *options = words
    given = ("--tuners", "sobol-2") if verb == "benchmark" and "--tuners" not in words else ()
    code, _, err = attiqa(verb, raws, "--out", tmp_path / "out", *options, *given, *program)
    assert code == 2 and said in err


def test_its_options_need_it(attiqa, raws, tmp_path):
    code, _, err = attiqa("render", raws, "--out", tmp_path / "out", "--isp-jobs", 2)
    assert code == 2 and "--isp-jobs: is about an --isp" in err
