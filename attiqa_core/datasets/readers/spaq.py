"""SPAQ. Source: Fang et al. 2020, "Perceptual Quality Assessment of Smartphone Photography" (CVPR)."""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.datasets.rated import RatedImages
from attiqa_core.datasets.rows import Look, Row, rated_images
from attiqa_core.datasets.tables import number
from attiqa_core.errors import InputError

SPAQ_TABLE = "MOS and Image attribute scores.xlsx"
SPAQ_RANGE = MosRange(0.0, 100.0)
DAMAGED = (zipfile.BadZipFile, zlib.error, LookupError, ValueError, TypeError, SyntaxError, EOFError)
DAMAGED += (OSError, RuntimeError)  # a cut-off or altered xlsx fails in any of the libraries below openpyxl
LARGEST_BYTES = 64 * 2**20
MOST_ROWS, MOST_COLUMNS = 20_000, 64
"""Of which SPAQ has 11,126 and 13: a cell may say that it stands in column 16,384, and each row is filled up to it."""
COLUMNS = ("Image name", "MOS", *(attribute.capitalize() for attribute in ATTRIBUTES))


def read_spaq(table: Path, images: Path | None = None, look: Look = "all") -> RatedImages:
    """Return SPAQ's rated images from its xlsx, MOS and five attributes in 0 to 100, higher noisiness being cleaner.

    Images: `TestImage/`, several megapixels each. Raises: InputError if noisiness does not rise with MOS: then the
    table's polarity was changed.
    """
    rows = [
        Row(
            line,
            str(cells["Image name"]).strip(),
            number(table, line, "MOS", cells["MOS"]),
            attributes=tuple(number(table, line, name, cells[name]) for name in COLUMNS[2:]),
        )
        for line, cells in _sheet(table)
    ]
    noisiness = [row.attributes[ATTRIBUTES.index("noisiness")] for row in rows if row.attributes]
    check_polarity(table, noisiness, [row.mos for row in rows])
    root = table.parent.parent if table.parent.name == "Annotations" else table.parent
    notes = ["noisiness rises with MOS: higher is cleaner"]
    return rated_images(table, rows, images or root / "TestImage", "spaq", SPAQ_RANGE, look, notes)


def _sheet(table: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield (row number, cells by column) of the first sheet."""
    lines = _lines(table)
    names = [str(name).strip() for name in lines[0]] if lines else []
    if missing := [name for name in COLUMNS if name not in names]:
        raise InputError(f"{table}: has no column {' and '.join(missing)}; it is not SPAQ's attribute table")
    for line, cells in enumerate(lines[1:], 2):
        if any(cell is not None for cell in cells):
            yield line, dict(zip(names, cells, strict=False))


def _lines(table: Path) -> list[tuple[object, ...]]:
    """All rows of the first sheet. Raises: InputError if the file is no whole workbook."""
    import openpyxl  # here, since every command that knows the data sets would wait a quarter of a second for it
    from openpyxl.utils.exceptions import InvalidFileException

    if not table.is_file():
        raise InputError(f"{table}: no such file")
    try:
        with zipfile.ZipFile(table) as parts:
            if sum(part.file_size for part in parts.infolist()) > LARGEST_BYTES:
                raise InputError(f"{table}: unpacks to more than {LARGEST_BYTES // 2**20} MiB; SPAQ's table has 10")
        book = openpyxl.load_workbook(table, read_only=True, data_only=True)
        try:
            return [
                cells
                for sheet in book.worksheets[:1]
                for cells in sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS, values_only=True)
            ]
        finally:
            book.close()
    except InputError:
        raise
    except (*DAMAGED, InvalidFileException) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{table}: cannot be read as an Excel workbook ({reason}); fetch it again") from error


def check_polarity(source: object, noisiness: Sequence[float] | np.ndarray, mos: Sequence[float] | np.ndarray) -> float:
    """Return the correlation of people's noisiness ratings with MOS, which must be positive: higher is cleaner.

    Raises: InputError if it is not, for then the column counts noise and every prompt for it would be chosen backwards, or
    if there is too little to tell.
    """
    ratings, scores = np.asarray(noisiness, np.float64), np.asarray(mos, np.float64)
    known = np.isfinite(ratings) & np.isfinite(scores)
    if known.sum() < 3 or not np.ptp(ratings[known]) or not np.ptp(scores[known]):
        raise InputError(f"{source}: {known.sum()} rows do not show which way its columns go; fetch the whole table")
    correlation = float(np.corrcoef(ratings[known], scores[known])[0, 1])
    if correlation <= 0:
        raise InputError(
            f"{source}: Noisiness falls with MOS (correlation {correlation:.2f}); in SPAQ's own table higher is cleaner,"
            " so its polarity was changed: fetch the original"
        )
    return correlation
