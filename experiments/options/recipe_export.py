"""Options of `attiqa recipe`."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from attiqa_core.errors import UsageError
from experiments.options import checks


@dataclass(frozen=True)
class Config:
    """Write recipes for other programs: XMP for Camera Raw and Lightroom, pp3 for RawTherapee, .cube of the global colour."""

    recipes: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Files NAME.recipe.json of `attiqa render`."""
    to: tuple[Literal["xmp", "pp3", "cube"], ...] = ("xmp",)
    """One kind or several. An .xmp that is there already, beside the recipe or the raw, is merged into."""
    raw: Path | None = None
    """The raw, or a folder that holds the raws that the recipes name; else they are looked for beside the recipes and where they
    were. Of raws of one name the one of the recipe's content is taken."""
    out: Path | None = None
    """Folder for the files; without it, the recipe's own."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.named(self.recipes, "no recipes named; give files NAME.recipe.json of `attiqa render`")
        checks.present(self.raw)
        if not self.to or len(set(self.to)) < len(self.to):
            raise UsageError(f"--to {' '.join(self.to)}: name xmp, pp3 or cube, each once")
        if self.raw is not None and self.raw.is_file() and len(self.recipes) > 1:
            raise UsageError(f"--raw {self.raw}: is one raw, and there are {len(self.recipes)} recipes; name a folder")
        if self.out is not None and self.out.is_file():
            raise UsageError(f"--out {self.out}: is a file, not a folder; name another one")
        names = Counter(path.name.casefold() for path in self.recipes)
        twice = next((path.name for path in self.recipes if names[path.name.casefold()] > 1), None)
        if self.out is not None and twice is not None:
            raise UsageError(
                f"--out {self.out}: several recipes are called {twice}; leave --out out, or name a folder for each of theirs"
            )
