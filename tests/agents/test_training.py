import pytest
import torch
from fixtures.brightness import BRIGHTNESS_ALONE, BrightnessScorer, dark_frames, toy_core
from fixtures.cut_short import killed_after
from fixtures.json_lines import rows_of as json_rows

import agents.amortised
from agents.algorithms import ALGORITHMS, Numbers, numbers_of
from agents.batches import batch_of
from agents.bundles.files import load_policy
from agents.checkpoint import load_checkpoint, save_checkpoint
from agents.constant import climb, find_constant
from agents.episodes import answers, gains
from agents.selection import Selection, validate
from agents.train import train_agent
from agents.training import annealed
from agents.tuner import PolicyTuner
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.lines import line_of
from isp_env.core import IspCore, Task
from isp_env.reward_weights import RewardWeights


@pytest.fixture(scope="module")
def core():
    return toy_core()


@pytest.fixture(scope="module")
def validation():
    return toy_core((-2.2, -1.2))


def mean_gain(core, policy):
    return validate(core, policy)["validation_reward"]


@pytest.mark.slow
def test_the_gradient_beats_the_constant_that_beats_the_default_where_raws_differ(core, validation):
    constant = train_agent(core, validation, algorithm="constant", timesteps=320)
    policy = train_agent(core, validation, algorithm="gradient", timesteps=480, constant_samples=320)
    assert mean_gain(validation, policy) > mean_gain(validation, constant) + 0.02 > 0.04
    assert torch.equal(policy.base, constant.base) and constant.actor is None


@pytest.mark.slow
def test_an_iterative_policy_learns_by_gradient_as_well():
    core = toy_core(formulation="iterative", horizon=2, step_size=0.5)
    policy = train_agent(core, core, algorithm="gradient", timesteps=160, constant_samples=64)
    constant = train_agent(core, core, algorithm="gradient", timesteps=16, constant_samples=64, numbers={"reach": 1e-6})
    assert mean_gain(core, policy) > mean_gain(core, constant) + 0.01 > 0.01


def test_a_policy_starts_at_the_constant(core):
    policy = train_agent(core, core, algorithm="gradient", timesteps=16, constant_samples=32, numbers={"lr": 0.0})
    constant = find_constant(core, 32, seed=0)
    assert torch.equal(policy.act(core.default_observations), constant.expand(4, -1))


def test_without_samples_the_constant_is_the_camera_default(core):
    assert torch.equal(find_constant(core, 0, seed=0), core.identity)


def test_the_constant_takes_the_samples_it_is_given(core):
    assert [samples for samples, _ in climb(core, 40, 0.03, 16, 0)] == [16, 32, 48]  # whole batches


@pytest.mark.slow
def test_what_validation_likes_best_is_kept_and_not_what_came_last(core, tmp_path):
    selection = Selection(core, tmp_path, patience=2)
    good = train_agent(core, algorithm="constant", timesteps=160)
    for policy in (good, *(replaced(good, core.identity) for _ in range(2))):
        assert not selection.finished
        selection.consider(policy)
    assert selection.finished
    assert torch.equal(load_policy(tmp_path).base, good.base)
    rows = json_rows(tmp_path / "metrics.jsonl")
    assert rows[0]["validation_reward"] > rows[1]["validation_reward"] == 0


def replaced(policy, base):
    from dataclasses import replace

    return replace(policy, base=base)


def test_without_validation_the_last_policy_is_kept(core):
    selection = Selection(None)
    good = train_agent(core, algorithm="constant", timesteps=32)
    selection.consider(good)
    selection.consider(replaced(good, core.identity))
    assert torch.equal(selection.best.base, core.identity)


def test_a_reward_that_is_no_number_is_worse_than_any(core, monkeypatch):
    selection = Selection(core)
    good = train_agent(core, algorithm="constant", timesteps=32)
    with monkeypatch.context() as patch:
        patch.setattr("agents.selection.validate", lambda core, policy: {"validation_reward": float("nan")})
        selection.consider(replaced(good, core.identity))
    selection.consider(good)
    assert torch.equal(selection.best.base, good.base)


@pytest.mark.slow
@pytest.mark.parametrize("improvements", [1, 3, 5, 8])
def test_a_training_that_was_killed_goes_on_to_the_same_policy_bit_for_bit(core, validation, tmp_path, improvements):
    about = {"algorithm": "gradient", "timesteps": 160, "constant_samples": 32, "every": 40}
    whole = train_agent(core, validation, run=made(tmp_path / "whole"), **about)
    with killed_after(improvements):
        train_agent(core, validation, run=made(tmp_path / "killed"), **about)
    resumed = train_agent(core, validation, run=tmp_path / "killed", resume=True, **about)
    assert all(torch.equal(a, b) for a, b in zip(parts(whole), parts(resumed), strict=True))
    assert metrics(tmp_path / "whole") == metrics(tmp_path / "killed")


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["gradient", "ppo"])
def test_one_policy_learns_several_tastes_and_answers_what_it_is_asked_for(algorithm, tmp_path):
    weights = RewardWeights.from_dict({**BRIGHTNESS_ALONE.to_dict(), "prior": 0.5})
    task = Task(proxy_px=32, crops=0, goals=("prior",))
    core = IspCore(dark_frames(), BrightnessScorer(), task, weights)
    train_agent(core, core, algorithm=algorithm, timesteps=640, constant_samples=160, run=tmp_path,
                numbers={"lr": 0.01} if algorithm == "gradient" else {})  # fmt: skip
    policy = load_policy(tmp_path)
    assert policy.task.goals == ("prior",)
    ids = torch.arange(len(core))
    bold, plain, timid = (
        (PolicyTuner(policy, core.scorer, goal={"prior": goal}).actions(core) - core.identity).square().mean()
        for goal in (-1, 0, 1)
    )
    assert not torch.equal(bold, timid)
    assert torch.equal(answers(policy, core, ids), PolicyTuner(policy, core.scorer).actions(core))
    if algorithm == "gradient":
        assert bold > plain > timid
    with pytest.raises(UsageError, match="goal 'tint': is no goal of this task; there are prior"):
        PolicyTuner(policy, core.scorer, goal={"tint": 1})


@pytest.mark.slow
def test_a_batchs_goals_are_the_seeds_and_steps_alone(monkeypatch):
    core, seen = toy_core(goals=("noise_gain",)), []
    improve = agents.amortised._improve
    monkeypatch.setattr("agents.amortised._improve", lambda *given: (seen.append(given[-1]), improve(*given))[1])
    about = {"algorithm": "gradient", "timesteps": 32, "constant_samples": 0, "seed": 3}
    for _ in range(2):
        train_agent(core, **about)
    assert torch.equal(torch.cat(seen[:2]), torch.cat(seen[2:])) and not torch.equal(seen[0], seen[1])


def made(folder):
    folder.mkdir()
    return folder


def parts(policy):
    return [policy.base, *policy.actor.state_dict().values()]


def metrics(run):
    rows = json_rows(run / "metrics.jsonl")
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def test_a_checkpoint_comes_back_and_takes_back_what_was_written_after_it(tmp_path):
    (tmp_path / "metrics.jsonl").write_text(line_of({"timesteps": 16}) + line_of({"timesteps": 32}) + '{"times')
    save_checkpoint(tmp_path, {"a": torch.arange(3)}, {"timesteps": 16, "due": 20})
    tensors, values = load_checkpoint(tmp_path)
    assert torch.equal(tensors["a"], torch.arange(3)) and values == {"timesteps": 16, "due": 20}
    assert (tmp_path / "metrics.jsonl").read_text() == line_of({"timesteps": 16})


def test_a_damaged_checkpoint_is_refused(tmp_path):
    (tmp_path / "checkpoint.safetensors").write_bytes(b"no tensors")
    with pytest.raises(InputError, match=r"checkpoint\.safetensors: is damaged"):
        load_checkpoint(tmp_path)


def test_a_training_that_came_to_no_checkpoint_begins_anew(tmp_path):
    assert load_checkpoint(tmp_path) is None


def test_a_learning_rate_falls_to_a_twentieth_along_half_a_cosine():
    left = [annealed(share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert left[0] == 1 and left[2] == pytest.approx(0.525) and left[-1] == pytest.approx(0.05)
    assert left == sorted(left, reverse=True) and left[0] - left[1] == pytest.approx(left[3] - left[4])


def test_batches_run_through_all_contexts_before_they_see_one_again():
    seen = torch.cat([batch_of(10, 4, 7, number) for number in range(5)])
    assert sorted(seen[:10].tolist()) == sorted(seen[10:].tolist()) == list(range(10))
    assert not torch.equal(seen[:10], seen[10:])
    assert torch.equal(batch_of(10, 4, 7, 3), seen[12:16])


def test_a_number_that_the_algorithm_does_not_know_is_refused_with_those_it_has():
    with pytest.raises(UsageError, match=r"n_steps=4: gradient has no such number; it has lr, batch_size"):
        numbers_of("gradient", Numbers(n_steps=4).given())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_preset_holds_numbers_of_the_table_and_gives_way_to_what_is_asked_for(algorithm):
    preset = numbers_of(algorithm, {})
    assert Numbers(**preset).given().keys() == preset.keys()
    assert numbers_of(algorithm, {"lr": 0.5})["lr"] == 0.5


def test_the_mean_action_and_the_gains_are_those_of_the_training_contexts(core):
    policy = train_agent(core, algorithm="gradient", timesteps=64, constant_samples=0)
    actions, changes = gains(core, lambda ids: answers(policy, core, ids))
    assert policy.training["mean_action"] == actions.mean(0).tolist()
    assert policy.training["training_reward"] == float(changes.sum(1).mean())


@pytest.mark.parametrize(("algorithm", "samples"), [("ppo", 16), ("gradient", 0), ("constant", 0)])
def test_a_scorer_without_a_gradient_is_no_way_to_a_constant(core, monkeypatch, algorithm, samples):
    monkeypatch.setattr(type(core.scorer), "differentiable", False)
    with pytest.raises(UsageError, match=r"scorer toy: has no gradient, .* give --constant-samples 0"):
        train_agent(core, algorithm=algorithm, timesteps=16, constant_samples=samples)
