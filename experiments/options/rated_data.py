"""Where human scores come from: the options that `finetune` and `evaluate` share."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from attiqa_core.datasets import DATASETS, RatedImages, read_rated, recognise
from attiqa_core.errors import UsageError
from experiments.options import checks

NAMES = ("auto", "csv", *DATASETS)


@dataclass(frozen=True)
class RatedData:
    """Options of reading a data set in its original files, or a CSV of own scores."""

    images: Path | None = None
    """Folder of the images; default where the data set has them, or beside the CSV or in its images/."""
    mos_range: tuple[float, float] | None = None
    """Declared range of an own CSV's MOS, low high; default the smallest and largest."""
    allow_missing: bool = False
    """Leave out listed images whose file is absent."""
    dataset: Annotated[str, tyro.conf.arg(help=f"What the scores are: {', '.join(NAMES[:-1])} or {NAMES[-1]}.")] = (
        "auto"
    )

    def read(self, scores: Path) -> RatedImages:
        """Return the rated images; errors as `attiqa_core.datasets.read_rated`."""
        return read_rated(scores, self.images, self.mos_range, allow_missing=self.allow_missing, dataset=self.dataset)

    def check(self, scores: Path) -> None:
        """Raises: UsageError or InputError for what is wrong before the data set is read."""
        if self.mos_range is not None and not self.mos_range[0] < self.mos_range[1]:
            low, high = self.mos_range
            raise UsageError(f"--mos-range {low:g} {high:g}: the first number must be the smaller")
        checks.present(scores, self.images)
        recognise(scores, self.dataset)
