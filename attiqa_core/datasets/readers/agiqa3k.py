"""AGIQA-3k, generated images. Source: Li et al. 2023, arXiv 2306.04717."""

from pathlib import Path

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.datasets.rated import RatedImages
from attiqa_core.datasets.rows import Look, Row, rated_images
from attiqa_core.datasets.tables import number, read_csv

AGIQA_COLUMNS = ("name", "prompt", "mos_quality")
AGIQA_RANGE = MosRange(0.0, 5.0)


def read_agiqa3k(table: Path, images: Path | None = None, look: Look = "all") -> RatedImages:
    """Return AGIQA-3k's rated images from `data.csv`: perceptual quality in 0 to 5, grouped by prompt.

    Images of one prompt are near-duplicates, so splits must keep a prompt together. Images: `images/`, `AGIQA-3K/` or
    beside the table. Raises: InputError naming the line.
    """
    rows = [
        Row(
            line,
            row["name"].strip(),
            number(table, line, "mos_quality", row["mos_quality"]),
            group=" ".join(row["prompt"].lower().split()),
        )
        for line, row in read_csv(table, AGIQA_COLUMNS)
    ]
    root = table.parent
    folders = images or (root / "images", root / "AGIQA-3K", root)
    return rated_images(table, rows, folders, "agiqa3k", AGIQA_RANGE, look, ["split by prompt"])
