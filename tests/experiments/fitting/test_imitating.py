"""`attiqa fit --as-prior --as-policy`, and `attiqa train --start` of both."""

import pytest

from agents.bundles.files import load_policy
from attiqa_core.files.whole import read_json


@pytest.mark.slow
def test_a_fit_leaves_a_prior_and_a_policy_that_trainings_start_from(
    attiqa, succeed, raws, tiny_scorer_folder, tmp_path
):
    raw, pictures, fit = raws / "s0_0.dng", tmp_path / "pictures", tmp_path / "fit"
    succeed("render", raw, "--set", "exposure_ev=0.5", "--out", pictures, "--format", "png", "--no-sheet")
    scorer = ("--scorer", tiny_scorer_folder)
    code, _, err = attiqa("fit", raw, "--reference", pictures, "--out", fit, "--proxy-px", 48, "--starts", 1,
                          "--no-sheet", "--as-prior", "--as-policy", "--epochs", 2, *scorer)  # fmt: skip
    assert code == 0 and ", and a prior, and a policy, which no other scene judges" in err, err
    assert read_json(fit / "prior.json")["params"]["exposure_ev"] == pytest.approx(0.5, abs=0.2)
    training, told = load_policy(fit / "policy").training, read_json(fit / "policy" / "imitation.json")
    assert training["targets"]["fits"] == "fit/fits.json" and told["scenes"] == {"training": 1, "validation": 0}
    train = ("train", raw, "--algo", "gradient", "--validation-share", 0, *scorer, "--allow-ungated", "--device", "cpu",
             "--timesteps", 1, "--batch-size", 1, "--proxy-px", 64, "--crops", 0)  # fmt: skip
    for start in ("prior.json", "policy"):
        succeed(*train, "--start", fit / start, "--out", tmp_path / start.removesuffix(".json"))
        assert load_policy(tmp_path / start.removesuffix(".json")).training["start"]["name"] == start


def test_what_is_about_a_policy_is_refused_without_one(attiqa, raws, tmp_path):
    code, _, err = attiqa("fit", raws, "--reference", raws, "--out", tmp_path / "fit", "--like", "ppo")
    assert code == 2 and "--like: is about --as-policy" in err
