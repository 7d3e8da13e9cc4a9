"""Policy bundles: JSON and safetensors, nothing pickled."""

from dataclasses import asdict
from pathlib import Path

from agents.actor import Actor
from agents.normaliser import Normaliser
from agents.policy import Policy
from agents.policy_description import (
    DESCRIPTION,
    FORMAT,
    NORMALISER,
    architecture_of,
    parameter_table,
    read_description,
    read_tensors,
)
from agents.policy_hub import find_bundle
from attiqa_core.files import sha256, write_json
from attiqa_core.tensor_files import part_of, save_tensors
from isp_env.observe import observation_names
from isp_env.reward_weights import RewardWeights


def save_policy(folder: Path, policy: Policy) -> Path:
    """Write the bundle into `folder` and return it.

    The weights' file is named by its hash and the description, which names it, is replaced last: a crash at any moment
    leaves the former bundle whole.
    """
    tensors = {f"normaliser.{name}": getattr(policy.normaliser, name) for name in NORMALISER} | {"base": policy.base}
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
        Normaliser(*(tensors[f"normaliser.{name}"] for name in NORMALISER)),
        described["task"],
        RewardWeights.from_stored(described["reward_weights"], str(folder / DESCRIPTION)),
        described["scorer"],
        described["training"],
        described.get("isp"),
    )
