"""Trainings that go on from another policy, or from one setting."""

import json
from dataclasses import replace

import pytest
import torch
from fixtures.brightness import BRIGHTNESS_ALONE, BrightnessScorer, dark_frames, toy_core

from agents.actor import Actor, Architecture
from agents.algorithms import find_algorithm, numbers_of
from agents.bundles.files import load_policy, save_policy
from agents.policy import Policy
from agents.start import Start, open_start
from agents.train import train_agent
from agents.training import normaliser_of
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import write_json
from isp_env.core import IspCore, Task
from isp_env.parameters.profiles import PROFILES
from isp_env.params import IspParams

SMALL = {"batch_size": 4}
TRAINABLE = ("gradient", "ppo", "sac", "td3", "tqc", "recurrent_ppo")


@pytest.fixture(scope="module")
def core():
    return toy_core()


def policy_for(core, algorithm, hidden=(8,), reach=0.4):
    """A policy of drawn weights with the network of an algorithm; its normaliser is that of other raws."""
    row, numbers = find_algorithm(algorithm), numbers_of(algorithm, {})
    shape = Architecture(
        core.observation_size, core.action_size, hidden, row.activation, row.squash, memory=numbers.get("memory", 0)
    )
    torch.manual_seed(5)
    normaliser = normaliser_of(toy_core((-2.9, -0.2)))
    base = torch.linspace(-0.3, 0.3, core.action_size)
    about = {"name": "toy", "sha256": "0" * 64}, {"algorithm": "imitation", "timesteps": 0}
    actor = Actor(shape).requires_grad_(False)
    return Policy(base, reach, actor, normaliser, core.task, BRIGHTNESS_ALONE, *about)


def start_of(policy, folder):
    return open_start(save_policy(folder, policy), policy.task)


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", TRAINABLE)
def test_a_training_begins_where_its_start_ended(algorithm, core, tmp_path):
    """The first look is at the very answers of the start, and the bundle says whose they were."""
    policy = policy_for(core, algorithm)
    numbers = {"lr": 1e-9, "batch_size": 4}
    if "n_steps" in numbers_of(algorithm, {}):
        numbers["n_steps"] = 2
    first = train_agent(
        core, algorithm=algorithm, timesteps=4, num_envs=4, numbers=numbers, start=start_of(policy, tmp_path)
    )
    seen = core.default_observations
    assert torch.allclose(first.act(seen), policy.act(seen), atol=1e-5)
    assert torch.equal(first.base, policy.base) and first.reach == 0.4
    assert torch.equal(first.normaliser.mean, policy.normaliser.mean)
    stored = json.loads((tmp_path / "policy.json").read_text())
    assert first.training["start"] == {"name": tmp_path.name, "sha256": stored["sha256"]}
    assert first.training["constant_samples"] == 0 and list(first.training["numbers"]["hidden"]) == [8]


def test_a_setting_is_a_constant_that_nobody_has_to_find(core, tmp_path):
    write_json(
        tmp_path / "prior.json", {"schema": "attiqa-setting/1", "params": {"exposure_ev": 0.8, "saturation": 0.1}}
    )
    start = open_start(tmp_path / "prior.json", core.task)
    policy = train_agent(core, algorithm="gradient", timesteps=4, numbers={"lr": 0.0, **SMALL}, start=start)
    wanted = IspParams.from_dict({"exposure_ev": 0.8, "saturation": 0.1}).to_action()
    assert torch.allclose(policy.act(core.default_observations), wanted.expand(len(core), -1))
    assert policy.training["start"]["name"] == "prior.json"


def test_a_setting_in_an_iterative_task_is_reached_by_its_steps(tmp_path):
    core = toy_core(formulation="iterative", horizon=4, step_size=0.5)
    write_json(tmp_path / "prior.json", {"exposure_ev": 0.8})
    start = open_start(tmp_path / "prior.json", core.task)
    assert start.base(core)[0] == pytest.approx(0.4)  # of half a range, four times


@pytest.mark.parametrize(
    "other, said",
    [
        ({"formulation": "iterative"}, "formulation"),
        ({"goals": ("cast",)}, "goals"),
    ],
)  # fmt: skip
def test_a_start_of_another_task_is_refused(core, tmp_path, other, said):
    policy = replace(policy_for(core, "gradient"), task=replace(core.task, **other))
    with pytest.raises(UsageError, match=f"another task .*{said}"):
        train_agent(
            core,
            algorithm="gradient",
            timesteps=4,
            start=Start("other", "0" * 64, policy.base, policy),
            run=tmp_path / "run",
        )
    assert not (tmp_path / "run").exists()


def test_a_start_of_another_profile_is_refused(core):
    policy = policy_for(core, "gradient")
    policy = replace(policy, task=replace(core.task, profile=PROFILES["core+curve"]))
    with pytest.raises(UsageError, match="other parameters or ranges"):
        train_agent(core, algorithm="gradient", timesteps=4, start=Start("other", "0" * 64, policy.base, policy))


def test_a_network_that_the_algorithm_does_not_have_is_refused(core):
    policy = policy_for(core, "gradient")
    with pytest.raises(UsageError, match=r"tanh, tanh.*is none that ppo goes on with.*tanh, clip.*--like ppo"):
        train_agent(core, algorithm="ppo", timesteps=4, start=Start("other", "0" * 64, policy.base, policy))


@pytest.mark.parametrize("number, value", [("reach", 0.6), ("hidden", (48,))])
def test_a_number_that_the_start_decides_is_refused_where_it_is_another(core, number, value):
    policy = policy_for(core, "gradient")
    with pytest.raises(UsageError, match=f"--{number} .*leave the option out"):
        train_agent(
            core, algorithm="gradient", timesteps=4, numbers={number: value}, start=Start("x", "", policy.base, policy)
        )


def test_the_constant_has_no_use_for_a_start(core):
    with pytest.raises(UsageError, match="--algo constant"):
        train_agent(core, algorithm="constant", timesteps=16, start=Start("x", "", core.identity))


def test_a_setting_of_what_the_profile_leaves_alone_is_refused(tmp_path):
    write_json(tmp_path / "prior.json", {"exposure_ev": 0.1, "curve_3": 0.2})
    with pytest.raises(InputError, match=r"prior.json: sets curve_3, which profile core does not"):
        open_start(tmp_path / "prior.json", Task())
    write_json(tmp_path / "prior.json", {"exposure_ev": 0.1, "curve_3": 0.0})
    open_start(tmp_path / "prior.json", Task())


def test_a_file_that_is_no_setting_is_refused_by_name(tmp_path):
    write_json(tmp_path / "other.json", [1, 2])
    with pytest.raises(InputError, match=r"other.json: holds no parameters"):
        open_start(tmp_path / "other.json", Task())


class Mortal(BrightnessScorer):
    """A judge who is asked so many times, and then the process ends."""

    def __init__(self, questions=float("inf")):
        super().__init__()
        self.questions = questions

    def read(self, images):
        self.questions -= 1
        if self.questions < 0:
            raise KeyboardInterrupt
        return super().read(images)


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["ppo"])
def test_a_training_from_a_start_that_is_cut_off_and_goes_on_ends_with_the_same_bits(algorithm, core, tmp_path):
    start = start_of(policy_for(core, algorithm), tmp_path / "start")

    def train(run, questions=float("inf")):
        own = IspCore(dark_frames(), Mortal(questions), core.task, BRIGHTNESS_ALONE)
        judging = IspCore(dark_frames((-1.8, -1.2)), own.scorer, core.task, BRIGHTNESS_ALONE)
        numbers = {**SMALL, **({"n_steps": 2} if algorithm == "ppo" else {})}
        train_agent(own, judging, algorithm=algorithm, timesteps=32, num_envs=4, every=8, numbers=numbers, run=run,
                    resume=True, start=start)  # fmt: skip

    train(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "cut", 12)
    assert (tmp_path / "cut" / "checkpoint.safetensors").is_file()
    train(tmp_path / "cut")
    whole, cut = (load_policy(tmp_path / name) for name in ("whole", "cut"))
    states = whole.actor.state_dict(), cut.actor.state_dict()
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    assert {**whole.training, "seconds": 0} == {**cut.training, "seconds": 0}
