"""AVA. Source: Murray, Marchesotti and Perronnin 2012, "AVA: A large-scale database for aesthetic visual analysis"."""

from pathlib import Path

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.datasets.rated import TEST, TRAIN, RatedImages
from attiqa_core.datasets.rows import Look, Row, rated_images
from attiqa_core.datasets.tables import read_text
from attiqa_core.errors import InputError

AVA_RANGE = MosRange(1.0, 10.0)
COLUMNS = 15  # index, image id, counts of the scores 1 to 10, two tags, challenge
TEST_LIST = Path("aesthetics_image_lists") / "generic_test.jpgl"


def read_ava(table: Path, images: Path | None = None, look: Look = "all") -> RatedImages:
    """Return AVA's rated images from `AVA.txt`: MOS is the exact mean of the counts of 1 to 10.

    `aesthetics_image_lists/generic_test.jpgl` is the official test part, the rest is train. Images: `images/ID.jpg` (or
    `image/`); every copy lacks some, so read it with look "present". Raises: InputError naming the line.
    """
    scores = [(line, *_score(table, line, text)) for line, text in enumerate(read_text(table).splitlines(), 1) if text]
    test, notes = _test_ids(table, {image for _, image, _ in scores})
    rows = [
        Row(line, f"{image}.jpg", mos, (TEST if image in test else TRAIN) if test else None)
        for line, image, mos in scores
    ]
    root = table.parent
    folders = images or (root / "images", root / "image")
    return rated_images(table, rows, folders, "ava", AVA_RANGE, look, notes)


def _score(table: Path, line: int, text: str) -> tuple[str, float]:
    """The image id and the mean score of one line."""
    cells = text.split()
    if len(cells) != COLUMNS:
        raise InputError(f"{table}, line {line}: has {len(cells)} columns instead of {COLUMNS}; fetch it again")
    try:
        counts = [int(cell) for cell in cells[2:12]]
    except ValueError as error:
        raise InputError(f"{table}, line {line}: counts {' '.join(cells[2:12])} are not whole numbers") from error
    raters = sum(counts)
    if raters == 0 or min(counts) < 0:
        raise InputError(f"{table}, line {line}: counts {' '.join(cells[2:12])} are no votes; fetch the table again")
    return cells[1], sum(score * count for score, count in enumerate(counts, 1)) / raters


def _test_ids(table: Path, known: set[str]) -> tuple[frozenset[str], list[str]]:
    """The official test ids, and what to know about them."""
    path = table.parent / TEST_LIST
    if not path.is_file():
        return frozenset(), [f"no official split: {TEST_LIST} is not beside {table.name}"]
    listed = frozenset(read_text(path).split())
    if not listed & known:
        raise InputError(f"{path}: names no image of {table.name}; fetch the list again")
    unrated = len(listed - known)
    return listed & known, [f"{unrated} ids of {TEST_LIST.name} are not in {table.name}"] if unrated else []
