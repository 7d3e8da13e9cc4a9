"""A trained policy as data: JSON and safetensors, nothing pickled; it acts without Stable-Baselines3."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from agents.algorithms import Activation, Squash
from attiqa_core.errors import InputError
from attiqa_core.files import read_json, sha256, write_json
from attiqa_core.tensor_files import load_tensors, save_tensors
from isp_env.core import Task
from isp_env.observe import observation_names
from isp_env.profiles import Profile
from isp_env.reward_weights import RewardWeights

FORMAT = "attiqa-policy/1"
DESCRIPTION = "policy.json"


@dataclass(frozen=True)
class Normaliser:
    """Standardisation of observations, as SB3's VecNormalize applies it."""

    mean: Float[Tensor, " observation"]
    variance: Float[Tensor, " observation"]
    clip: float = 10.0
    epsilon: float = 1e-8

    def __call__(self, observations: Float[Tensor, "batch observation"]) -> Float[Tensor, "batch observation"]:
        scaled = (observations.double() - self.mean) / (self.variance + self.epsilon).sqrt()
        return scaled.clamp(-self.clip, self.clip).float()


@dataclass(frozen=True)
class Policy:
    """A deterministic policy: normaliser, fully connected layers, and the end that keeps actions in [-1, 1].

    `scorer` names the reward model and its SHA-256: a policy is only as good as the scorer it was trained against.
    """

    layers: Sequence[tuple[Float[Tensor, "out in"], Float[Tensor, " out"]]]
    activation: Activation
    squash: Squash
    normaliser: Normaliser
    task: Task
    weights: RewardWeights
    scorer: dict[str, str]
    training: dict[str, Any]

    @torch.no_grad()
    def act(self, observations: Float[Tensor, "batch observation"]) -> Float[Tensor, "batch parameters"]:
        """Return the most likely action of each observation, in [-1, 1]."""
        hidden = self.normaliser(observations.cpu())
        activate = torch.tanh if self.activation == "tanh" else torch.relu
        for weight, bias in self.layers[:-1]:
            hidden = activate(torch.nn.functional.linear(hidden, weight, bias))
        actions = torch.nn.functional.linear(hidden, *self.layers[-1])
        return (torch.tanh(actions) if self.squash == "tanh" else actions.clamp(-1, 1)).to(observations.device)


def save_policy(folder: Path, policy: Policy) -> Path:
    """Write the bundle into `folder` and return it.

    The weights' file is named by its hash and the description, which names it, is replaced last: a crash at any moment
    leaves the former bundle whole.
    """
    tensors = {"normaliser.mean": policy.normaliser.mean, "normaliser.variance": policy.normaliser.variance}
    for index, (weight, bias) in enumerate(policy.layers):
        tensors |= {f"layers.{index}.weight": weight, f"layers.{index}.bias": bias}
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
            "layers": len(policy.layers),
            "activation": policy.activation,
            "squash": policy.squash,
            "normaliser": {"clip": policy.normaliser.clip, "epsilon": policy.normaliser.epsilon},
            "task": asdict(policy.task),
            "reward_weights": policy.weights.to_dict(),
            "scorer": policy.scorer,
            "training": policy.training,
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
    layers = [
        (tensors[f"layers.{index}.weight"], tensors[f"layers.{index}.bias"]) for index in range(described["layers"])
    ]
    return Policy(
        layers,
        described["activation"],
        described["squash"],
        Normaliser(tensors["normaliser.mean"], tensors["normaliser.variance"], **described["normaliser"]),
        task,
        RewardWeights.from_stored(described["reward_weights"], str(folder / DESCRIPTION)),
        described["scorer"],
        described["training"],
    )


def parameter_table(profile: Profile) -> list[list]:
    """Return what an action's meaning depends on: name, range, identity and scale of every parameter that it sets."""
    return [
        [each.name, float(each.low), float(each.high), float(each.parameter.identity), each.parameter.scale]
        for each in profile.controls
    ]


def _task(folder: Path, stored: dict[str, Any]) -> Task:
    try:
        return Task.from_stored(stored)
    except InputError as error:
        raise InputError(f"{folder}: its profile is not one of this version's ({error}); train it again") from error
