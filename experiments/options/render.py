"""Options of `attiqa render`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro


@dataclass(frozen=True)
class Config:
    """Render raws at full size with a trained policy, given parameters, or the camera default; a recipe beside each picture."""

    raws: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Raw files or folders."""
    out: Path
    """Folder for the pictures; must be new or empty."""
    policy: Path | None = None
    """Run folder of `attiqa train`."""
    params: Path | None = None
    """JSON file with parameter values ({"exposure_ev": 0.3, ...}), or a recipe.json written by this command."""
    scorer: str | None = None
    """The policy's scorer, if it lies elsewhere than when it was trained."""
    format: Literal["jpg", "png", "tif"] = "jpg"
    """JPEG quality 95 4:4:4, or 16-bit PNG or TIFF; sRGB profile embedded."""
    sheet: bool = True
    """Also write sheet.jpg: camera default and result side by side."""
    device: str = "auto"
    """auto, cpu or cuda."""
