"""Options that say which defects are planted in photos, for the commands about tools."""

from dataclasses import dataclass

from attiqa_core.errors import UsageError
from experiments.options import checks

PLANTABLE = ("noise", "blur", "dark", "cast", "jpeg")
"""Names of `isp_env.tools.defects.DEFECTS`, which needs torch."""
LARGEST_PX = 512


@dataclass(frozen=True)
class PlantingOptions:
    """What is planted in each photo."""

    px: int = 96
    """Side of the pictures, squares cut from the photos at drawn places and scales."""
    draws: int = 6
    """Pictures of each photo, each with its own square, defect and severity."""
    clean_share: float = 0.2
    """Share of the pictures in which nothing is planted."""
    defects: tuple[str, ...] = PLANTABLE
    """What is planted in the others, each as often: noise, blur, dark, cast, jpeg."""
    severities: tuple[float, float] = (0.3, 1.0)
    """Range that severities are drawn from, within 0 to 1."""

    def check(self) -> None:
        """Raises: UsageError for what cannot be planted."""
        checks.at_least(self, px=16, draws=1, clean_share=0)
        if self.px > LARGEST_PX:
            raise UsageError(f"--px {self.px}: all pictures are in memory at once; give 16 to {LARGEST_PX}")
        if self.clean_share > 1:
            raise UsageError(f"--clean-share {self.clean_share:g}: give a share from 0 to 1")
        for name in self.defects:
            if name not in PLANTABLE:
                raise UsageError(f"--defects {name}: is not one of {', '.join(PLANTABLE)}")
        if not self.defects and self.clean_share < 1:
            raise UsageError("--defects: name some, or give --clean-share 1")
        low, high = self.severities
        if not 0 <= low <= high <= 1:
            raise UsageError(f"--severities {low:g} {high:g}: give a range, lowest first, within 0 to 1")
