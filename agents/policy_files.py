"""Policy bundles: JSON and safetensors, nothing pickled."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from agents.actor import Actor, Architecture
from agents.normaliser import Normaliser
from agents.policy import Policy
from attiqa_core.errors import InputError
from attiqa_core.files import read_json, sha256, write_json
from attiqa_core.tensor_files import load_tensors, part_of, save_tensors
from isp_env.core import Task
from isp_env.observe import observation_names
from isp_env.profiles import Profile
from isp_env.reward_weights import RewardWeights

FORMAT = "attiqa-policy/2"
DESCRIPTION = "policy.json"
_NORMALISER = ("mean", "sigma", "low", "high")


def save_policy(folder: Path, policy: Policy) -> Path:
    """Write the bundle into `folder` and return it.

    The weights' file is named by its hash and the description, which names it, is replaced last: a crash at any moment
    leaves the former bundle whole.
    """
    tensors = {f"normaliser.{name}": getattr(policy.normaliser, name) for name in _NORMALISER} | {"base": policy.base}
    if policy.actor is not None:
        tensors |= {f"actor.{name}": tensor for name, tensor in policy.actor.state_dict().items()}
    folder = Path(folder)
    save_tensors(folder / "policy.safetensors", tensors)
    digest = sha256(folder / "policy.safetensors")
    weights = (folder / "policy.safetensors").replace(folder / f"policy-{digest[:12]}.safetensors")
    write_json(
        folder / DESCRIPTION,
        {
            "format": FORMAT,
            "observation": list(observation_names(policy.task.profile.names, policy.task.goals)),
            "parameters": parameter_table(policy.task.profile),
            "reach": policy.reach,
            "architecture": None if policy.actor is None else policy.actor.architecture.to_dict(),
            "task": asdict(policy.task),
            "reward_weights": policy.weights.to_dict(),
            "scorer": policy.scorer,
            "training": policy.training,
            **({} if policy.isp is None else {"isp": dict(policy.isp)}),
            "weights": weights.name,
            "sha256": digest,
        },
    )
    for former in folder.glob("policy-*.safetensors"):
        if former != weights:
            former.unlink()
    return folder


def load_policy(folder: str | Path) -> Policy:
    """Return the policy of a bundle.

    Raises: InputError if the folder is none, its hash is wrong, observation or parameters are not today's, or a reward
    weight is not known.
    """
    folder = Path(folder)
    if not (folder / DESCRIPTION).is_file():
        raise InputError(f"{folder}: holds no {DESCRIPTION}; name the run folder that `attiqa train` wrote")
    described = read_json(folder / DESCRIPTION)
    if described.get("format") != FORMAT:
        raise InputError(
            f"{folder / DESCRIPTION}: format {described.get('format')!r} is not {FORMAT!r}; train it again"
        )
    task = _task(folder, described["task"])
    observed, table = list(observation_names(task.profile.names, task.goals)), parameter_table(task.profile)
    if described["observation"] != observed or described["parameters"] != table:
        raise InputError(f"{folder}: trained for another observation or parameter table; train it again")
    tensors = load_tensors(folder / Path(described["weights"]).name, described["sha256"])
    return Policy(
        tensors.pop("base"),
        described["reach"],
        _actor(described["architecture"], tensors),
        Normaliser(*(tensors[f"normaliser.{name}"] for name in _NORMALISER)),
        task,
        RewardWeights.from_stored(described["reward_weights"], str(folder / DESCRIPTION)),
        described["scorer"],
        described["training"],
        described.get("isp"),
    )


def parameter_table(profile: Profile) -> list[list]:
    """Return what an action's meaning depends on: name, range, identity and scale of every parameter that it sets."""
    return [
        [each.name, float(each.low), float(each.high), float(parameter.identity), parameter.scale]
        for each, parameter in zip(profile.controls, profile.parameters, strict=True)
    ]


def _actor(architecture: dict[str, Any] | None, tensors: dict[str, Any]) -> Actor | None:
    if architecture is None:
        return None
    actor = Actor(Architecture.from_dict(architecture))
    actor.load_state_dict(part_of(tensors, "actor."))
    return actor.requires_grad_(False)


def _task(folder: Path, stored: dict[str, Any]) -> Task:
    try:
        return Task.from_stored(stored)
    except InputError as error:
        raise InputError(f"{folder}: its profile is not one of this version's ({error}); train it again") from error
