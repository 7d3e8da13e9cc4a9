"""KADID-10k, synthetic distortions. Source: Lin, Hosu and Saupe 2019, doi 10.1109/QoMEX.2019.8743252."""

from pathlib import Path

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.datasets.rated import RatedImages
from attiqa_core.datasets.rows import Look, Row, rated_images
from attiqa_core.datasets.severity import check_direction
from attiqa_core.datasets.tables import number, read_csv

KADID_COLUMNS = ("dist_img", "ref_img", "dmos")
KADID_RANGE = MosRange(1.0, 5.0)


def read_kadid10k(table: Path, images: Path | None = None, look: Look = "all") -> RatedImages:
    """Return KADID-10k's distorted images from `dmos.csv`, grouped by reference, scores in 1 to 5.

    The column is called dmos, yet higher is better: this is checked against the distortion levels in the names.
    Images: `images/`. Raises: InputError if severe distortions score higher than mild ones.
    """
    rows = [
        Row(line, row["dist_img"].strip(), number(table, line, "dmos", row["dmos"]), group=row["ref_img"].strip())
        for line, row in read_csv(table, KADID_COLUMNS)
    ]
    check_direction(table, rows)
    folders = images or (table.parent / "images", table.parent)
    notes = ["split by reference", "dmos: higher is better"]
    return rated_images(table, rows, folders, "kadid10k", KADID_RANGE, look, notes)
