"""Where each picture goes: names that mirror the raws', are nobody else's, and can be written down."""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath

from attiqa_core.errors import one_line
from experiments.drawing.sheets import PREVIEWS, SHEETS
from experiments.options.render_folder import BEFORE, FAILURES, PAGE, PARTS, PRIVATE
from experiments.rendering.inputs import Source

OWN_STEMS = SHEETS | {PurePath(PAGE).stem, PurePath(FAILURES).stem, "recipe", "recipes"}
"""What else lies in the folder is called so: no picture is."""
OWN_FOLDERS = frozenset({PRIVATE, PARTS, BEFORE, PurePath(PAGE).stem + PREVIEWS})
LONGEST = 180
"""Bytes of a name: file systems take 255, and `.recipe.json`, the raw's suffix and a temporary name's letters are added."""


def places(sources: Sequence[Source], kept: Mapping[Path, PurePath] | None = None) -> dict[Path, PurePath]:
    """Return for each raw the path of its picture without suffix, below the output folder; `kept` were given before.

    Mirrors the raw's path: `100CANON/IMG_1.CR3` gives `100CANON/IMG_1`. Raws that share it, by capitals or suffix alone as
    well, have their suffix in it, `100CANON/IMG_1.CR3`, and a number where that is not enough; so has one that is called as
    a file of ours. What cannot be written everywhere (line ends, bytes that are no UTF-8) is replaced.
    """
    given = dict(kept or {})
    taken = {_key(place) for place in given.values()}
    fresh = [source for source in sources if source.path not in given]
    shared = Counter(_key(_short(source)) for source in fresh)
    alone = [source for source in fresh if shared[_key(_short(source))] == 1 and not _is_ours(_short(source))]
    first = {source.path for source in alone}
    rest = [source for source in fresh if source.path not in first]
    for source, candidates in [*((each, _all_names(each)) for each in alone), *((each, _long(each)) for each in rest)]:
        place = next(each for each in candidates if _key(each) not in taken)
        taken.add(_key(place))
        given[source.path] = place
    return given


def shown(text: object) -> str:
    r"""Return a path or a sentence on one line of UTF-8: a line end as \n, a byte that is no text as \xe9."""
    return one_line(str(text).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))


def _all_names(source: Source) -> Iterator[PurePath]:
    yield _short(source)
    yield from _long(source)


def _long(source: Source) -> Iterator[PurePath]:
    full = _safe(source.below)
    yield full
    number = 2
    while True:
        yield full.with_name(f"{full.name}-{number}")
        number += 1


def _short(source: Source) -> PurePath:
    return _safe(source.below.with_name(source.below.stem))


def _safe(below: PurePath) -> PurePath:
    folders = [f"_{part}" if part.casefold() in OWN_FOLDERS else part for part in below.parts[:-1]]
    return PurePath(*map(_writable, folders), _writable(below.name))


def _writable(part: str) -> str:
    """Of a name, what any file system and any JSON takes: a byte that is no UTF-8 is %E9, a control character _."""
    text = "".join(f"%{ord(each) & 0xFF:02X}" if "\udc80" <= each <= "\udcff" else each for each in part)
    plain = "".join("_" if unicodedata.category(each) == "Cc" else each for each in text)
    return os.fsencode(plain)[:LONGEST].decode("utf-8", "ignore")


def _is_ours(place: PurePath) -> bool:
    return place.name.casefold() in OWN_STEMS


def _key(place: PurePath) -> str:
    """One text for all names that a file system may take for the same."""
    return unicodedata.normalize("NFC", place.as_posix()).casefold()
