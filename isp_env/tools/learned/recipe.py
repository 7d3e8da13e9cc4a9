"""The numbers of a network's training; a command line takes its defaults from here. Loads no torch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkRecipe:
    """How a network is trained against its defect."""

    steps: int = 3000
    steps_of_round: int = 250
    """After each round the state is stored, from which an interrupted run goes on."""
    batch: int = 16
    """Photos per step."""
    patch: int = 64
    """Side in px of the crops, or of the whole photo reduced for a network that looks at all of it."""
    clean: float = 0.2
    """Share of photos that are shown as they are."""
    lr: float = 2e-3
    """Highest learning rate of Adam."""
    warmup: float = 0.05
    """Share of the steps in which it rises; then it falls along a cosine."""
    clip_norm: float = 1.0
    """Longest gradient of a step."""
