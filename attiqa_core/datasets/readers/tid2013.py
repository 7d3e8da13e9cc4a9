"""TID2013, synthetic distortions. Source: Ponomarenko et al. 2015, doi 10.1016/j.image.2014.10.009."""

from pathlib import Path

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.datasets.rated import RatedImages
from attiqa_core.datasets.rows import Look, Row, rated_images
from attiqa_core.datasets.severity import check_direction
from attiqa_core.datasets.tables import number, read_text
from attiqa_core.errors import InputError

TID_RANGE = MosRange(0.0, 9.0)


def read_tid2013(table: Path, images: Path | None = None, look: Look = "all") -> RatedImages:
    """Return TID2013's distorted images from `mos_with_names.txt` (MOS, name), grouped by reference, MOS in 0 to 9.

    The reference is the name's first part (`I01` of `I01_08_5.bmp`, of any case). Images: `distorted_images/`.
    Raises: InputError naming the line, or if severe distortions score higher than mild ones.
    """
    rows = []
    for line, text in enumerate(read_text(table).splitlines(), 1):
        if not text.strip():
            continue
        if len(cells := text.split()) != 2:
            raise InputError(f"{table}, line {line}: {text.strip()!r} is not a MOS and an image name")
        reference = cells[1].split("_")[0].upper()
        rows.append(Row(line, cells[1], number(table, line, "MOS", cells[0]), group=reference))
    check_direction(table, rows)
    folders = images or (table.parent / "distorted_images", table.parent)
    return rated_images(table, rows, folders, "tid2013", TID_RANGE, look, ["split by reference"])
