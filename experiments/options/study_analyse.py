"""Options of `attiqa study analyse`."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional


@dataclass(frozen=True)
class Config:
    """Join raters' votes with a study's key: the win rate of A over B with intervals, and checks of the raters.

    Files that are damaged, of another study or of a rater who already counts are left out and reported. votes.csv beside
    the analysis is for `attiqa evaluate --votes votes.csv --votes-images STUDY/public/pictures`.
    """

    study: Positional[Path]
    """folder that `attiqa study export` made"""
    results: Positional[tuple[Path, ...]]
    """files that raters saved, or folders of them"""
    out: Path | None = None
    """new folder for analysis.json, images.csv and raters.csv; STUDY/analysis if not given"""
    overwrite: bool = False
    """replace an earlier analysis in that folder"""
