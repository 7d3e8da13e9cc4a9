"""`attiqa chart` finds what was planted in a raw: colours, white balance, exposure, noise and sharpness."""

import csv
import json
import tomllib
from dataclasses import replace

import colour
import numpy as np
import pytest
import torch
from fixtures.charts import CORNERS, EDGE, mtf_frequency, planted_chart

from experiments.chart.reference import MIDDLE_GREYS, read_reference
from isp_env.colorimetry.colour import XYZ_TO_REC2020, CameraCalibration, ColourBatch, white_balance_matrix
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.dng import write_frame

pytestmark = pytest.mark.slow
EDGE_WORDS = ("--edge", ",".join(map(str, EDGE)))
CORNER_WORDS = ("--corners", *(f"{x:g},{y:g}" for x, y in CORNERS))


def read(folder) -> dict:
    return json.loads((folder / "chart.json").read_text())


def test_a_right_chart_is_found_and_measured_as_right(attiqa, planted, tmp_path):
    code, out, err = attiqa("chart", planted.path, *EDGE_WORDS, "--out", tmp_path / "out")
    assert code == 0 and out.strip() == str(tmp_path / "out") and err.endswith("24 patches in 2 pictures measured\n")
    found = read(tmp_path / "out")
    camera = found["pictures"]["camera"]
    assert found["corners"]["how"] == "found" and np.abs(np.array(found["corners"]["points"]) - CORNERS).max() < 2
    assert camera["delta_e_max"] < 0.3 and abs(camera["exposure_ev"] + 0.5) < 0.005
    assert abs(camera["warmer_mired"]) < 0.3 and abs(camera["greener_duv"]) < 2e-4
    assert camera["mtf50"] == pytest.approx(mtf_frequency(0.5, 0.8), rel=0.03)
    assert found["pictures"]["default"]["mtf50"] > 1.1 * camera["mtf50"]  # it sharpens
    assert found["matrix"]["delta_e_left_out_mean"] < 0.15
    assert found["noise_profile"]["measured"][0] == pytest.approx(2e-5, rel=0.05)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "chart.json", "chart.csv", "chart.html", "found.jpg", "camera_matrix.toml"
    }  # fmt: skip


def test_planted_colour_errors_white_balance_and_exposure_are_found(attiqa, tmp_path):
    reference = read_reference("classic24").lab
    lab = reference + np.random.default_rng(1).normal(0, 3, reference.shape)
    lab[18:] = reference[18:]
    planted = planted_chart(tmp_path / "wrong.dng", lab=lab, exposure_ev=-1.0)
    code, _, err = attiqa("chart", planted.path, *CORNER_WORDS, "--out", tmp_path / "out")
    assert code == 0, err
    with (tmp_path / "out" / "chart.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["picture"] == "camera"]
    found = np.array([float(row["delta_e_2000"]) for row in rows])
    assert np.abs(found - colour.delta_E(lab, reference, method="CIE 2000")).max() < 0.3
    camera = read(tmp_path / "out")["pictures"]["camera"]
    assert camera["exposure_ev"] == pytest.approx(-1.0, abs=0.01) and camera["delta_e_mean"] == pytest.approx(
        found.mean(), abs=1e-4
    )


def test_a_planted_error_of_white_balance_is_found_in_mired_and_duv(attiqa, tmp_path):
    planted = planted_chart(tmp_path / "cast.dng", wb_error=(0.15, -0.1))
    code, _, err = attiqa("chart", planted.path, "--out", tmp_path / "out")
    assert code == 0, err
    seen = colour.temperature.uv_to_CCT_Ohno2013(as_uv(rendered_grey(planted.frame, (0.15, -0.1))))
    white = colour.temperature.uv_to_CCT_Ohno2013(as_uv(np.linalg.inv(XYZ_TO_REC2020).sum(1)))
    camera = read(tmp_path / "out")["pictures"]["camera"]
    assert camera["warmer_mired"] == pytest.approx(1e6 / seen[0] - 1e6 / white[0], abs=0.7)
    assert camera["greener_duv"] == pytest.approx(seen[1] - white[1], abs=4e-4)
    assert abs(camera["warmer_mired"]) > 5 and camera["grey_delta_c"] > 2


def rendered_grey(frame, stops: tuple[float, float]) -> np.ndarray:
    """XYZ under D65 of what an exact grey becomes with gains of red and blue that are wrong by these stops."""
    gains = ColourBatch.stack([frame.calibration], [frame.wb_as_shot])
    _, to_rec2020 = white_balance_matrix(gains, torch.zeros(1), torch.zeros(1))
    return np.linalg.inv(XYZ_TO_REC2020) @ to_rec2020[0].double().numpy() @ [2 ** stops[0], 1, 2 ** stops[1]]


def as_uv(xyz: np.ndarray) -> np.ndarray:
    return colour.UCS_to_uv(colour.XYZ_to_UCS(xyz))


def test_before_and_after_tuning_stand_side_by_side_and_the_page_is_whole(attiqa, planted, tmp_path):
    (tmp_path / "warm.json").write_text('{"temperature_mired": 20, "exposure_ev": 0.3, "sharpen": 0.5}')
    code, _, err = attiqa(
        "chart", planted.path, *EDGE_WORDS, "--params", tmp_path / "warm.json", "--out", tmp_path / "out"
    )
    assert code == 0, err
    pictures = read(tmp_path / "out")["pictures"]
    default, tuned = pictures["default"], pictures["tuned"]
    warmer = tuned["warmer_mired"] - default["warmer_mired"]
    # the tone map takes chroma from what is bright: in the linear look 20 mired measure as 19.5
    assert 15 < warmer < 20
    assert tuned["exposure_ev"] > default["exposure_ev"] + 0.2 and tuned["mtf50"] > default["mtf50"]
    page = (tmp_path / "out" / "chart.html").read_text()
    assert (
        page.count("<svg") == 5
        and "http:" not in page
        and "https:" not in page
        and "%%" not in page
        and "tuned" in page
    )


def test_the_fitted_matrix_is_one_that_a_camera_can_be_given(attiqa, planted, tmp_path):
    code, _, err = attiqa("chart", planted.path, "--kelvin", 5000, "--out", tmp_path / "out")
    assert code == 0, err
    content = tomllib.loads((tmp_path / "out" / "camera_matrix.toml").read_text())["calibration"]
    matrix = np.array(content["xyz_to_camera"]).reshape(3, 3)
    own = CameraCalibration((matrix,), (content["illuminant_kelvin"],)).xyz_to_camera[0]
    assert content["illuminant_kelvin"] == 5000
    assert own / own[1, 1] == pytest.approx(planted.frame.calibration.xyz_to_camera[0] / 1.3162, abs=0.01)


def test_a_raw_with_another_cameras_matrix_is_right_with_the_fitted_one(attiqa, planted, tmp_path):
    write_frame(tmp_path / "a.dng", replace(planted.frame, calibration=CAMERAS["gopro-hero6"].calibration))
    errors = []
    for number, words in enumerate(((), ("--sensor", tmp_path / "0" / "camera_matrix.toml"))):
        code, _, err = attiqa("chart", tmp_path / "a.dng", *words, "--kelvin", 5000, "--out", tmp_path / str(number))
        assert code == 0, err
        errors.append(read(tmp_path / str(number))["pictures"]["camera"]["delta_e_mean"])
    assert errors[0] > 2 and errors[1] < 0.1


def test_a_raw_without_a_chart_is_refused_in_one_sentence_that_names_corners(attiqa, raws, tmp_path):
    path = sorted(raws.iterdir())[0]
    code, _, err = attiqa("chart", path, "--out", tmp_path / "out")
    assert code == 3 and "--corners x,y x,y x,y x,y" in err and len(err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_corners_begun_at_black_are_refused_with_where_dark_skin_is(attiqa, planted, tmp_path):
    turned = ("--corners", *(f"{x:g},{y:g}" for x, y in (*CORNERS[2:], *CORNERS[:2])))
    code, _, err = attiqa("chart", planted.path, *turned, "--out", tmp_path / "out")
    assert code == 2 and "dark skin at 80,90" in err


def test_a_chart_straight_on_says_that_it_has_no_slanted_edge(attiqa, tmp_path):
    straight = ((80.0, 90.0), (440.0, 90.0), (440.0, 306.0), (80.0, 306.0))
    planted = planted_chart(tmp_path / "straight.dng", corners=straight)
    code, _, err = attiqa("chart", planted.path, "--out", tmp_path / "out")
    assert code == 0 and "turn the chart by about 5 degrees" in err
    assert read(tmp_path / "out")["edge"] is None and "No slanted edge" in (tmp_path / "out" / "chart.html").read_text()


def test_a_policy_is_measured_as_the_params_that_it_chooses_are(
    attiqa, succeed, planted, raws, tiny_scorer_folder, tmp_path
):
    run, small = (
        tmp_path / "run",
        ("--timesteps", 32, "--proxy-px", 64, "--crops", 0, "--allow-ungated", "--device", "cpu"),
    )
    succeed("train", raws, "--algo", "constant", "--scorer", tiny_scorer_folder, "--out", run, *small)
    recipe = json.loads((run / "recipe.json").read_text())
    assert recipe["schema"] == "attiqa-setting/1" and any(abs(value) > 1e-3 for value in recipe["params"].values())
    for words, out in ((("--policy", run), "by_policy"), (("--params", run / "recipe.json"), "by_recipe")):
        code, _, err = attiqa("chart", planted.path, *words, "--out", tmp_path / out)
        assert code == 0, err
    by_policy, by_recipe = (read(tmp_path / out)["pictures"]["tuned"] for out in ("by_policy", "by_recipe"))
    assert by_policy["delta_e_mean"] == pytest.approx(by_recipe["delta_e_mean"], abs=1e-3)
    assert slice(19, 23) == MIDDLE_GREYS
