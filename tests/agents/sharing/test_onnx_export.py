import json

import numpy as np
import pytest
import torch
from fixtures.brightness import toy_core
from fixtures.pages import ROOT, text_of
from fixtures.policies import random_policy
from fixtures.tolerances import NETWORK

from agents.episodes import answers
from agents.sharing.onnx_export import export_policy, parity
from isp_env.core import Task
from isp_env.observe import observation_names
from isp_env.parameters.profiles import PROFILES
from isp_env.params import IspParams

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

POLICIES = {
    "statistics": random_policy(Task()),
    "constant": random_policy(Task(), constant=True),
    "constant in steps": random_policy(Task("iterative"), constant=True),
    "pictures": random_policy(Task(pictures=8), squash="tanh"),
    "memory": random_policy(Task("iterative", horizon=3), memory=8, activation="relu"),
    "memory and pictures": random_policy(Task(pictures=8, goals=("prior",)), memory=8, hidden=()),
    "another profile": random_policy(Task(profile=PROFILES["core+curve"])),
}


@pytest.mark.parametrize("kind", POLICIES)
def test_the_model_answers_as_torch_does(kind, tmp_path):
    policy = POLICIES[kind]
    path = export_policy(policy, tmp_path / "policy.onnx", kind, "0" * 64)
    assert parity(policy, path) <= NETWORK
    known = runtime.InferenceSession(path)
    entries = len(policy.normaliser.mean) + policy.task.picture_entries
    memory = ["memory_hidden", "memory_cell"] if "memory" in kind else []
    assert [each.name for each in known.get_inputs()] == ["observation", *memory]
    assert known.get_inputs()[0].shape == ["batch", entries]
    columns = len(policy.task.profile.columns)
    assert [each.shape[1] for each in known.get_outputs()][:2] == [len(policy.base), columns]


def test_a_difference_from_torch_is_noticed(tmp_path):
    path = export_policy(POLICIES["statistics"], tmp_path / "policy.onnx", "", "0" * 64)
    assert parity(POLICIES["constant"], path) > 1e-2


def test_what_the_file_says_of_itself_is_what_it_has_to_be_fed(tmp_path):
    policy = POLICIES["another profile"]
    path = export_policy(policy, tmp_path / "policy.onnx", "mine", "ab" * 32, batch=3)
    said = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert said["name"] == "mine" and said["policy_sha256"] == "ab" * 32 and said["steps"] == "1"
    assert json.loads(said["observation"]) == list(observation_names(policy.task.profile.names))
    parameters = {each["name"]: each for each in json.loads(said["parameters"])}
    assert tuple(parameters) == policy.task.profile.columns
    assert parameters["exposure_ev"]["unit"] == "EV" and parameters["exposure_ev"]["high"] == 1
    assert json.loads(said["scorer"]) == policy.scorer and json.loads(said["pictures"]) == {"count": 0, "px": 0}
    assert np.allclose(json.loads(said["observation_high"]), policy.normaliser.high)
    assert runtime.InferenceSession(path).get_inputs()[0].shape == [3, len(policy.normaliser.mean)]


@pytest.mark.slow
def test_an_episode_of_a_policy_that_remembers_runs_outside_of_torch(tmp_path):
    core = toy_core(formulation="iterative", horizon=3)
    policy = random_policy(core.task, memory=8)
    session = runtime.InferenceSession(export_policy(policy, tmp_path / "policy.onnx", "", "0" * 64))
    state, observations = core.reset(torch.arange(len(core)))
    memory = {name: np.zeros((len(core), 8), np.float32) for name in ("memory_hidden", "memory_cell")}
    for _ in range(core.task.steps):
        action, parameters, *after = session.run(None, {"observation": observations.numpy(), **memory})
        memory = dict(zip(memory, after, strict=True))
        change = (torch.from_numpy(action) - state.actions) / core.task.step_size
        transition = core.step(state, change.clamp(-1, 1))
        state, observations = transition.state, transition.observations
    expected = answers(policy, core, torch.arange(len(core)))
    torch.testing.assert_close(torch.from_numpy(action), expected, atol=3 * NETWORK, rtol=0)
    physical = IspParams.from_action(torch.from_numpy(action), core.task.profile).values
    torch.testing.assert_close(torch.from_numpy(parameters), physical, atol=NETWORK, rtol=NETWORK)


def test_the_page_explains_every_entry_of_an_observation():
    page = text_of(ROOT / "docs" / "policies.md")
    stems = {name.rpartition("_below_")[1] or name for name in observation_names(("exposure_ev",), ("prior",))}
    stems -= {name for name in stems if name.startswith(("luma_percentile_", "attribute_", "action_", "goal_"))}
    wanted = {*stems, "luma_percentile_", "attribute_", "action_", "goal_"}
    assert not [name for name in wanted if name not in page]
