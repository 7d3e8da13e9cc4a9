"""A policy's arithmetic as nodes of an ONNX graph, front to back: what `Policy.respond` and `IspParams.from_action` do."""

from typing import Any

import torch
from torch import Tensor

from agents.actor import CHANNELS, STRIDE, Actor
from agents.normaliser import CLIP
from agents.policy import Policy
from attiqa_core.sharing.onnx_files import require
from isp_env.observe import observation_names
from isp_env.params import IspParams


class Graph:
    """The nodes and constants written down so far; names of tensors are handed from node to node."""

    def __init__(self) -> None:
        self._onnx = require("onnx")
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, values: Tensor) -> str:
        """Return the name of a constant: float32, or int64 for whole numbers."""
        name = f"constant_{len(self.constants)}"
        kept = values.detach().cpu().contiguous()
        kept = kept.float() if kept.is_floating_point() else kept.long()
        self.constants.append(self._onnx.numpy_helper.from_array(kept.numpy(), name))
        return name

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Return the name of what one operation gives, `output` where it has to have that one."""
        return self.nodes_of(kind, *inputs, outputs=(output or f"{kind.lower()}_{len(self.nodes)}",), **attributes)[0]

    def nodes_of(self, kind: str, *inputs: str, outputs: tuple[str, ...], **attributes: Any) -> tuple[str, ...]:
        """Return the names of what one operation of several results gives."""
        self.nodes.append(self._onnx.helper.make_node(kind, list(inputs), list(outputs), **attributes))
        return outputs

    def clip(self, values: str, low: float, high: float, output: str = "") -> str:
        limits = (self.constant(torch.tensor(float(limit))) for limit in (low, high))
        return self.node("Clip", values, *limits, output=output)

    def columns(self, values: str, start: int, end: int) -> str:
        """Return the columns from `start` to before `end` of a table."""
        bounds = (self.constant(torch.tensor([place])) for place in (start, end, 1))
        return self.node("Slice", values, *bounds)

    def linear(self, values: str, weight: Tensor, bias: Tensor, output: str = "") -> str:
        return self.node("Gemm", values, self.constant(weight), self.constant(bias), transB=1, output=output)


def write_policy(graph: Graph, policy: Policy, names: dict[str, str]) -> None:
    """Write down a whole policy: from `observation` to `action` and `parameters`, and the memory where it has one.

    `names` maps each of `observation`, `hidden`, `cell`, `action`, `parameters`, `next_hidden` and `next_cell` to its name.
    """
    actions = _answers(graph, policy, names)
    task = policy.task
    if task.formulation == "one-shot":
        graph.node("Identity", actions, output=names["action"])
    else:
        observed = observation_names(task.profile.names, task.goals)
        first = observed.index(f"action_{task.profile.names[0]}")
        so_far = graph.columns(names["observation"], first, first + len(task.profile.names))
        change = graph.node("Mul", actions, graph.constant(torch.tensor(task.step_size)))
        graph.clip(graph.node("Add", so_far, change), -1, 1, output=names["action"])
    _parameters(graph, policy, names["action"], names["parameters"])


def _answers(graph: Graph, policy: Policy, names: dict[str, str]) -> str:
    """The action of this step: base + reach * actor(normaliser(observation)), in [-1, 1]; the base alone of a constant."""
    if policy.actor is None:
        rows = graph.node("Shape", names["observation"], start=0, end=1)
        shape = graph.node("Concat", rows, graph.constant(torch.tensor([len(policy.base)])), axis=0)
        return graph.node("Expand", graph.constant(policy.base), shape)
    residuals = _actor(graph, policy.actor, _standardised(graph, policy, names["observation"]), names)
    reached = graph.node("Mul", residuals, graph.constant(torch.tensor(float(policy.reach))))
    return graph.clip(graph.node("Add", graph.constant(policy.base), reached), -1, 1)


def _standardised(graph: Graph, policy: Policy, observation: str) -> tuple[str, str]:
    """The statistics standardised, and the small pictures as they are ("" without any)."""
    known, entries = len(policy.normaliser.mean), policy.task.picture_entries
    statistics = graph.columns(observation, 0, known)
    centred = graph.node("Sub", statistics, graph.constant(policy.normaliser.mean))
    scaled = graph.clip(graph.node("Div", centred, graph.constant(policy.normaliser.sigma)), -CLIP, CLIP)
    return scaled, graph.columns(observation, known, known + entries) if entries else ""


def _actor(graph: Graph, actor: Actor, seen: tuple[str, str], names: dict[str, str]) -> str:
    statistics, pictures = seen
    hidden = graph.node("Concat", statistics, _features(graph, actor, pictures), axis=1) if pictures else statistics
    if actor.lstm is not None:
        hidden = _remembered(graph, actor.lstm, hidden, names)
    *inner, last = _modules(actor.layers)
    activation = "Tanh" if actor.architecture.activation == "tanh" else "Relu"
    for layer in inner:
        hidden = graph.node(activation, graph.linear(hidden, layer.weight, layer.bias))
    outputs = graph.linear(hidden, last.weight, last.bias)
    return graph.node("Tanh", outputs) if actor.architecture.squash == "tanh" else graph.clip(outputs, -1, 1)


def _features(graph: Graph, actor: Actor, pictures: str) -> str:
    """What the convolutions see in the small pictures: mean and largest of every channel, picture after picture."""
    shape = actor.architecture
    each = graph.constant(torch.tensor([-1, 3, shape.picture_px, shape.picture_px]))
    doubled = graph.node("Mul", graph.node("Reshape", pictures, each), graph.constant(torch.tensor(2.0)))
    seen = graph.node("Sub", doubled, graph.constant(torch.tensor(1.0)))
    for layer in _modules(actor.reader.look)[::2]:  # a ReLU follows each
        kept = graph.constant(layer.weight), graph.constant(layer.bias)
        seen = graph.node("Relu", graph.node("Conv", seen, *kept, strides=[STRIDE] * 2, pads=[1] * 4))
    sides = graph.constant(torch.tensor([2, 3]))
    pooled = (graph.node(kind, seen, sides, keepdims=0) for kind in ("ReduceMean", "ReduceMax"))
    rows = graph.constant(torch.tensor([-1, 2 * CHANNELS[-1] * shape.pictures]))
    return graph.node("Reshape", graph.node("Concat", *pooled, axis=1), rows)


def _modules(several: Any) -> list[Any]:
    """The modules of a container, whose types torch does not say."""
    return list(several)


def _remembered(graph: Graph, lstm: Any, hidden: str, names: dict[str, str]) -> str:
    """One step of the LSTM, written out: torch's gates in torch's order, input, forget, cell, output."""
    ours = graph.linear(hidden, lstm.weight_ih_l0, lstm.bias_ih_l0)
    theirs = graph.linear(names["hidden"], lstm.weight_hh_l0, lstm.bias_hh_l0)
    gates = graph.node("Add", ours, theirs)
    words = ("input", "forget", "cell", "output")
    parts = graph.nodes_of("Split", gates, outputs=tuple(f"gate_{word}" for word in words), axis=1, num_outputs=4)
    enter, keep, new, show = (
        graph.node("Tanh" if word == "cell" else "Sigmoid", part) for word, part in zip(words, parts, strict=True)
    )
    kept = graph.node("Mul", keep, names["cell"])
    cell = graph.node("Add", kept, graph.node("Mul", enter, new), output=names["next_cell"])
    return graph.node("Mul", show, graph.node("Tanh", cell), output=names["next_hidden"])


def _parameters(graph: Graph, policy: Policy, action: str, output: str) -> None:
    """The physical values of an absolute action, a column for each of the profile's: `IspParams.from_action`."""
    profile = policy.task.profile
    parameters = profile.parameters
    ends = [control.ends(each) for control, each in zip(profile.controls, parameters, strict=True)]
    low, middle, high = torch.tensor(ends).T
    zero = graph.constant(torch.tensor(0.0))
    upper = graph.node("Mul", graph.node("Max", action, zero), graph.constant(high - middle))
    lower = graph.node("Mul", graph.node("Min", action, zero), graph.constant(middle - low))
    scaled = graph.node("Add", graph.constant(middle), graph.node("Add", upper, lower))
    is_log = torch.tensor([[float(each.scale == "log") for each in parameters]])
    exponents = graph.node("Exp", graph.node("Mul", scaled, graph.constant(is_log)))
    values = graph.node(
        "Add",
        graph.node("Mul", exponents, graph.constant(is_log)),
        graph.node("Mul", scaled, graph.constant(1 - is_log)),
    )
    places = torch.zeros(len(profile.columns), len(profile.controls))
    places[[profile.columns.index(name) for name in profile.names], range(len(profile.controls))] = 1
    resting = IspParams.default(1, profile=profile).values[0] * (1 - places.sum(1))
    graph.linear(values, places, resting, output=output)
