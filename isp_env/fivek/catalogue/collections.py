"""Collections of a catalogue by name and parent; their ids differ from catalogue to catalogue and mean nothing."""

import difflib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from attiqa_core.errors import InputError
from isp_env.fivek.catalogue.cells import as_id, text_of

EXPERT_PARENT, INPUT_PARENT = "Experts", "Inputs"
INPUTS = (
    "InputAsShotZeroed",
    "InputZeroed with ExpertC WhiteBalance",
    "(default) Input with ExpertC WhiteBalance minus1.5",
)
"""The inputs that papers start from: each is another picture of the raw."""
BETWEEN = "/"


@dataclass(frozen=True)
class Collection:
    """Some images under a name; `path`: the names of the sets that it lies in, outermost first, and its own."""

    id_local: int
    path: tuple[str, ...]
    images: int

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path[-1]

    @property
    def label(self) -> str:
        """Its path as a user writes it: "Experts/C"."""
        return BETWEEN.join(self.path)


def read_collections(connection: sqlite3.Connection) -> tuple[Collection, ...]:
    """Return the collections that hold images, by label."""
    rows = connection.execute("SELECT id_local, name, parent FROM AgLibraryCollection").fetchall()
    named = {own: (text_of(name), as_id(parent)) for given, name, parent in rows if (own := as_id(given)) is not None}
    counts = dict(connection.execute("SELECT collection, count(*) FROM AgLibraryCollectionImage GROUP BY collection"))
    found = [Collection(own, _path(own, named), counts[own]) for own in named if counts.get(own)]
    return tuple(sorted(found, key=lambda each: (each.label, each.id_local)))


def find_collection(collections: Sequence[Collection], wanted: str) -> Collection:
    """Return the collection of a name, or of the end of a path as "Experts/C".

    Raises: InputError if there is none, or several under different parents.
    """
    found = [each for each in collections if f"{BETWEEN}{each.label}".endswith(f"{BETWEEN}{wanted}")]
    exact = [each for each in found if each.label == wanted]
    if len(exact or found) == 1:
        return (exact or found)[0]
    labels = [each.label for each in found or collections]
    if not found:
        near = difflib.get_close_matches(wanted, [*labels, *(each.name for each in collections)], n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(map(repr, labels)) or 'none'}"
        raise InputError(f"collection {wanted!r}: is not in the catalogue; {hint}")
    raise InputError(
        f"collection {wanted!r}: there are {len(found)}: {', '.join(map(repr, labels))}; name one with its parent"
    )


def expert_collection(collections: Sequence[Collection], expert: str) -> Collection:
    """Return the collection of an expert, "a" to "e": the one of its letter under "Experts", or the only one of its letter.

    Raises: InputError if there is none, or several.
    """
    name = expert.upper()
    within = [each for each in collections if each.path[-2:] == (EXPERT_PARENT, name)]
    return within[0] if len(within) == 1 else find_collection(collections, name)


def _path(own: int, named: Mapping[int, tuple[str, int | None]]) -> tuple[str, ...]:
    """The names from the outermost set; a set that lies in itself ends the search."""
    names: list[str] = []
    seen: set[int] = set()
    at: int | None = own
    while at is not None and at in named and at not in seen:
        seen.add(at)
        name, at = named[at]
        names.insert(0, name)
    return tuple(names)
