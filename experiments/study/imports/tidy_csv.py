"""A plain CSV with a row for each answer: rater, scene, left, right, choice, seconds; and, where known, kind and expected."""

from experiments.study.imports.answers import Source
from experiments.study.imports.rows import csv_rows

SOURCE = Source(
    read=csv_rows,
    columns={
        "rater": ("rater",),
        "scene": ("scene", "image", "pair"),
        "left": ("left",),
        "right": ("right",),
        "choice": ("choice",),
        "seconds": ("seconds",),
        "kind": ("kind",),
        "expected": ("expected",),
    },
    words={},
    untold=("consent, screens and languages",),
)
