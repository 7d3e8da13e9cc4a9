"""The text files that come with FiveK: which licence covers which photo, and what each photo shows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from attiqa_core.errors import InputError
from isp_env.fivek.photos import ADOBE, ADOBE_MIT, known_number, plain_name

LICENCE_LISTS = {"filesAdobe.txt": ADOBE, "filesAdobeMIT.txt": ADOBE_MIT}
CATEGORIES = "categories.txt"
UNKNOWN = "None"  # as categories.txt writes it
CURE = "fetch it again from https://data.csail.mit.edu/graphics/fivek/"


@dataclass(frozen=True)
class Categories:
    """What a photo shows, in the words of `categories.txt` ("outdoor", "day", "sun_sky", "nature"); None is unknown."""

    location: str | None
    time: str | None
    light: str | None
    subject: str | None


def read_licences(folders: Iterable[Path]) -> tuple[dict[int, str], dict[int, str]]:
    """Return the names and the licences of all photos that the lists in these folders name, by number.

    A name may end in .dng or not; lines may end as on Windows, and empty ones count for nothing. The first list of each
    licence that is met counts.
    Raises: InputError naming the line that is no photo, the photo that stands under both licences, or a list that cannot be read.
    """
    folders = list(folders)
    names, licences = dict[int, str](), dict[int, str]()
    for file_name, licence in LICENCE_LISTS.items():
        path = next((folder / file_name for folder in folders if (folder / file_name).is_file()), None)
        for number, name in _photos(path) if path else ():
            if licences.setdefault(number, licence) != licence:
                raise InputError(f"{path}: {name} stands in filesAdobe.txt, too; {CURE}")
            names[number] = name
    return names, licences


def _photos(path: Path) -> Iterator[tuple[int, str]]:
    for place, line in _lines(path):
        yield _number(path, place, line), plain_name(line)


def read_categories(path: Path) -> dict[int, Categories]:
    """Return what each photo shows, by number; empty without the file.

    A line is a name and four words, separated by commas: location, time, light, subject.
    Raises: InputError naming the line that has another form.
    """
    found: dict[int, Categories] = {}
    for place, line in _lines(path) if path.is_file() else ():
        name, *words = (word.strip() for word in line.rsplit(",", 4))
        if len(words) != 4:
            raise InputError(
                f"{path}: line {place} is no name with four words, as in a0001-x,outdoor,day,sun_sky,nature; {CURE}"
            )
        found[_number(path, place, name)] = Categories(*(None if word in ("", UNKNOWN) else word for word in words))
    return found


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not empty, with their numbers."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions, or {CURE}") from error
    yield from ((place, line.strip()) for place, line in enumerate(text.splitlines(), 1) if line.strip())


def _number(path: Path, place: int, name: str) -> int:
    try:
        return known_number(name)
    except InputError as error:
        raise InputError(f"{path}: line {place}: {name[:60]}: is no photo of FiveK; {CURE}") from error
