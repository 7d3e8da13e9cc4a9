import shutil

import pytest
import torch
from fixtures.policies import random_policy

from agents.bundles.files import load_policy, save_policy
from agents.bundles.hub import find_bundle
from agents.bundles.names import DESCRIPTION
from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, sha256, write_json
from attiqa_core.tensor_files import load_tensors, save_tensors
from isp_env.core import Task


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return save_policy(tmp_path_factory.mktemp("bundles") / "whole", random_policy(Task(pictures=8), memory=4))


@pytest.fixture
def bundle(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "renamed")


def changed(bundle, **fields):
    """Write other fields into a bundle's description."""
    write_json(bundle / DESCRIPTION, {**read_json(bundle / DESCRIPTION), **fields})
    return bundle


def with_tensors(bundle, **tensors):
    """Put other tensors into a bundle, with the hash that they have."""
    path = bundle / read_json(bundle / DESCRIPTION)["weights"]
    save_tensors(path, load_tensors(path) | tensors)
    return changed(bundle, sha256=sha256(path))


def test_a_bundle_that_was_renamed_and_has_files_beside_it_is_the_same(bundle, whole):
    (bundle / "policy.py").write_text("raise SystemExit")
    (bundle / "policy-000000000000.safetensors").write_text("nonsense")
    changed(bundle, later={"kind": "mine"})  # a field of a later version
    observations = torch.rand(2, load_policy(bundle).actor.architecture.inputs)
    assert torch.equal(load_policy(bundle).act(observations), load_policy(whole).act(observations))


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e400", "1" + "0" * 5000, '"\\ud800"'])
def test_what_no_json_of_ours_holds_refuses_the_bundle_wherever_it_stands(bundle, number):
    text = (bundle / DESCRIPTION).read_text()
    (bundle / DESCRIPTION).write_text(text.rstrip()[:-1] + f', "later": [{{"a": {number}}}]}}')
    with pytest.raises(InputError, match=r"which no policy does|is no text|not a JSON file"):
        load_policy(bundle)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("pictures", []), ("pictures", None), ("square", "x"), ("horizon", 1.5), ("horizon", True), ("crops", "2")),
        *(("step_size", "0.5"), ("proxy_px", 32.5), ("formulation", 1)),
    ],
)
def test_a_number_of_the_task_that_is_none_refuses_the_bundle(bundle, name, value):
    task = read_json(bundle / DESCRIPTION)["task"]
    with pytest.raises(InputError, match=rf"its task is not one of this version's \({name} .* is no "):
        load_policy(changed(bundle, task={**task, name: value}))


@pytest.mark.parametrize("name", ["../x.safetensors", "/etc/passwd", "policy-1.safetensors/../x", "a/b", "", "x.bin"])
def test_weights_are_a_name_beside_the_description_and_nothing_else(bundle, name):
    with pytest.raises(InputError, match=r"policy.json: weights .* is no name of a file beside it"):
        load_policy(changed(bundle, weights=name))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"format": "attiqa-policy/9"}, r"format 'attiqa-policy/9' is not 'attiqa-policy/2'"),
        ({"reach": "far"}, r"reach is 'far', which is none"),
        ({"reach": 1e9}, r"reach .* is outside 0 .. 2"),
        ({"scorer": {"name": "x"}}, r"is no SHA-256"),
        ({"scorer": {"sha256": "0" * 64}}, r"scorer has no name"),
        ({"sha256": "short"}, r"'short' is no SHA-256"),
        ({"observation": ["x"]}, r"another observation"),
        ({"training": None}, r"training is 'None', which is none"),
        ({"training": {"data": [1]}}, r"training data is '\[1\]', which is none"),
        ({"training": {"numbers": "many"}}, r"training numbers is 'many', which is none"),
        ({"training": {"scorer_gate": 5}}, r"training scorer_gate is '5', which is none"),
        ({"training": {"mean_action": [0.5]}}, r"training mean_action is '\[0.5\]', which is none"),
        ({"isp": ["x"]}, r"isp is .* which is none"),
        ({"isp": {}}, r"isp has no name or hash"),
        ({"scorer": {"name": "x" * 300, "sha256": "0" * 64}}, r"scorer has no name"),
        ({"reward_weights": {"cast": float(-1)}}, r"reward weight cast=-1.0 is not known"),
    ],
)
def test_a_field_that_is_not_what_it_is_refuses_the_bundle_in_a_sentence(bundle, fields, sentence):
    with pytest.raises(InputError, match=sentence):
        load_policy(changed(bundle, **fields))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"hidden": [10**9]}, "none that `attiqa train` makes"),
        ({"hidden": [0]}, "none that `attiqa train` makes"),
        ({"hidden": [1.5]}, "none that `attiqa train` makes"),
        ({"hidden": [64] * 100}, "none that `attiqa train` makes"),
        ({"memory": -1}, "does not fit"),
        ({"inputs": 7}, r"does not fit its task \(inputs 7, not"),
        ({"pictures": 0}, "does not fit"),
        ({"squash": "none"}, "does not fit"),
        ({"depth": 3}, "not one of this version's"),
        ({"hidden": [8]}, "does not hold the layers"),
    ],
)
def test_an_architecture_is_believed_only_as_far_as_task_and_weights_bear_it_out(bundle, fields, sentence):
    stored = read_json(bundle / DESCRIPTION)["architecture"]
    with pytest.raises(InputError, match=sentence):
        load_policy(changed(bundle, architecture={**stored, **fields}))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"horizon": 10**9}, "1000000000 steps"),
        ({"proxy_px": 1}, "not one of this version's"),
        ({"formulation": "none"}, "not one of this version's"),
        ({"colour": "red"}, "not one of this version's"),
    ],
)
def test_a_task_that_is_none_refuses_the_bundle(bundle, fields, sentence):
    with pytest.raises(InputError, match=sentence):
        load_policy(changed(bundle, task={**read_json(bundle / DESCRIPTION)["task"], **fields}))


@pytest.mark.parametrize(
    ("tensors", "sentence"),
    [
        ({"base": torch.full((16,), torch.nan)}, "not finite"),
        ({"base": torch.full((16,), 5.0)}, "outside of its range"),
        ({"base": torch.zeros(16, dtype=torch.float64)}, "not finite|not float32"),
        ({"base": torch.zeros(3)}, "does not hold the layers"),
        ({"more": torch.zeros(3)}, "does not hold the layers"),
        ({"more": torch.zeros(400_000)}, "which such a policy does not need"),
    ],
)
def test_tensors_that_no_policy_has_are_refused(bundle, tensors, sentence):
    with pytest.raises(InputError, match=sentence):
        load_policy(with_tensors(bundle, **tensors))


def test_half_a_bundle_is_refused_by_what_is_missing(bundle):
    weights = bundle / read_json(bundle / DESCRIPTION)["weights"]
    weights.rename(bundle / "kept")
    with pytest.raises(
        InputError, match=f"holds no {weights.name}, which its policy.json names; copy the folder whole"
    ):
        load_policy(bundle)
    (bundle / "kept").rename(weights)
    (bundle / DESCRIPTION).unlink()
    with pytest.raises(InputError, match=f"holds no policy.json, only its {weights.name}; copy the folder whole"):
        load_policy(bundle)
    weights.unlink()
    with pytest.raises(InputError, match="name the run folder that `attiqa train` wrote"):
        load_policy(bundle)


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "[]", "7", " " * 5_000_000])
def test_a_description_that_is_no_table_is_refused_in_a_sentence(bundle, text):
    (bundle / DESCRIPTION).write_text(text)
    with pytest.raises(InputError, match=r"policy.json: (not a JSON file|format None|has 5,000,000 bytes)"):
        load_policy(bundle)


def test_an_exported_model_is_not_taken_for_a_bundle():
    with pytest.raises(InputError, match="one file for other programs, which `attiqa render` alone reads back"):
        find_bundle("policy.onnx")
