"""The numbers of an imitation: readable without torch."""

from dataclasses import asdict, dataclass
from typing import Any

from agents.algorithms import find_algorithm, numbers_of
from attiqa_core.errors import UsageError


@dataclass(frozen=True)
class ImitationRecipe:
    """How a policy learns from examples; its network is that of the algorithm which may go on from it."""

    like: str = "gradient"
    """The algorithm whose network, and reach, the policy has: `attiqa train --start` of it, or of one alike, can go on."""
    reach: float | None = None
    """How far from the constant the policy may go, in halves of a parameter's range; None: as far as `like`."""
    lr: float = 3e-3
    """Learning rate."""
    batch_size: int = 16
    """Contexts per gradient step."""
    epochs: int = 200
    """Passes over the contexts; the best by the validation scenes is kept."""
    weight_decay: float = 1.0
    """Of AdamW, for each step times the learning rate."""

    def check(self) -> None:
        """Raises: UsageError for numbers out of range, or an algorithm that has no actor."""
        if min(self.batch_size, self.epochs) < 1 or self.lr <= 0 or self.weight_decay < 0:
            raise UsageError(f"{self}: needs a batch, an epoch and a learning rate above 0, and no decay below it")
        find_algorithm(self.like)
        if "hidden" not in numbers_of(self.like, {}):
            raise UsageError(
                f"--like {self.like}: has no network; name an algorithm that has one, such as gradient or ppo"
            )

    def network(self) -> dict[str, Any]:
        """Return hidden layers, reach and memory of the algorithm's preset."""
        preset = numbers_of(self.like, {})
        own = {} if self.reach is None else {"reach": self.reach}
        return {name: preset[name] for name in ("hidden", "reach", "memory") if name in preset} | own

    def described(self) -> dict[str, Any]:
        """Return what a bundle's `numbers` say."""
        return {**asdict(self), **self.network()}
