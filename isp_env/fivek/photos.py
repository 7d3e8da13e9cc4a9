"""Numbers and names of the 5,000 photos of MIT-Adobe FiveK, and where each kind of picture lies on its server.

Source: https://data.csail.mit.edu/graphics/fivek/
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote, unquote

from attiqa_core.errors import InputError, UsageError

SERVER = "https://data.csail.mit.edu/graphics/fivek/"
PHOTOS = 5000
NUMBERS = range(1, PHOTOS + 1)
EXPERTS = ("a", "b", "c", "d", "e")
RAW, INPUT = "raw", "input"
ADOBE, ADOBE_MIT = "Adobe", "AdobeMIT"
LICENCE_COUNTS: Mapping[str, int] = MappingProxyType({ADOBE: 2690, ADOBE_MIT: 2310})
"""How many photos each of the two licences covers; both are for research only."""

_NAME = re.compile(r"a(\d{4})-.+", re.DOTALL)
_SUFFIX = re.compile(r"\.(dng|tiff?)$", re.IGNORECASE)


@dataclass(frozen=True)
class Kind:
    """One kind of picture: its folder on the server, and so in a folder of single files, and its suffix."""

    folder: str
    suffix: str


KINDS: Mapping[str, Kind] = MappingProxyType({
    RAW: Kind("img/dng", ".dng"),
    INPUT: Kind("img/tiff16_inputAsShotZeroed", ".tif"),
    **{expert: Kind(f"img/tiff16_{expert}", ".tif") for expert in EXPERTS},
})  # fmt: skip
"""By what they are called: the raw, the neutral input that needs no Lightroom, and the experts "a" to "e"."""


def plain_name(text: str) -> str:
    """Return the name of a photo as the server lists it: of a file's name or a line of a list, without suffix or %20."""
    return _SUFFIX.sub("", unquote(text.strip()))


def number_of(text: str) -> int | None:
    """Return a photo's number, 1 to 5000, of its name or its file's name; None for what is no photo of FiveK.

    >>> number_of("a0001-jmac_DSC1459.dng")
    1
    """
    found = _NAME.fullmatch(plain_name(text))
    return int(found[1]) if found and int(found[1]) in NUMBERS else None


def known_number(text: str) -> int:
    """Return the number of a photo that must be one. Raises: InputError for what is no photo of FiveK."""
    if (number := number_of(text)) is None:
        raise InputError(f"{text}: is no photo of FiveK, whose names are a0001-... to a{PHOTOS}-...")
    return number


def path_of(name: str, kind: str) -> str:
    """Return where a picture lies below a folder of single files, with the plain name: "img/dng/a0001-jmac_DSC1459.dng".

    Raises: UsageError for a kind that is none of KINDS.
    """
    if kind not in KINDS:
        raise UsageError(f"{kind}: is no kind of picture of FiveK; give one of {', '.join(KINDS)}")
    return f"{KINDS[kind].folder}/{plain_name(name)}{KINDS[kind].suffix}"


def url_of(name: str, kind: str) -> str:
    """Return where a picture lies on the server; spaces and brackets, which 29 names hold, are percent-encoded.

    Raises: UsageError for a kind that is none of KINDS.
    """
    return SERVER + quote(path_of(name, kind))
