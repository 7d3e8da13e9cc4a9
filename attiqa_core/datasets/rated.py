"""Images with human scores, whatever data set they come from."""

from dataclasses import dataclass
from pathlib import Path

from attiqa_core.scorer import MosRange
from attiqa_core.tensors import AttributeScores, Scores


@dataclass(frozen=True)
class RatedImages:
    """Images with human scores: `mos` on the data set's own scale, whose ends are `mos_range`; higher is better.

    `split` is the official part of each image ("train", "val" or "test"), None where the data set has none. `groups`
    names what must not be torn apart by a split: the reference or the prompt of each image. `attributes` are people's
    ratings in the order of `ATTRIBUTES`, on the data set's own scale, higher is more and (noisiness) cleaner.
    """

    paths: tuple[Path, ...]
    mos: Scores
    mos_range: MosRange
    name: str
    split: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    attributes: AttributeScores | None = None

    def __len__(self) -> int:
        return len(self.paths)
