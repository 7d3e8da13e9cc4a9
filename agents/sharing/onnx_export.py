"""A policy as one ONNX file, for whoever renders elsewhere: an observation in, the action and the physical parameters out."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from agents.actor import Memory, Observations
from agents.policy import Policy
from agents.sharing.onnx_graph import Graph, write_policy
from attiqa_core.sharing.onnx_files import open_model, require, save_model
from isp_env.core import Actions
from isp_env.observe import observation_names
from isp_env.parameters.profiles import Profile
from isp_env.params import IspParams

FORMAT = "attiqa-policy-onnx/1"
ROWS = 64  # observations by which an exported model is compared
OPSET, IR_VERSION = 18, 9  # what ONNX Runtime has read since 1.14
NAMES = {name: name for name in ("observation", "action", "parameters")} | {
    name: f"memory_{name}" for name in ("hidden", "cell", "next_hidden", "next_cell")
}


def export_policy(policy: Policy, path: Path, name: str, sha256: str, *, batch: int | None = None) -> Path:
    """Write a policy as an ONNX model and return the path; `sha256` is of the bundle's weights.

    `observation` (batch, entries) in; out `action` (batch, controls), absolute and in [-1, 1], which is what an iterative
    policy has to be shown next, and `parameters` (batch, columns), physical. A policy that remembers also takes
    `memory_hidden` and `memory_cell` (batch, units), zeros at first, and gives `memory_next_hidden` and `memory_next_cell`.
    The batch is free unless `batch` fixes it. What it must be fed and what comes out is in its metadata. Raises: UsageError without the `onnx` extra.
    """
    return save_model(_model(policy, batch), path, metadata(policy, name, sha256))


def _model(policy: Policy, batch: int | None) -> Any:
    onnx, graph = require("onnx"), Graph()
    write_policy(graph, policy, NAMES)
    sizes = {"observation": _entries(policy), "action": len(policy.base)}
    sizes["parameters"] = len(policy.task.profile.columns)
    units = policy.actor.architecture.memory if policy.actor is not None else 0
    memory = dict.fromkeys(("hidden", "cell", "next_hidden", "next_cell"), units) if units else {}
    tensors = {
        key: onnx.helper.make_tensor_value_info(NAMES[key], onnx.TensorProto.FLOAT, [batch or "batch", size])
        for key, size in (sizes | memory).items()
    }
    inputs = [tensors[key] for key in ("observation", "hidden", "cell") if key in tensors]
    outputs = [tensors[key] for key in ("action", "parameters", "next_hidden", "next_cell") if key in tensors]
    made = onnx.helper.make_graph(graph.nodes, "policy", inputs, outputs, graph.constants)
    opset = [onnx.helper.make_opsetid("", OPSET)]
    return onnx.helper.make_model(made, opset_imports=opset, ir_version=IR_VERSION, producer_name="attiqa-isp")


def _entries(policy: Policy) -> int:
    return len(policy.normaliser.mean) + policy.task.picture_entries


def metadata(policy: Policy, name: str, sha256: str) -> dict[str, str]:
    """Return what a user of the file must know, as the strings that ONNX allows: JSON but for single words."""
    task, profile = policy.task, policy.task.profile
    return {
        "format": FORMAT,
        "name": name,
        "policy_sha256": sha256,
        "observation": json.dumps(observation_names(profile.names, task.goals)),
        "observation_low": json.dumps(policy.normaliser.low.tolist()),
        "observation_high": json.dumps(policy.normaliser.high.tolist()),
        "pictures": json.dumps({"count": (1 + task.crops) if task.pictures else 0, "px": task.pictures}),
        "action": json.dumps(profile.names),
        "parameters": json.dumps(parameters_of(profile)),
        "steps": str(task.steps),
        "task": json.dumps(asdict(task)),
        "scorer": json.dumps({key: str(policy.scorer.get(key, "")) for key in ("name", "sha256")}),
        "reward_weights": json.dumps(policy.weights.to_dict()),
    }


def parameters_of(profile: Profile) -> list[dict[str, Any]]:
    """Return what the file says of each column of its `parameters`."""
    controls, known = {each.name: each for each in profile.controls}, profile.known
    return [
        {"name": each, "unit": known[each].unit, "identity": known[each].identity, "doc": known[each].doc}
        | ({"low": controls[each].low, "high": controls[each].high} if each in controls else {"fixed": fixed})
        for each, fixed in IspParams.default(1, profile=profile).to_dicts()[0].items()
    ]


def answers_of(
    policy: Policy, observations: Observations, memory: Memory | None
) -> tuple[Actions, IspParams, list[Tensor]]:
    """Return what the exported model gives, by torch: absolute actions, parameters, and the next memory, (batch, units) each."""
    task = policy.task
    with torch.no_grad():
        actions, memory = policy.respond(observations, memory)
    if task.formulation != "one-shot":
        first = observation_names(task.profile.names, task.goals).index(f"action_{task.profile.names[0]}")
        so_far = observations[:, first : first + len(policy.base)]
        actions = (so_far + task.step_size * actions).clamp(-1, 1)
    return actions, IspParams.from_action(actions, task.profile), [each[0] for each in memory or ()]


def parity(policy: Policy, path: Path, seed: int = 0) -> float:
    """Return the largest difference between the exported model and torch: of actions, of memories, and of parameters in
    units of their range. The observations are drawn from twice the training's range, the memories from [-1, 1]."""
    session, _ = open_model(path, FORMAT, "an exported policy", "write one with `attiqa export RUN --out policy.onnx`")
    batch, generator = session.get_inputs()[0].shape[0], torch.Generator().manual_seed(seed)
    rows = batch if isinstance(batch, int) else ROWS
    low, high = policy.normaliser.low, policy.normaliser.high
    drawn = torch.rand(rows, _entries(policy), generator=generator)
    spread = low + (high - low) * (2 * drawn[:, : len(low)] - 0.5)
    observations = torch.cat([spread, drawn[:, len(low) :]], 1)
    units = policy.actor.architecture.memory if policy.actor is not None else 0
    before = [2 * torch.rand(rows, units, generator=generator) - 1 for _ in range(2)] if units else []
    given = {NAMES[key]: each.numpy() for key, each in zip(("hidden", "cell"), before, strict=False)}
    found = [
        torch.from_numpy(each) for each in session.run(None, {NAMES["observation"]: observations.numpy(), **given})
    ]
    memory = (before[0][None], before[1][None]) if units else None
    actions, params, after = answers_of(policy, observations, memory)
    widths = torch.ones(len(params.names))
    for control in policy.task.profile.controls:
        widths[params.names.index(control.name)] = control.high - control.low
    pairs = [(found[0], actions), (found[1] / widths, params.values / widths), *zip(found[2:], after, strict=True)]
    return max(float((one - other).abs().max()) for one, other in pairs)
