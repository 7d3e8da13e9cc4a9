"""Options of `attiqa export`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from attiqa_core.errors import UsageError
from attiqa_core.sharing.references import is_repository
from experiments.options import checks
from experiments.options.refuse_unused import refuse_unused

OF_PIXELS = ("crops", "pixels", "size")
OF_A_FOLDER = ("run", "evaluation", "licence", "upload", "with_scorer")


@dataclass(frozen=True)
class Config:
    """Export a scorer or a policy: to one ONNX file with all that it does inside, or to a folder with a card, ready for a hub."""

    source: Annotated[str, tyro.conf.Positional]
    """A scorer: name of a shipped one, or the folder of one. A policy: run folder of `attiqa train`. Or "org/name@commit" on
    the hub, for both."""
    out: Path
    """A file ending in .onnx, or a new folder for weights, description and card."""
    crops: Literal[1, 5] = 5
    """ONNX of a scorer: crops averaged inside the model, 5 (the paper's way) or 1 (centre; five times cheaper)."""
    pixels: Literal["float", "uint8"] = "float"
    """ONNX of a scorer: input as float sRGB in [0, 1], or as bytes."""
    size: tuple[int, int] | None = None
    """ONNX of a scorer: fix height and width, for runtimes that need it; default any size."""
    batch: int | None = None
    """ONNX: fix the batch; default any."""
    run: Path | None = None
    """Folder of a scorer: the run of `attiqa finetune`, whose meta.json goes into the model card."""
    evaluation: Path | None = None
    """Folder of a scorer: the run of `attiqa evaluate`, whose summary.json goes into the model card."""
    licence: str = "other"
    """Folder: licence of the weights for the card, an identifier such as apache-2.0."""
    with_scorer: bool = False
    """Folder of a policy: copy the scorer that it was trained against as well, for those who do not have it."""
    upload: str | None = None
    """Folder: send it to this repository on the hub, "org/name", which has to be there; the commit is printed."""

    @property
    def to_onnx(self) -> bool:
        """Whether one ONNX file is written, not a folder."""
        return self.out.suffix.lower() == ".onnx"

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.new_file(self.out, "out")
        foreign = OF_A_FOLDER if self.to_onnx else ("size", "batch")
        refuse_unused(self, foreign, f"has no part in {self.out}; see attiqa export --help")
        checks.at_least(self, batch=1)
        if self.size is not None and min(self.size) < 1:
            raise UsageError(f"--size {self.size[0]} {self.size[1]}: give at least 1 for both")
        if self.upload is not None and not is_repository(self.upload):
            raise UsageError(f"--upload {self.upload}: is no repository of the hub; write org/name")
        checks.present(self.run, self.evaluation)

    def check_kind(self, *, is_policy: bool) -> None:
        """Raises: UsageError for an option of the other kind."""
        if is_policy:
            refuse_unused(self, (*OF_PIXELS, "run", "evaluation"), f"is about scorers, and {self.source} is a policy")
        else:
            refuse_unused(self, ("with_scorer",), f"is about policies, and {self.source} is none")
