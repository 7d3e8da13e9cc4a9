"""Options of `attiqa tools apply`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro
from tyro.conf import Fixed, SuppressFixed

from attiqa_core.errors import InputError
from attiqa_core.runs.lock import is_unused
from attiqa_core.runs.state import state_of
from experiments.options import checks
from experiments.options.picture_output import PictureOutput


@dataclass(frozen=True)
class RetouchedOutput(PictureOutput):
    """What the file of a retouched picture is like: in sRGB, which tools work in."""

    space: SuppressFixed[Fixed[Literal["srgb"]]] = "srgb"


@dataclass(frozen=True)
class Config:
    """Retouch finished pictures: an agent picks tools by what a small version shows, and they are applied at full size."""

    run: Annotated[Path, tyro.conf.Positional]
    """Run folder of `attiqa tools train`."""
    pictures: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Finished pictures, files or folders: JPEG, PNG, WebP, TIFF and others."""
    out: Path
    """New folder for the retouched pictures, and tools.json: what was done to each. No picture that was named is ever changed."""
    look: Literal["whole", "middle"] = "whole"
    """What the agent sees: the whole picture made small, or its middle at its own resolution, where noise, blur and JPEG show as
    they are."""
    output: RetouchedOutput = field(default_factory=RetouchedOutput)
    """What the files are like."""
    resume: bool = False
    """Go on in --out: pictures that are done, of the same content, policy and options, are not made again."""
    device: str = "auto"
    """auto, cpu or cuda."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.named(self.pictures, "no pictures named; give picture files or folders")
        checks.present(self.run)
        self.output.check()
        checks.new_folder(self.out, resume=self.resume)
        if self.resume and self.out.is_dir() and not is_unused(self.out) and state_of(self.out) is None:
            raise InputError(f"--out {self.out}: holds files but no run to go on with; name another folder")
