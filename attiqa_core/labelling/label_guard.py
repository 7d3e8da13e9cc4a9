"""Whether rows of fewer bits still give the labels that exact ones give: asked on the photos of the first shard."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from torch import Tensor

from attiqa_core.errors import UsageError
from attiqa_core.teachers.teacher import LabellingTeacher
from attiqa_core.tensors import AttributeScores

LARGEST_ERROR = 0.01  # of a label, in standard deviations of the labels
LOWEST_SROCC = 0.9999


class ImpreciseEncoder(UsageError):
    """The encoder's precision would change the labels; `reason` says by how much, the message the cure as well."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}; give --precision fp32 and another --out")
        self.reason = reason


@dataclass(frozen=True)
class LabelChange:
    """What rounding does to the labels of some photos, at the attribute where it does most."""

    largest_error_in_std: float
    lowest_srocc: float

    @property
    def is_negligible(self) -> bool:
        return self.largest_error_in_std <= LARGEST_ERROR and self.lowest_srocc >= LOWEST_SROCC

    def __str__(self) -> str:
        error, order = self.largest_error_in_std, self.lowest_srocc
        return f"error {error:.2g} of their standard deviation, SROCC {order:.6f} on the first shard"


def label_change(rounded: AttributeScores, exact: AttributeScores) -> LabelChange:
    """Return how far labels are from the exact ones of the same photos, of which there are at least two."""
    spread = exact.std(0).clamp_min(1e-12)
    error = float(((rounded - exact).abs().amax(0) / spread).max())
    columns = zip(exact.T.numpy(), rounded.T.numpy(), strict=True)
    order = min(float(np.nan_to_num(spearmanr(one, other)[0])) for one, other in columns)  # pyright: ignore
    return LabelChange(error, order)


def check_half(rows: Tensor, teacher: LabellingTeacher, folder: Path) -> dict[str, float]:
    """Return what float16 rows do to the labels of a shard. Raises: UsageError if it is not negligible."""
    if len(rows) < 2:
        raise UsageError(
            f"{folder}: --half cannot be verified on {len(rows)} photos; leave it out and give another --out"
        )
    change = label_change(teacher.labels(rows.half().float()).cpu(), teacher.labels(rows).cpu())
    if not change.is_negligible:
        raise UsageError(f"{folder}: --half would change the labels ({change}); leave it out and give another --out")
    return asdict(change)


def check_precision(
    rows: Tensor, exact: Tensor, teacher: LabellingTeacher, precision: str, folder: Path
) -> dict[str, float]:
    """Return what the encoder's precision does to the labels of a shard, of which `exact` are the rows in fp32.

    Raises: ImpreciseEncoder if it is not negligible.
    """
    if len(rows) < 2:
        raise ImpreciseEncoder(f"{folder}: {precision} cannot be verified on {len(rows)} photos")
    change = label_change(teacher.labels(rows).cpu(), teacher.labels(exact).cpu())
    if not change.is_negligible:
        raise ImpreciseEncoder(f"{folder}: {precision} would change the labels ({change})")
    return asdict(change)
