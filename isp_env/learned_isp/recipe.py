"""The numbers of a training, readable without torch."""

from dataclasses import dataclass

from attiqa_core.errors import UsageError

SMALLEST_WINDOW_PX = 8  # of which 4 see all of their neighbours


@dataclass(frozen=True)
class ImitationRecipe:
    """The numbers of a training."""

    steps: int = 2000
    """Steps of training."""
    batch_size: int = 16
    """Windows of pictures in each step."""
    window_px: int = 48
    """Side of a window, px."""
    width: int = 32
    """Planes of the network's layers."""
    lr: float = 4e-3
    """Largest learning rate."""
    weight_decay: float = 1e-4
    """Weight decay."""
    average: float = 0.99
    """Of the moving average of the weights, which is what is kept."""
    steps_per_epoch: int = 100
    """Steps between checkpoints."""

    def check(self) -> None:
        """Raises: UsageError for numbers that no training has."""
        for name in ("steps", "batch_size", "width", "steps_per_epoch"):
            if getattr(self, name) < 1:
                raise UsageError(f"--{name.replace('_', '-')} {getattr(self, name)}: give at least 1")
        if self.window_px < SMALLEST_WINDOW_PX:
            raise UsageError(f"--window-px {self.window_px}: give at least {SMALLEST_WINDOW_PX}")
        if not 0 <= self.average < 1:
            raise UsageError(f"--average {self.average:g}: give a number from 0 to below 1")
        if not self.lr > 0:
            raise UsageError(f"--lr {self.lr:g}: give a number above 0")

    @property
    def epochs(self) -> int:
        """How often the steps of an epoch are done."""
        return max(1, round(self.steps / self.steps_per_epoch))
