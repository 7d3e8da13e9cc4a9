"""A policy out of its ONNX file answers as the bundle does, and what is no such file is refused in a sentence."""

import pytest
import torch
from fixtures.brightness import toy_core
from fixtures.policies import random_policy
from fixtures.tolerances import NETWORK

from agents.onnx_tuner import OnnxTuner, read_model
from agents.sharing.onnx_export import export_policy
from agents.tuner import PolicyTuner
from attiqa_core.errors import InputError
from isp_env.core import Task

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def exported(policy, tmp_path, batch=None):
    return export_policy(policy, tmp_path / "policy.onnx", "mine", "0" * 64, batch=batch)


@pytest.mark.parametrize(
    ("about", "batch"),
    [
        ({}, None),
        ({"constant": True}, 3),
        ({"formulation": "iterative", "horizon": 2, "memory": 8}, 3),
    ],
    ids=["one step", "a constant, three at a time", "steps and memory, three at a time"],
)
def test_it_gives_the_parameters_that_the_bundle_gives(about, batch, tmp_path):
    of_task = {name: about[name] for name in ("formulation", "horizon") if name in about}
    core = toy_core(**of_task)
    policy = random_policy(core.task, **{name: value for name, value in about.items() if name not in of_task})
    tuner = OnnxTuner(*read_model(exported(policy, tmp_path, batch)), core.scorer)
    known = PolicyTuner(policy, core.scorer)
    assert (tuner.queries, tuner.renders, tuner.policy.scorer) == (known.queries, known.renders, policy.scorer)
    torch.testing.assert_close(tuner.actions(core), known.actions(core), atol=3 * NETWORK, rtol=0)
    found, expected = tuner.tune(core), known.tune(core)
    assert found.names == expected.names
    torch.testing.assert_close(
        found.to_action(core.task.profile), expected.to_action(core.task.profile), atol=3 * NETWORK, rtol=0
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"task": "[]"}, "its words are not those of this version"),
        ({"observation": '["luma"]'}, "another observation or parameter table"),
        ({"observation_low": "[0.5]"}, "its ranges are of another observation"),
        ({"scorer": "{}"}, "its words are not those of this version"),
        ({"reward_weights": '{"taste": 1}'}, "is not known to this version"),
        ({"format": "attiqa-scorer-onnx/1"}, "not an exported policy"),
    ],
)
def test_a_file_that_says_something_else_is_refused_in_a_sentence(changed, said, tmp_path):
    model = onnx.load(path := exported(random_policy(Task(crops=0)), tmp_path))
    words = {each.key: each.value for each in model.metadata_props} | changed
    onnx.helper.set_model_props(model, words)
    onnx.save(model, path)
    with pytest.raises(InputError, match=said):
        read_model(path)


def test_tensors_of_another_size_are_refused(tmp_path):
    task = Task(crops=0)
    other = onnx.load(exported(random_policy(Task(crops=0, pictures=8)), tmp_path))
    path = exported(random_policy(task), tmp_path)
    words = {each.key: each.value for each in onnx.load(path).metadata_props}
    onnx.helper.set_model_props(other, words)
    onnx.save(other, path)
    with pytest.raises(InputError, match="its tensors are not those of a policy"):
        read_model(path)
