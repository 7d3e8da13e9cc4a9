"""KonIQ-10k. Source: Hosu et al. 2020, doi 10.1109/TIP.2020.2967829.

Two CSVs use the column name MOS for different scales: `koniq10k_distributions_sets.csv` for 0 to 100 (with the official
split), `koniq10k_scores_and_distributions.csv` for 1 to 5 (with MOS_zscore for 0 to 100).
"""

from dataclasses import replace
from pathlib import Path

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.datasets.rated import RatedImages
from attiqa_core.datasets.readers.mos_csv import part
from attiqa_core.datasets.rows import Look, Row, rated_images
from attiqa_core.datasets.tables import header, number, read_csv
from attiqa_core.errors import InputError

KONIQ_RANGE = MosRange(0.0, 100.0)
STARS = MosRange(1.0, 5.0)
RESOLUTIONS = ("1024x768", "512x384")  # the size changes scores: pyiqa issue 137


def read_koniq10k(table: Path, images: Path | None = None, look: Look = "all") -> RatedImages:
    """Return KonIQ-10k's rated images from either of its CSVs, always on 0 to 100; the split is in one of them only.

    Images: `1024x768/`, else `512x384/`; a note says which. Raises: InputError if MOS is not on its table's scale.
    """
    columns = header(table)
    score = "MOS_zscore" if "MOS_zscore" in columns else "MOS"
    rows, stars = [], []
    for line, row in read_csv(table, ("image_name", "MOS", score)):
        split = part(table, line, row["set"]) if "set" in columns else None
        rows.append(Row(line, row["image_name"].strip(), number(table, line, score, row[score]), split))
        stars.append(number(table, line, "MOS", row["MOS"]))
    _check_scale(table, stars, is_stars=score == "MOS_zscore")
    notes = [f"MOS from the column {score} of {table.name}"]
    if "set" not in columns:
        notes.append("no official split here: it is in koniq10k_distributions_sets.csv")
    folders = images or [table.parent / size for size in RESOLUTIONS]
    rated = rated_images(table, rows, folders, "koniq10k", KONIQ_RANGE, look, notes)
    return replace(rated, notes=(f"images of {rated.paths[0].parent.name}/", *rated.notes))


def _check_scale(table: Path, mos: list[float], *, is_stars: bool) -> None:
    """Raises: InputError if the column MOS is on the scale of the other table."""
    looks_like_stars = bool(mos) and STARS.low <= min(mos) and max(mos) <= STARS.high
    if looks_like_stars != is_stars:
        found, expected = ("1 to 5", "0 to 100") if looks_like_stars else ("0 to 100", "1 to 5")
        column = "MOS_zscore" if is_stars else "set or MOS_zscore"
        raise InputError(
            f"{table}: MOS is on the scale {found}, but beside {'a' if is_stars else 'no'} column MOS_zscore it has to be"
            f" on {expected}; KonIQ-10k's two tables were mixed up, fetch the original with {column}"
        )
