"""Which reference is of which raw: those of one stem; what has no counterpart is named."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.photos.places import find_images
from experiments.options.fit import CAMERA
from experiments.pictures.writing import PICTURE_SUFFIXES
from isp_env.raw_io.find import find_raws


@dataclass(frozen=True)
class Source:
    """A raw and the file of its reference, None for the picture that it has embedded."""

    raw: Path
    reference: Path | None

    @property
    def name(self) -> str:
        """The raw's stem."""
        return self.raw.stem


@dataclass(frozen=True)
class Pairs:
    """Raws with their references, sorted by name; a sentence for each raw that has none, or more than one; references of no raw.

    The last are no failure: a folder of references may be of more raws than were asked for.
    """

    sources: list[Source]
    failures: list[str]
    unused: list[Path]


def find_pairs(raws: Sequence[Path], references: Sequence[Path]) -> Pairs:
    """Return what goes with what, by stems.

    Raises: InputError if nothing is found, or nothing fits together.
    """
    files = find_raws(raws)
    counts = Counter(path.stem for path in files)
    failures = [
        f"{path}: another raw is called {path.stem}, too; fit them apart" for path in files if counts[path.stem] > 1
    ]
    single = [path for path in files if counts[path.stem] == 1]
    if tuple(references) == (CAMERA,):
        return Pairs([Source(path, None) for path in single], failures, [])
    pictures = _by_stem(references)
    pairs = []
    for path in single:
        found = pictures.get(path.stem, [])
        if len(found) == 1:
            pairs.append(Source(path, found[0]))
        elif found:
            failures.append(
                f"{path}: has {len(found)} references, {found[0]} and {found[1]}; name the folder of one of them by --reference"
            )
        else:
            failures.append(f"{path}: no reference is called {path.stem}; name it after the raw, or leave the raw out")
    unused = [path for stem, some in pictures.items() if stem not in counts for path in some]
    if not pairs:
        raise InputError(f"{failures[0]} (none of {len(files)} raws has a reference)")
    return Pairs(sorted(pairs, key=lambda pair: pair.name), failures, unused)


def _by_stem(references: Sequence[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in find_images(references):
        if path.suffix.lower() in PICTURE_SUFFIXES:
            found.setdefault(path.stem, []).append(path)
    return found
