"""Options of `attiqa export`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.refuse_unused import refuse_unused


@dataclass(frozen=True)
class Config:
    """Export a scorer: to one ONNX file with resizing and crops inside, or to a folder with a model card, ready for a hub."""

    scorer: Annotated[str, tyro.conf.Positional]
    """Name of a shipped scorer, the folder of one, or "org/name@commit" on the hub."""
    out: Path
    """A file ending in .onnx, or a new folder for weights, description and model card."""
    crops: Literal[1, 5] = 5
    """ONNX: crops averaged inside the model, 5 (the paper's way) or 1 (centre; five times cheaper)."""
    pixels: Literal["float", "uint8"] = "float"
    """ONNX: input as float sRGB in [0, 1], or as bytes."""
    size: tuple[int, int] | None = None
    """ONNX: fix height and width, for runtimes that need it; default any size."""
    batch: int | None = None
    """ONNX: fix the batch; default any."""
    run: Path | None = None
    """Folder: the run of `attiqa finetune`, whose meta.json goes into the model card."""
    evaluation: Path | None = None
    """Folder: the run of `attiqa evaluate`, whose summary.json goes into the model card."""
    licence: str = "other"
    """Folder: licence of the weights for the model card, an identifier such as apache-2.0."""

    @property
    def to_onnx(self) -> bool:
        """Whether the scorer becomes one ONNX file, not a folder."""
        return self.out.suffix.lower() == ".onnx"

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.new_file(self.out, "out")
        foreign = ("run", "evaluation") if self.to_onnx else ("size", "batch")
        refuse_unused(self, foreign, f"has no part in {self.out}; see attiqa export --help")
        checks.at_least(self, batch=1)
        if self.size is not None and min(self.size) < 1:
            raise UsageError(f"--size {self.size[0]} {self.size[1]}: give at least 1 for both")
        checks.present(self.run, self.evaluation)
