"""Options of commands that render: what is done about the lens."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from attiqa_core.errors import UsageError


@dataclass(frozen=True)
class LensOptions:
    """Distortion, lateral colour and vignetting: whose numbers they are undone by."""

    lens: Literal["file", "auto", "lensfun", "none"] = "file"
    """file: as the raw itself asks; lensfun: by lensfun's database, where the raw asks nothing (attiqa-isp[lens]); auto: the
    raw's, else lensfun's if installed; none: distortion is left in."""
    lens_name: str | None = None
    """The lens by lensfun's name, where the raw names none or several fit."""
    lens_file: Path | None = None
    """TOML file with a lens's numbers (docs/lens.md), in place of all others."""
    lens_scale: str = "auto"
    """How large the corrected picture is drawn: auto fills the frame, none is the correction alone, or a number such as 1.05."""

    def check(self) -> None:
        """Raises: UsageError for options that do not go together, or a scale that is none."""
        if self.lens_name is not None and self.lens not in ("auto", "lensfun"):
            raise UsageError(f"--lens-name: is for --lens auto or lensfun, not {self.lens}")
        if self.lens_file is not None and self.lens != "file":
            raise UsageError(f"--lens-file and --lens {self.lens}: give one of them")
        self.scale()

    def scale(self) -> float | None:
        """Return the enlargement; None for auto. Raises: UsageError for anything else than 0.5 to 2."""
        if self.lens_scale == "auto":
            return None
        try:
            scale = 1.0 if self.lens_scale == "none" else float(self.lens_scale)
        except ValueError:
            scale = math.nan
        if not 0.5 <= scale <= 2:
            raise UsageError(f"--lens-scale {self.lens_scale}: give auto, none or a number from 0.5 to 2")
        return scale
