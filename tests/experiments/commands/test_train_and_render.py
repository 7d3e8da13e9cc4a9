import csv
import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from fixtures.opcode_bytes import gain_map, opcode, opcode_list
from PIL import Image

from attiqa_core.files.whole import read_json
from attiqa_core.scorer import Scorer
from attiqa_core.sharing.shipped import BENCHMARK_JUDGES, HELD_OUT
from isp_env.params import NAMES
from isp_env.raw_io.cameras import GOPRO_CALIBRATION
from isp_env.raw_io.dng import write_dng

TINY = ("--backbone", "test_efficientnet", "--hidden", "4", "--init", "random", "--device", "cpu")


def test_score_lists_images_best_first_and_writes_the_table(attiqa, photos, tiny_scorer_folder, tmp_path):
    table = tmp_path / "scores.csv"
    code, out, _ = attiqa("score", photos, "--scorer", tiny_scorer_folder, "--csv", table)
    rows = list(csv.DictReader(table.open()))
    assert code == 0 and len(rows) == 8 and out.rstrip().endswith("scores.csv")
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True) and float(rows[0]["mos"]) == pytest.approx(100 * scores[0])
    code, _, err = attiqa("score", photos, "--scorer", tiny_scorer_folder, "--csv", table)
    assert code == 2 and "exists already" in err


def test_score_skips_what_it_cannot_read(attiqa, photos, tiny_scorer_folder, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"nonsense")
    Image.open(photos / "p0.png").save(tmp_path / "fine.png")
    code, out, err = attiqa("score", tmp_path, "--scorer", tiny_scorer_folder)
    assert code == 4 and "fine.png" in out and "broken.jpg: not an image" in err


@pytest.mark.parametrize("verb", ["score", "train", "render"])
def test_missing_paths_and_empty_folders_are_named(attiqa, verb, tiny_scorer_folder, tmp_path):
    (tmp_path / "empty").mkdir()
    extra = ["--out", tmp_path / "out"] if verb != "score" else []
    extra += ["--scorer", tiny_scorer_folder] if verb != "render" else []
    for path in (tmp_path / "empty", tmp_path / "nowhere"):
        code, _, err = attiqa(verb, path, *extra)
        assert code == 3 and path.name in err and len(err.strip().splitlines()) == 1
    code, _, err = attiqa(verb, *extra)
    assert code == 2, err


@pytest.mark.slow
def test_pretrain_finetune_and_evaluate_run_from_the_shell(succeed, photos, tmp_path):
    small = ("--resize", "72", "--crop", "64", "--batch", "4", "--epochs", "1")
    pretrained, finetuned = tmp_path / "pretrained", tmp_path / "finetuned"
    out = succeed("pretrain", photos, "--out", pretrained, "--teachers", "degradation", "statistics", "--held-out", "2",
                            "--versions", "2", *small, *TINY)  # fmt: skip
    assert out.strip().endswith("pretrained") and read_json(pretrained / "pretrained.json")["init"] == "random"
    assert "held_out_ranking_accuracy" in json.loads((pretrained / "metrics.jsonl").read_text())
    succeed("finetune", photos / "mos.csv", "--pretrained", pretrained, "--out", finetuned, *small)
    scorer = Scorer.load(finetuned / "scorer")
    assert scorer.mos_range.high == 70 and torch.isfinite(scorer.score(torch.rand(1, 3, 80, 80))).all()
    out = succeed("evaluate", photos / "mos.csv", "--arm", f"ours={pretrained}", "--out", tmp_path / "evaluated",
                            "--protocols", "finetune", "ridge", "--splits", "2", *small)  # fmt: skip
    assert "SROCC" in out and read_json(tmp_path / "evaluated" / "summary.json")["results"][0]["splits"] == 2


def test_a_run_folder_is_never_overwritten(attiqa, photos, tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    code, _, err = attiqa("finetune", photos / "mos.csv", "--out", tmp_path, *TINY[:4], "--init", "random")
    assert code == 2 and "already holds files" in err and (tmp_path / "mine.txt").read_text() == "keep"


@pytest.fixture(scope="module")
def agent(raws, tiny_scorer_folder, tmp_path_factory):
    from experiments.commands import train

    out = tmp_path_factory.mktemp("agents") / "agent"
    train.run(
        train.Config(
            (raws,),
            out,
            scorer=str(tiny_scorer_folder),
            proxy_px=64,
            timesteps=64,
            constant_samples=32,
            num_envs=8,
            allow_ungated=True,
            device="cpu",
        )
    )
    return out


@pytest.mark.slow
def test_training_leaves_a_complete_run_folder(agent):
    names = {path.name for path in agent.iterdir()}
    assert {"config.toml", "meta.json", "metrics.jsonl", "policy.json", "summary.json", "tensorboard"} <= names
    assert not any(path.suffix in (".pkl", ".zip", ".pt", ".pth") for path in agent.rglob("*"))
    summary = read_json(agent / "summary.json")
    assert np.isfinite([summary["default_score"], summary["tuned_score"]]).all()
    assert list((agent / "tensorboard").rglob("events*"))


@pytest.mark.slow
def test_a_scorer_that_fails_the_gate_may_not_train_an_agent(attiqa, raws, tiny_scorer_folder, tmp_path, small_gate):
    code, _, err = attiqa("train", raws, "--scorer", tiny_scorer_folder, "--out", tmp_path / "agent", "--device", "cpu")
    assert code == 3 and "may not be a reward" in err and not (tmp_path / "agent").exists()


@pytest.mark.slow
def test_a_runs_own_configuration_repeats_it(succeed, agent, tmp_path):
    succeed("train", "--config", agent / "config.toml", "--out", tmp_path / "again", "--prior", "0.2")
    mine, theirs = ((folder / "config.toml").read_text().splitlines() for folder in (tmp_path / "again", agent))
    changed = {line.split(" ")[0] for line in set(mine) ^ set(theirs)}
    assert changed == {"out", "prior"}


@pytest.mark.slow
def test_render_writes_pictures_recipes_and_a_sheet(succeed, agent, raws, tmp_path):
    out = tmp_path / "tuned"
    assert succeed("render", raws, "--policy", agent, "--out", out).strip() == str(out)
    assert len(list(out.glob("*.recipe.json"))) == 4 and (out / "sheet.jpg").is_file()
    with Image.open(out / "s0_0.jpg") as picture:
        assert picture.size == (128, 96) and "icc_profile" in picture.info
    recipe = read_json(out / "s0_0.recipe.json")
    assert recipe["raw"]["name"] == "s0_0.dng" and set(recipe["params"]) == set(NAMES)
    again = tmp_path / "again"
    succeed("render", raws / "s0_0.dng", "--params", out / "s0_0.recipe.json", "--out", again)
    assert (again / "s0_0.jpg").read_bytes() == (out / "s0_0.jpg").read_bytes()


@pytest.mark.slow
def test_a_profile_of_ones_own_goes_from_training_to_benchmark_and_pictures(
    succeed, raws, tiny_scorer_folder, tmp_path
):
    (tmp_path / "own.toml").write_text('[profile]\nbase = "core+curve"\n[frozen]\nhue_deg = 5.0\n')
    profile, scorer = ("--profile", tmp_path / "own.toml"), ("--scorer", tiny_scorer_folder, "--device", "cpu")
    agent, one = tmp_path / "agent", raws / "s0_0.dng"
    small = (
        "--timesteps",
        "2",
        "--constant-samples",
        "8",
        "--num-envs",
        "1",
        "--proxy-px",
        "64",
        "--crops",
        "0",
        "--allow-ungated",
    )
    succeed("train", raws, *profile, *scorer, *small, "--out", agent)
    succeed("render", one, "--policy", agent, "--out", tmp_path / "tuned")
    recipe = read_json(tmp_path / "tuned" / "s0_0.recipe.json")["params"]
    assert recipe["hue_deg"] == 5 and len(recipe) == len(NAMES) + 8
    succeed("benchmark", one, "--policy", agent, "--tuners", "sobol-2", "--judges", "--out", tmp_path / "with", *scorer)
    succeed("benchmark", one, *profile, "--tuners", "sobol-2", "--judges", "--out", tmp_path / "without", *scorer)
    for folder in ("with", "without"):
        rows = list(csv.DictReader((tmp_path / folder / "results.csv").open()))
        assert all(float(row["hue_deg"]) == 5 and "curve_8" in row for row in rows), folder


@pytest.mark.slow
@pytest.mark.slow
def test_render_without_a_policy_loads_no_scorers_packages():
    program = "import sys, experiments.commands.render; print({'torchvision', 'timm'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.slow
def test_render_takes_parameters_beyond_a_profiles_ranges_and_what_it_freezes(succeed, raws, tmp_path):
    (tmp_path / "own.toml").write_text("[frozen]\nsaturation = -0.5\n[ranges]\nexposure_ev = [-0.1, 0.1]\n")
    (tmp_path / "far.json").write_text('{"exposure_ev": 2.5, "curve_2": -0.5}')
    profile = ("--profile", tmp_path / "own.toml")
    succeed("render", raws / "s0_0.dng", "--params", tmp_path / "far.json", *profile, "--out", tmp_path / "far")
    params = read_json(tmp_path / "far" / "s0_0.recipe.json")["params"]
    assert (params["exposure_ev"], params["curve_2"], params["saturation"]) == (2.5, -0.5, -0.5)
    succeed("render", raws / "s0_0.dng", *profile, "--out", tmp_path / "frozen")
    recipe = read_json(tmp_path / "frozen" / "s0_0.recipe.json")
    assert recipe["params"]["saturation"] == -0.5 and recipe["tuner"] == "profile"


@pytest.mark.slow
def test_render_names_once_what_it_does_not_apply(attiqa, tmp_path):
    trimmed = opcode_list(opcode(6, b"", flags=0), gain_map(np.full((2, 2), 1.5), (0, 0, 64, 64)))
    (tmp_path / "raws").mkdir()
    for name in ("a.dng", "b.dng"):
        write_dng(
            tmp_path / "raws" / name, np.random.default_rng(0).integers(500, 9000, (64, 64)).astype(np.uint16), "RGGB",
            black_level_dn=(0.0,) * 4, white_level_dn=16383, calibration=GOPRO_CALIBRATION,
            as_shot_neutral=(0.5, 1.0, 0.6), opcode_lists={2: trimmed},
        )  # fmt: skip
    code, _, err = attiqa("render", tmp_path / "raws", "--out", tmp_path / "out")
    assert code == 0 and err.count("not applied to 2 raws: TrimBounds (not optional)") == 1
    recipe = read_json(tmp_path / "out" / "a.recipe.json")
    assert recipe["corrections"] == {"applied": ["GainMap"], "not_applied": ["TrimBounds (not optional)"]}


@pytest.mark.slow
def test_render_refuses_a_used_folder_and_bad_parameters(attiqa, raws, tmp_path):
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "x").touch()
    code, _, err = attiqa("render", raws, "--out", tmp_path / "used")
    assert code == 2 and "already holds files" in err
    bad = tmp_path / "bad.json"
    for content, text in (
        ('{"exposure": 1}', "does not exist"),
        ('{"contrast": 9}', "outside"),
        ("[1]", "no table"),
        ("{", "JSON"),
    ):
        bad.write_text(content)
        code, _, err = attiqa("render", raws, "--params", bad, "--out", tmp_path / "out")
        assert code == 3 and "bad.json" in err and text in err
    assert not (tmp_path / "out").exists()


def test_render_skips_a_bad_raw_and_keeps_the_others(attiqa, raws, tmp_path):
    (tmp_path / "in").mkdir()
    whole = (raws / "s0_0.dng").read_bytes()
    (tmp_path / "in" / "good.dng").write_bytes(whole)
    (tmp_path / "in" / "cut.dng").write_bytes(whole[: len(whole) // 2])
    Image.new("RGB", (64, 64)).save(tmp_path / "in" / "fake.jpg")
    (tmp_path / "in" / "fake.jpg").rename(tmp_path / "in" / "fake.dng")
    code, _, err = attiqa("render", tmp_path / "in", "--out", tmp_path / "out", "--format", "png")
    assert code == 4 and "cut.dng" in err and "fake.dng" in err and (tmp_path / "out" / "good.png").is_file()


@pytest.mark.slow
def test_benchmark_compares_tuners_with_the_default(attiqa, succeed, agent, raws, tiny_scorer_folder, tmp_path):
    out = succeed("benchmark", raws, "--policy", agent, "--tuners", "sobol-4", "gradient-2", "--scorer",
                            tiny_scorer_folder, "--scene", r"^(s\d)_", "--out", tmp_path / "b", "--device", "cpu")  # fmt: skip
    stored = read_json(tmp_path / "b" / "standings.json")
    standings = stored["tables"]["plain"]["standings"]
    controls = ["constant", "mean-action", "shuffled"]
    assert [row["tuner"] for row in standings] == ["default", "sobol-4", "gradient-2", *controls, "ppo"]
    assert stored["shown"] == "ppo" and stored["scorer"]["gate"] is None and "errors" not in stored["tables"]
    assert all(row["images"] == 4 and row["scenes"] == 2 for row in standings)
    rows = list(csv.DictReader((tmp_path / "b" / "results.csv").open()))
    assert len(rows) == 4 * 7 and all(0 <= float(row[judge]) <= 1 for row in rows for judge in HELD_OUT)
    held_out = {name: verdict["held_out"] for name, verdict in standings[-1]["verdicts"].items()}
    assert held_out == {"tiny": False, **dict.fromkeys(BENCHMARK_JUDGES, True)}
    assert "tiny: what the tuners climbed, NOT held out" in out and f"held out: {', '.join(BENCHMARK_JUDGES)}" in out
    assert (tmp_path / "b" / "sheet.jpg").is_file() and "gradient-2" in out
    code, _, err = attiqa(
        "benchmark", raws, "--tuners", "magic", "--scorer", tiny_scorer_folder, "--out", tmp_path / "c"
    )
    assert code == 2 and "magic" in err
