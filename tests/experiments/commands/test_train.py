"""`attiqa train`: who judges, what is refused, several seeds, and a training that is killed."""

import random
import signal

import pytest
import torch
from fixtures.ended import killed
from fixtures.json_lines import rows_of as json_rows

from agents.bundles.files import load_policy
from attiqa_core.files.whole import read_json
from attiqa_core.tensor_files import load_tensors

TINY = ("--proxy-px", 64, "--crops", 0, "--allow-ungated", "--device", "cpu", "--constant-samples", 16)
SHORT = ("--timesteps", 32, "--num-envs", 4, "--every", 16, "--n-steps", 2)


def rows_of(run):
    rows = json_rows(run / "metrics.jsonl")
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def weights_of(run):
    (path,) = run.glob("policy-*.safetensors")
    return load_tensors(path)


@pytest.mark.slow
def test_several_seeds_are_judged_by_scenes_that_none_trained_on_and_the_best_is_the_runs(
    attiqa, raws, tiny_scorer_folder, tmp_path
):
    out = tmp_path / "agent"
    scene = ("--scene", r"^(s\d)_", "--validation-share", 0.5, "--seeds", 2, "--seed", 4)
    code, _, err = attiqa("train", raws, *scene, "--scorer", tiny_scorer_folder, "--out", out, *TINY, *SHORT)
    assert code == 0 and "2 policies trained on 2 raws in 32 steps, judged by 2 others" in err, err
    summary = read_json(out / "summary.json")
    rewards = {seed: each["validation_reward"] for seed, each in summary["seeds"].items()}
    best = max(rewards, key=rewards.get)
    assert set(rewards) == {"4", "5"} and summary["seed"] == int(best)
    spread = summary["spread"]["validation_reward"]
    assert spread["low"] == min(rewards.values()) and spread["high"] == max(rewards.values()) == rewards[best]
    assert {"constant_validation_reward", "mean_action_validation_reward", "default_score", "tuned_score"} <= set(
        summary
    )
    own, kept = weights_of(out / f"seed-{best}"), weights_of(out)
    assert all(torch.equal(kept[name], own[name]) for name in own)
    assert load_policy(out).training["validation_raws"] == 2
    for seed in rewards:
        rows = rows_of(out / f"seed-{seed}")
        assert [row["timesteps"] for row in rows] == [0, 16, 32] and "approx_kl" in rows[-1]
        assert max(row["validation_reward"] for row in rows) == pytest.approx(rewards[seed], abs=1e-6)
        assert list((out / f"seed-{seed}" / "tensorboard").glob("events*"))


@pytest.mark.slow
def test_what_an_algorithm_has_no_use_for_is_refused_by_name(attiqa, raws, tmp_path):
    for words, said in {
        ("--algo", "sac", "--n-steps", 4): "n_steps=4: sac has no such number; it has lr, ",
        ("--algo", "gradient", "--num-envs", 4): "--num-envs: gradient runs no episodes side by side",
        ("--algo", "constant", "--constant-samples", 4): "--constant-samples: the constant has --timesteps samples",
        ("--goals", "tint", "--tint", 0): "--goals tint: its weight is 0",
        ("--goals", "taste"): "goal 'taste': name some of",
        ("--algo", "constant", "--pictures", 16): "--pictures: the constant is the same",
        ("--pictures", 4): "pictures 4: give a side from 8 to 128 px",
        ("--lr", 0): "--lr 0.0: give a number above 0",
        ("--gamma", 1.5): "--gamma 1.5: give at most 1",
        ("--hidden", 8, 0): "--hidden 8 0: give at least 1 unit per layer",
        ("--validate", raws, "--scene", "(x)"): "--scene: the scenes to judge by are named by --validate",
    }.items():
        code, _, err = attiqa("train", raws, *words, "--out", tmp_path / "agent")
        assert code == 2 and said in err, err


def test_raws_that_judge_are_not_trained_on(attiqa, raws, tiny_scorer_folder, tmp_path):
    common = ("--scorer", tiny_scorer_folder, "--out", tmp_path / "agent", *TINY)
    code, _, err = attiqa("train", raws, "--validate", raws / "s0_1.dng", *common)
    assert code == 2 and "s0_1.dng: is trained on, too" in err
    code, _, err = attiqa("train", raws / "s0_0.dng", *common)
    assert code == 2 and "--validation-share 0.2: all raws show one scene (s0_0)" in err
    assert not (tmp_path / "agent").exists()


@pytest.mark.slow
def test_a_store_brings_its_own_split(attiqa, succeed, raws, tiny_scorer_folder, tmp_path):
    store, out = tmp_path / "store", tmp_path / "agent"
    bake = ("--proxy-px", 64, "--crops", 0, "--variants", 1, "--validation-share", 0.25, "--no-sheet")
    succeed("bake", raws, "--out", store, *bake)
    succeed("train", store, "--algo", "gradient", "--scorer", tiny_scorer_folder, "--out", out, *TINY,
            "--timesteps", 32, "--hidden", 6, 5)  # fmt: skip
    code, _, err = attiqa("train", store, "--scene", "(x)", "--out", tmp_path / "other", *TINY)
    assert code == 2 and "--scene: a store has scenes and a split of its own" in err
    code, _, err = attiqa("train", store, "--square", "--out", tmp_path / "other", *TINY)
    assert code == 3 and "of whole frames with 0 crops, not of 64 px of squares" in err and "--no-square" in err, err
    described = load_policy(out)
    assert (described.training["raws"], described.training["validation_raws"]) == (6, 2)
    assert described.actor.architecture.hidden == (6, 5)
    again = tmp_path / "again"
    succeed("train", "--config", out / "config.toml", "--out", again)  # flattened numbers stand in a file, too
    assert all(torch.equal(value, weights_of(again)[name]) for name, value in weights_of(out).items())


@pytest.mark.slow
def test_a_policy_of_several_tastes_renders_what_it_is_asked_for(attiqa, succeed, raws, tiny_scorer_folder, tmp_path):
    out = tmp_path / "agent"
    succeed("train", raws, "--algo", "gradient", "--scorer", tiny_scorer_folder, "--out", out, *TINY, "--timesteps", 32,
            "--goals", "noise_gain", "exposure", "--square", "--pictures", 8, "--validation-share", 0)  # fmt: skip
    task = load_policy(out).task
    assert task.goals == ("noise_gain", "exposure") and task.square and task.pictures == 8
    words = ("render", raws / "s0_0.dng", "--policy", out, "--no-sheet")
    succeed(*words, "--goal", "noise_gain=0.5", "--out", tmp_path / "quiet")
    (recipe,) = (tmp_path / "quiet").glob("*.json")
    assert "noise_gain" in recipe.read_text()
    for goal, said in (
        ("tint=1", "is no goal of this task"),
        ("tint", "give NAME=NUMBER"),
        ("exposure=3", "in [-1, 1]"),
    ):
        code, _, err = attiqa(*words, "--goal", goal, "--out", tmp_path / "other")
        assert code == 2 and said in err, err


ALGORITHMS = {"ppo": ("--num-envs", 4, "--n-steps", 2), "gradient": ()}


@pytest.fixture(scope="module")
def cut(raws, tiny_scorer_folder, tmp_path_factory):
    """For each algorithm its words, its folder, and how the two processes ended that were killed in it."""
    folder, draw, asked = tmp_path_factory.mktemp("cut"), random.Random(), {}
    for algorithm, own in ALGORITHMS.items():
        words = ("train", raws, "--algo", algorithm, *own, "--scorer", tiny_scorer_folder, *TINY, "--every", 16)
        asked[algorithm] = (*words, "--timesteps", 128, "--validation-share", 0.25)
    begun = [
        (
            (*words, "--out", folder / algorithm, "--resume"),
            folder / algorithm / "metrics.jsonl",
            lines,
            draw.random() / 10,
        )
        for algorithm, words in asked.items()
        for lines in (2, 4)
    ]
    codes = killed("experiments.commands.train", *begun)
    return {
        algorithm: (words, folder / algorithm, codes[2 * index : 2 * index + 2])
        for index, (algorithm, words) in enumerate(asked.items())
    }


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_training_killed_at_random_moments_goes_on_to_the_same_bits(succeed, cut, tmp_path, algorithm):
    words, out, codes = cut[algorithm]
    succeed(*words, "--out", tmp_path)
    assert codes[0] == -signal.SIGKILL, "the training ended before it could be killed"
    succeed(*words, "--out", out, "--resume")
    whole, again = weights_of(tmp_path), weights_of(out)
    assert whole.keys() == again.keys() and all(torch.equal(whole[name], again[name]) for name in whole)
    assert rows_of(tmp_path) == rows_of(out)


@pytest.mark.slow
def test_a_search_keeps_the_trial_that_validation_likes_best_and_goes_on_where_it_was(
    attiqa, raws, tiny_scorer_folder, tmp_path
):
    pytest.importorskip("optuna", reason="the extra `search` is not installed")
    out = tmp_path / "agent"
    scene = ("--scene", r"^(s\d)_", "--validation-share", 0.5)
    words = (raws, *scene, "--scorer", tiny_scorer_folder, "--out", out, *TINY, "--algo", "gradient", "--timesteps", 32)
    code, _, err = attiqa("train", *words, "--search", 2)
    assert code == 0 and "2 policies trained" in err, err
    before = read_json(out / "search.json")["trials"]
    code, _, err = attiqa("train", *words, "--search", 3, "--resume")
    assert code == 0, err
    search = read_json(out / "search.json")
    assert search["trials"][:2] == before and len(search["trials"]) == 3
    rewards = [trial["validation_reward"] for trial in search["trials"]]
    assert rewards[search["best"]] == max(rewards) == read_json(out / "summary.json")["validation_reward"]
    assert load_policy(out).training["validation_reward"] == max(rewards)
    kept = f"lr = {search['trials'][search['best']]['numbers']['lr']}"
    assert kept in (out / "best.toml").read_text()
    code, _, err = attiqa(
        "train",
        *words[:-4],
        "--out",
        tmp_path / "b",
        "--algo",
        "gradient",
        "--config",
        out / "best.toml",
        "--timesteps",
        16,
    )
    assert code == 0, err


@pytest.mark.slow
def test_a_search_needs_scenes_to_judge_by_and_one_seed(attiqa, raws, tiny_scorer_folder, tmp_path):
    pytest.importorskip("optuna", reason="the extra `search` is not installed")
    common = (raws, "--scorer", tiny_scorer_folder, "--out", tmp_path / "agent", *TINY)
    code, _, err = attiqa("train", *common, "--search", 2, "--validation-share", 0)
    assert code == 2 and "trials are judged by scenes that nobody trains on" in err
    code, _, err = attiqa("train", *common, "--search", 2, "--seeds", 2)
    assert code == 2 and "search first" in err


@pytest.mark.slow
def test_a_training_starts_from_a_setting_and_goes_on_with_the_same_one_alone(
    attiqa, raws, tiny_scorer_folder, tmp_path
):
    prior, out = tmp_path / "prior.json", tmp_path / "agent"
    prior.write_text('{"params": {"exposure_ev": 0.4}}')
    words = (
        "train",
        raws,
        "--algo",
        "gradient",
        "--validation-share",
        0,
        "--scorer",
        tiny_scorer_folder,
        "--start",
        prior,
    )
    words += ("--out", out, *TINY[:-2], "--timesteps", 4, "--batch-size", 2)
    code, _, err = attiqa(*words)
    assert code == 0, err
    training = load_policy(out).training
    assert training["start"]["name"] == "prior.json" and training["constant_samples"] == 0
    assert load_policy(out).base.max() == pytest.approx(0.4)
    prior.write_text('{"params": {"exposure_ev": 0.5}}')
    code, _, err = attiqa(*words, "--resume")
    assert code == 3 and "start was" in err
