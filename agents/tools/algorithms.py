"""The algorithms that train an agent to pick tools, and the numbers of each: readable without torch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agents.algorithms import CONTRIB, row_of, with_preset

PRESETS = Path(__file__).parent / "presets"
TIMESTEPS = 60_000  # tools applied, over all environments; 12,000 and 64,000 were measured (docs/tools-agents.md)
MOST_MEMBERS = 64  # networks of a policy
NUM_ENVS = 16  # episodes that a training runs as one batch


@dataclass(frozen=True)
class ToolNumbers:
    """The numbers of a training. None is the algorithm's own, `agents/tools/presets/ALGORITHM.toml`, which also says by the
    names in it which of them the algorithm knows."""

    lr: float | None = None
    """Learning rate."""
    batch_size: int | None = None
    """Transitions per gradient step."""
    hidden: tuple[int, ...] | None = None
    """Units of each hidden layer."""
    reward_scale: float | None = None
    """What rewards are multiplied by while learning."""
    gamma: float | None = None
    """Discount of later rewards."""
    entropy: float | None = None
    """Discrete SAC's target: share of the largest entropy that the allowed choices have, 0 to below 1."""
    ent_coef: float | None = None
    """Weight of the entropy; of discrete SAC that which it starts from, and keeps where `entropy` is 0."""
    learning_starts: int | None = None
    """Steps of random allowed choices before learning begins."""
    buffer_size: int | None = None
    """Steps that the replay buffer holds."""
    gradient_steps: int | None = None
    """Gradient steps per round of environment steps."""
    tau: float | None = None
    """Share of the online network that the target network takes over per gradient step, or round."""
    exploration: float | None = None
    """QR-DQN, every choice: share of choices that are random."""
    quantiles: int | None = None
    """QR-DQN: quantiles of the return of each choice."""
    weight_decay: float | None = None
    """Every choice: of AdamW, times the learning rate."""
    members: int | None = None
    """Every choice: networks that learn from draws of their own, at most 64; their mean decides."""
    floor: float | None = None
    """Every choice: reward that the best choice of a state counts as at least; the others are measured by it."""
    worst: float | None = None
    """Every choice: harm beyond this, in shares of the best choice's gain, counts as it."""
    cost: float | None = None
    """Every choice: what using a tool costs, in shares of the best choice's gain."""
    n_steps: int | None = None
    """Steps of each environment between two updates."""
    n_epochs: int | None = None
    """Passes over the steps of an update."""
    clip_range: float | None = None
    """Share by which a choice's probability may change before its gradient is cut."""
    gae_lambda: float | None = None
    """Bias against variance of the advantage."""

    def given(self) -> dict[str, Any]:
        """Return those that are not left to the algorithm."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class ToolAlgorithm:
    """`learner`: "module:class" of what learns (`agents.tools.learner.Learner`). `needs`: a package that is an extra."""

    learner: str
    needs: str = ""


TOOL_ALGORITHMS: dict[str, ToolAlgorithm] = {
    "every-choice": ToolAlgorithm("agents.tools.every_choice:EveryChoice"),
    "discrete-sac": ToolAlgorithm("agents.tools.discrete_sac:DiscreteSac"),
    "maskable-ppo": ToolAlgorithm("agents.tools.contrib:MaskedPpo", CONTRIB),
    "qr-dqn": ToolAlgorithm("agents.tools.contrib:MaskedQrDqn", CONTRIB),
}
"""By the name that `attiqa tools train --algo` takes. A new one is a class, a row here and a preset."""


def find_tool_algorithm(name: str) -> ToolAlgorithm:
    """Return the row of a name. Raises: UsageError with the names there are, or the extra that is missing."""
    return row_of(TOOL_ALGORITHMS, name)


def tool_numbers_of(algorithm: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the algorithm's preset with the given numbers in place of its own.

    Raises: UsageError for a number that the algorithm does not know.
    """
    find_tool_algorithm(algorithm)
    return with_preset(PRESETS, algorithm, given)
