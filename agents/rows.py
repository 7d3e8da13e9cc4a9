"""The rows of a benchmark: tuners by name, and each policy with the controls that say what it is worth."""

import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from agents.baselines.controls import FixedTuner, ShuffledTuner
from agents.baselines.gradient import RefinedTuner
from agents.constant import per_step
from agents.tuner import PolicyTuner, Tuner
from agents.tuners import REFINED, find_tuner, named
from attiqa_core.errors import UsageError
from isp_env.core import Task
from isp_env.params import IspParams

Kind = Literal["baseline", "constant", "mean-action", "shuffled", "policy", "refined"]
NAMES = {"gradient": "amortised"}
"""What a policy's row is called where its algorithm's name is that of another row's kind."""


@dataclass(frozen=True)
class Row:
    """A tuner, what kind of row it is, and the name of the policy's row that it belongs to, if it does."""

    tuner: Tuner
    kind: Kind = "baseline"
    policy: str = ""


def make_tuners(specs: Sequence[str], task: Task, seed: int) -> list[Tuner]:
    """Return the tuners named, each once; the camera default always leads. Raises: UsageError for an unknown name."""
    found = [find_tuner(spec) for spec in dict.fromkeys(["default", *specs])]
    return [pkgutil.resolve_name(build)(queries, task, seed) for build, queries in found]


def make_rows(
    specs: Sequence[str], policies: Sequence[PolicyTuner], task: Task, scenes: Mapping[str, str], seed: int
) -> list[Row]:
    """Return the rows of a benchmark: the tuners named, then for each policy its controls, itself, and what refines it.

    `scenes` holds each raw's scene by its name. Policies get their row's name here. Raises: UsageError for an unknown name.
    """
    refined = [queries for kind, queries in map(named, dict.fromkeys(specs)) if kind == REFINED]
    if refined and not policies:
        raise UsageError(f"--tuners refined-{refined[0]}: refines a policy's answer; name one with --policy")
    rows = [Row(tuner) for tuner in make_tuners([spec for spec in specs if named(spec)[0] != REFINED], task, seed)]
    name_policies(policies)
    for policy in policies:
        ending = f"-{policy.name}" if len(policies) > 1 else ""
        rows += _controls(policy, scenes, seed, ending)
        rows.append(Row(policy, "policy", policy.name))
        rows += [
            Row(RefinedTuner(queries, policy, f"refined-{queries}{ending}"), "refined", policy.name)
            for queries in refined
        ]
    return rows


def _controls(policy: PolicyTuner, scenes: Mapping[str, str], seed: int, ending: str) -> list[Row]:
    """The constant and the mean action that a bundle holds, and the policy before other raws; none of a policy that is a constant."""
    known = policy.policy
    if known.actor is None:
        return []
    controls = [Row(FixedTuner(known.base, known.task, f"constant{ending}"), "constant", policy.name)]
    mean_action = known.training.get("mean_action")
    if mean_action is not None:
        each = per_step(torch.tensor(mean_action), IspParams.identity_action(known.task.profile), known.task)
        mean = FixedTuner(each, known.task, f"mean-action{ending}")
        controls.append(Row(mean, "mean-action", policy.name))
    if len(set(scenes.values())) > 1:
        controls.append(Row(ShuffledTuner(policy, scenes, seed, f"shuffled{ending}"), "shuffled", policy.name))
    return controls


def name_policies(policies: Sequence[PolicyTuner]) -> None:
    """Call each policy by the algorithm that trained it, with a number where several were trained by one."""
    algorithms = [str(each.policy.training.get("algorithm", "policy")).lower() for each in policies]
    for index, (policy, algorithm) in enumerate(zip(policies, algorithms, strict=True)):
        name = NAMES.get(algorithm, algorithm)
        policy.name = f"{name}-{algorithms[: index + 1].count(algorithm)}" if algorithms.count(algorithm) > 1 else name
