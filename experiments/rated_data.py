"""Where human scores come from: the options that `finetune` and `evaluate` share."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RatedData:
    """Options of reading a CSV of scores or CLIVE's original files."""

    images: Path | None = None
    """Folder of the CSV's images; default beside the CSV or in its images/."""
    mos_range: tuple[float, float] | None = None
    """Declared range of the MOS, low high; default the smallest and largest."""
    allow_missing: bool = False
    """Leave out listed CLIVE images whose file is absent."""

    def read(self, scores: Path):
        """Return the rated images; errors as `attiqa_core.datasets.read_rated`."""
        from attiqa_core.datasets import read_rated

        return read_rated(scores, self.images, self.mos_range, allow_missing=self.allow_missing)
