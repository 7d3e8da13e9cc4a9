"""Options of `attiqa study analyse`."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from attiqa_core.errors import UsageError
from experiments.options import checks


@dataclass(frozen=True)
class Config:
    """Join raters' votes with a study's key: win rates with intervals, with and without those whom its rules leave out.

    Votes come from files that raters handed in, or without any from the store of `attiqa study serve`. Files that are
    damaged, of another study, doubled or of a rater who already counts are left out and reported. votes.csv beside the
    analysis is for `attiqa evaluate --votes votes.csv --votes-images STUDY/public/pictures`.
    """

    study: Positional[Path]
    """folder that `attiqa study export` made"""
    results: Positional[tuple[Path, ...]] = ()
    """files that raters saved, or folders of them; without any, what the server collected"""
    store: Path | None = None
    """file that the server keeps votes in; STUDY/private/votes.sqlite if not given"""
    out: Path | None = None
    """new folder for analysis.json, its tables and exports; STUDY/analysis if not given"""
    overwrite: bool = False
    """replace an earlier analysis in that folder"""

    @property
    def folder(self) -> Path:
        """Where the analysis goes."""
        return self.out or self.study / "analysis"

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.present(self.study)
        if self.results and self.store:
            raise UsageError("--store: not beside files; name either the files that raters saved, or the store")
        if not self.results and not (self.store or self.study / "private" / "votes.sqlite").is_file():
            raise UsageError(
                "no results named, and no store of a server; give the files that raters saved, or their folder"
            )
        if self.folder.exists() and not self.folder.is_dir():
            raise UsageError(f"{self.folder}: is a file; name a folder with --out")
        if self.folder.is_dir() and any(self.folder.iterdir()) and not self.overwrite:
            raise UsageError(f"{self.folder}: already holds files; give --overwrite to replace them, or another --out")
