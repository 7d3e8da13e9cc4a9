"""The algorithms that train an agent, and the numbers of each: readable without torch or Stable-Baselines3."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from attiqa_core.errors import UsageError

Activation = Literal["tanh", "relu"]
Squash = Literal["clip", "tanh"]

TIMESTEPS = 8192  # of a training, over all its environments
NUM_ENVS = 32  # episodes that a training runs as one batch
CONSTANT_SAMPLES = 960  # renders that are scored to find the constant which the other algorithms start from
PRESETS = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class Numbers:
    """The numbers of a training. None is the algorithm's own, `agents/presets/ALGORITHM.toml`, which also says by the names
    in it which of them the algorithm knows."""

    lr: float | None = None
    """Learning rate; of gradient, ppo and recurrent_ppo at first: it falls to a twentieth."""
    batch_size: int | None = None
    """Contexts, or transitions, per gradient step."""
    reach: float | None = None
    """How far from the constant the policy may go, in halves of a parameter's range."""
    hidden: tuple[int, ...] | None = None
    """Units of each hidden layer."""
    weight_decay: float | None = None
    """Of AdamW, for each step times the learning rate."""
    reward_scale: float | None = None
    """What rewards are multiplied by while learning."""
    gamma: float | None = None
    """Discount of later rewards."""
    n_steps: int | None = None
    """Steps of each environment between two updates."""
    n_epochs: int | None = None
    """Passes over the steps of an update."""
    target_kl: float | None = None
    """Largest approximate KL divergence of an update: passes end there."""
    clip_range: float | None = None
    """Share by which an action's probability may change before its gradient is cut."""
    gae_lambda: float | None = None
    """Bias against variance of the advantage."""
    ent_coef: float | None = None
    """Weight of the entropy; for SAC and TQC that which it starts from."""
    log_std: float | None = None
    """Logarithm of the exploration's sigma at the start, in units of the residual, before tanh where there is one."""
    memory: int | None = None
    """Units of the LSTM."""
    learning_starts: int | None = None
    """Steps of random actions about the constant before learning begins."""
    buffer_size: int | None = None
    """Steps that the replay buffer holds."""
    gradient_steps: int | None = None
    """Gradient steps per round of environment steps; -1: as many as there were."""
    tau: float | None = None
    """Share of the online network that the target network takes over per gradient step."""
    exploration: float | None = None
    """Sigma of the noise added to actions, in units of the residual."""

    warm_up: int | None = None
    """Steps before the first picture, on the terms of the white point, which need none."""

    def given(self) -> dict[str, Any]:
        """Return those that are not left to the algorithm."""
        return {name: value for name, value in asdict(self).items() if value is not None}


NUMBERS = tuple(field.name for field in fields(Numbers))


@dataclass(frozen=True)
class Algorithm:
    """`train`: "module:function" from a `Training` to nothing: it offers policies to the training's selection.

    Those of Stable-Baselines3 have two more, `build`: from an environment, numbers and SB3's shared options to an untrained
    model, and `actor`: from the model to the modules that hold the deterministic actor's layers, in order.
    `activation` stands between them, `squash` keeps what comes out in [-1, 1]. `needs`: a package that is an extra.
    """

    train: str
    build: str = ""
    actor: str = ""
    activation: Activation = "tanh"
    squash: Squash = "clip"
    needs: str = ""


CONTRIB = "sb3_contrib"
EXTRAS = {CONTRIB: "contrib"}
_SB3 = "agents.sb3.training:train"
ALGORITHMS: dict[str, Algorithm] = {
    "ppo": Algorithm(_SB3, "agents.sb3.ppo:build", "agents.sb3.ppo:actor"),
    "sac": Algorithm(_SB3, "agents.sb3.sac:build", "agents.sb3.sac:actor", "relu", "tanh"),
    "td3": Algorithm(_SB3, "agents.sb3.td3:build", "agents.sb3.td3:actor", "relu", "tanh"),
    "tqc": Algorithm(_SB3, "agents.sb3.tqc:build", "agents.sb3.sac:actor", "relu", "tanh", CONTRIB),
    "recurrent_ppo": Algorithm(_SB3, "agents.sb3.recurrent_ppo:build", "agents.sb3.recurrent_ppo:actor", needs=CONTRIB),
    "gradient": Algorithm("agents.amortised:train", squash="tanh"),
    "constant": Algorithm("agents.constant:train"),
}
"""By the name that `attiqa train --algo` takes. A new one is a file, a row here and a preset."""


class Row(Protocol):
    """A row of a table of algorithms; `needs`: a package that is an extra."""

    @property
    def needs(self) -> str: ...


R = TypeVar("R", bound=Row)


def find_algorithm(name: str) -> Algorithm:
    """Return the row of a name. Raises: UsageError with the names there are, or the extra that is missing."""
    return row_of(ALGORITHMS, name)


def row_of(table: Mapping[str, R], name: str) -> R:
    """Return the row of a name in a table of algorithms. Raises: UsageError as `find_algorithm`."""
    if name not in table:
        raise UsageError(f"algorithm {name!r} is not one of {', '.join(table)}")
    row = table[name]
    if row.needs and find_spec(row.needs) is None:
        raise UsageError(f"algorithm {name}: needs the extra: pip install 'attiqa-isp[{EXTRAS[row.needs]}]'")
    return row


def numbers_of(algorithm: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the algorithm's preset with the given numbers in place of its own.

    Raises: UsageError for a number that the algorithm does not know.
    """
    find_algorithm(algorithm)
    return with_preset(PRESETS, algorithm, given)


def with_preset(presets: Path, algorithm: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of a preset in a folder with the given ones in place of its own. Raises: UsageError as `numbers_of`."""
    preset = tomllib.loads((presets / f"{algorithm}.toml").read_text(encoding="utf-8"))
    for name in given:
        if name not in preset:
            known = ", ".join(preset) or "none"
            raise UsageError(f"{name}={given[name]!r}: {algorithm} has no such number; it has {known}")
    return {**preset, **given}
