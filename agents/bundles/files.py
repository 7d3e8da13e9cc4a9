"""Policy bundles: JSON and safetensors, nothing pickled."""

from dataclasses import asdict
from pathlib import Path

from agents.actor import Actor
from agents.bundles.description import (
    DESCRIPTION,
    FORMAT,
    architecture_of,
    parameter_table,
    read_description,
    read_tensors,
)
from agents.bundles.hub import find_bundle
from agents.normaliser import Normaliser
from agents.policy import Policy
from attiqa_core.tensor_files import part_of, save_described
from isp_env.observe import observation_names
from isp_env.reward_weights import RewardWeights


def save_policy(folder: Path, policy: Policy) -> Path:
    """Write the bundle into `folder`, as `save_described`, and return the folder."""
    tensors = {"base": policy.base, **policy.normaliser.tensors()}
    if policy.actor is not None:
        tensors |= {f"actor.{name}": tensor for name, tensor in policy.actor.state_dict().items()}
    about = {
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
    }
    save_described(Path(folder) / DESCRIPTION, tensors, about)
    return Path(folder)


def load_policy(reference: str | Path) -> Policy:
    """Return the policy of a bundle: of a folder, or of "org/name@commit" on the hub.

    Raises: InputError if the folder is none, its hash is wrong, observation or parameters are not today's, a reward
    weight is not known, or anything else is not what a policy of ours holds.
    """
    folder = find_bundle(reference)
    described = read_description(folder)
    shape = architecture_of(folder, described)
    tensors = read_tensors(folder, described, shape)
    actor = None
    if shape is not None:
        actor = Actor(shape)
        actor.load_state_dict(part_of(tensors, "actor."))
        actor.requires_grad_(False)
    return Policy(
        tensors["base"],
        described["reach"],
        actor,
        Normaliser.from_tensors(tensors),
        described["task"],
        RewardWeights.from_stored(described["reward_weights"], str(folder / DESCRIPTION)),
        described["scorer"],
        described["training"],
        described.get("isp"),
    )
