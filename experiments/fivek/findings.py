"""What of FiveK is in a folder, and what is wrong with it, as lines of text."""

from collections.abc import Iterator, Sequence

from attiqa_core.errors import first_of
from experiments.options.outcome import count
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.photos import KINDS, PHOTOS
from isp_env.fivek.survey import FiveKSurvey, Problem

SHOWN = 50
SHOWN_MISSING = 5  # where more than SHOWN are, as of a part of the set


def lines_of(found: FiveKSurvey) -> Iterator[str]:
    """Yield how many pictures of each kind are there and which are missing, the catalogue, notes, what is damaged and doubtful."""
    folder = found.folder
    yield f"MIT-Adobe FiveK in {folder.path}"
    for kind in KINDS:
        missing = found.missing.get(kind, ())
        named = f"; missing: {first_of(missing, SHOWN if len(missing) <= SHOWN else SHOWN_MISSING)}" if missing else ""
        yield f"    {kind:<6} {len(folder.files[kind]):>5} of {PHOTOS}{named}"
    if folder.catalogue:
        yield f"    catalogue: {folder.catalogue}"
    yield from (f"    {note}" for note in found.notes)
    for title, problems in (("damaged", found.damaged), ("doubtful", found.doubtful)):
        yield f"    {title}: {len(problems)}"
        yield from (f"        {each}" for each in _by_words(problems))


def look_alike_line(folder: FiveKFolder, pairs: Sequence[tuple[int, int]], unseen: Sequence[int]) -> str:
    """Return the pairs that look almost the same by name, and how many photos were not looked at."""
    named = f": {first_of([f'{folder.names[a]} = {folder.names[b]}' for a, b in pairs], SHOWN)}" if pairs else ""
    return f"    {count(len(pairs), 'near-duplicate pair')}, {len(unseen)} photos not looked at{named}"


def _by_words(problems: Sequence[Problem]) -> Iterator[str]:
    """A line for everything that is wrong, with the names of all files of which that is true."""
    files: dict[str, list[str]] = {}
    for path, words in problems:
        files.setdefault(words, []).append(path.name)
    yield from (f"{words}: {first_of(names, SHOWN)}" for words, names in files.items())
