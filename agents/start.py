"""What a training starts from instead of a constant that it finds: another policy's weights, or one setting for every raw."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from agents.actor import Actor, Architecture
from agents.bundles.description import parameter_table, read_description
from agents.bundles.files import load_policy
from agents.bundles.hub import find_bundle
from agents.constant import per_step
from agents.policy import Policy
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json, sha256
from isp_env.core import IspCore
from isp_env.parameters.profiles import Profile
from isp_env.params import IspParams
from isp_env.task import Task

CLOSE = 1e-4  # of a frozen value: a recipe written from float32 may be a rounding error off
TAKEN_OVER = ("hidden", "memory", "reach")
"""Numbers of a training that are those of the policy it starts from."""


@dataclass(frozen=True)
class Start:
    """A name and a hash for the bundle, the constant as an absolute action, and the policy; None: the setting is all there is."""

    name: str
    sha256: str
    action: Float[Tensor, " controls"]
    policy: Policy | None = None

    @property
    def actor(self) -> Actor | None:
        return None if self.policy is None else self.policy.actor

    def base(self, core: IspCore) -> Float[Tensor, " controls"]:
        """Return the constant as an action of the core's task."""
        if self.policy is not None:
            return self.policy.base.to(core.device)
        return per_step(self.action.to(core.device), core.identity, core.task)

    def described(self) -> dict[str, str]:
        """Return what a bundle says of it."""
        return {"name": self.name, "sha256": self.sha256}

    def numbers(self, algorithm: str, chosen: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the training's numbers with those that the start decides.

        Raises: UsageError for one that was given and is another.
        """
        if self.actor is None or self.policy is None:
            return dict(chosen)
        shape = self.actor.architecture
        own = {"hidden": list(shape.hidden), "memory": shape.memory, "reach": self.policy.reach}
        own = {name: own[name] for name in TAKEN_OVER if name in chosen}
        for name, value in own.items():
            asked = given.get(name, value)
            if (list(asked) if name == "hidden" else asked) != value:
                raise UsageError(
                    f"--{name} {asked}: --start {self.name} has {value}, and {algorithm} goes on with it; leave the option out"
                )
        return {**chosen, **own}

    def check(self, core: IspCore, algorithm: str, shape: Architecture | None) -> None:
        """Raises: UsageError for a policy of another task, ISP or network than the training's, whose actor has this shape."""
        if algorithm == "constant":
            raise UsageError(
                "--start: --algo constant finds a constant and has no use for another; leave one of them out"
            )
        if self.policy is None:
            return
        theirs, own = self.policy.task, core.task
        differences = [
            *(f"{name} {getattr(theirs, name)!r}, not {getattr(own, name)!r}" for name in _meaning(own)
              if getattr(theirs, name) != getattr(own, name)),
            *(["other parameters or ranges"] if parameter_table(theirs.profile) != parameter_table(own.profile) else []),
            *(["another ISP"] if _isp(self.policy.isp) != _isp(core.isp.described) else []),
        ]  # fmt: skip
        if differences:
            raise UsageError(
                f"--start {self.name}: was made for another task ({'; '.join(differences)}); give it the same one"
            )
        if self.actor is not None and shape != self.actor.architecture:
            raise UsageError(
                f"--start {self.name}: its network ({_said(self.actor.architecture)}) is none that {algorithm} goes on with "
                f"({_said(shape)}); start from a policy of {algorithm}, or imitate with --like {algorithm}"
            )


def open_start(reference: str | Path, task: Task) -> Start:
    """Return the start of a reference: the folder of a bundle or its name on the hub, or a JSON file of a setting or a recipe.

    Raises: InputError for what is neither, is damaged, or sets a parameter that the task's profile leaves alone.
    """
    if str(reference).endswith(".json"):
        path = Path(reference)
        return Start(path.name, sha256(path), _setting(path, task.profile))
    folder = find_bundle(reference)
    policy = load_policy(folder)
    name = folder.name if Path(reference).is_dir() else str(reference)
    return Start(name, read_description(folder)["sha256"], policy.base, policy)


def _setting(path: Path, profile: Profile) -> Float[Tensor, " controls"]:
    """The action of a setting. Raises: InputError naming the file."""
    content = read_json(path)
    params = content.get("params", content) if isinstance(content, dict) else None
    if not isinstance(params, dict) or not params:
        raise InputError(
            f"{path}: holds no parameters; name the recipe.json of `attiqa train --algo constant`, or a prior"
        )
    try:
        given = IspParams.from_dict(params, profile=profile)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    resting = IspParams.default(1, profile=profile)
    for name in params:
        usual = resting[name] if name in resting.names else torch.tensor([profile.known[name].identity])
        if name not in profile.names and float((given[name] - usual).abs()) > CLOSE:
            raise InputError(f"{path}: sets {name}, which profile {profile.name} does not; train with one that does")
    return given.to_action(profile)[0].clamp(-1, 1)


def _meaning(task: Task) -> tuple[str, ...]:
    """What an action's, and an observation's, meaning depends on besides the profile."""
    return ("formulation", "goals", "pictures", *(("step_size",) if task.formulation != "one-shot" else ()))


def _isp(described: Mapping[str, Any] | None) -> str | None:
    return None if described is None else described["sha256"]


def _said(shape: Architecture | None) -> str:
    if shape is None:
        return "none"
    units = " ".join(map(str, shape.hidden))
    return f"{units} units, {shape.activation}, {shape.squash}{f', memory {shape.memory}' if shape.memory else ''}"
