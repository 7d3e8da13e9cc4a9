"""Options of what stands beside a picture for other programs."""

from dataclasses import dataclass
from typing import Literal

from attiqa_core.errors import UsageError


@dataclass(frozen=True)
class Sidecars:
    """What other programs take over from a recipe."""

    sidecar: tuple[Literal["xmp", "pp3", "cube"], ...] = ()
    """xmp for Camera Raw and Lightroom, pp3 for RawTherapee, cube: the global colour as a 3D LUT; docs/exports.md says what each
    carries, and how near it comes."""

    def check(self) -> None:
        """Raises: UsageError for a kind that is named twice."""
        if twice := next((kind for kind in self.sidecar if self.sidecar.count(kind) > 1), None):
            raise UsageError(f"--sidecar: {twice} is given twice; give it once")
