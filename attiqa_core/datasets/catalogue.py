"""The data sets that are known: how each is recognised, read, and got."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.datasets.rated import RatedImages
from attiqa_core.datasets.readers.agiqa3k import AGIQA_COLUMNS, AGIQA_RANGE, read_agiqa3k
from attiqa_core.datasets.readers.ava import AVA_RANGE, read_ava
from attiqa_core.datasets.readers.clive import CLIVE_RANGE, read_clive
from attiqa_core.datasets.readers.flive import FLIVE_RANGE, FLIVE_TABLE, read_flive
from attiqa_core.datasets.readers.kadid10k import KADID_COLUMNS, KADID_RANGE, read_kadid10k
from attiqa_core.datasets.readers.koniq10k import KONIQ_RANGE, read_koniq10k
from attiqa_core.datasets.readers.spaq import SPAQ_RANGE, SPAQ_TABLE, read_spaq
from attiqa_core.datasets.readers.tid2013 import TID_RANGE, read_tid2013
from attiqa_core.datasets.rows import Look
from attiqa_core.datasets.tables import header


@dataclass(frozen=True)
class DataSet:
    """One public data set: `tables` are its score files below its folder, the first that exists is read.

    A CSV also has to have `columns`, for names like `data.csv` say little; a CSV of any other name is known by them too.
    One that `takes_prefix` is known by the end of its name instead (`flive_labels_image.csv`): its columns are anyone's.
    `images` says where the images are put. `parts` counts the official split. `checksums` are SHA-256 of original tables.
    """

    title: str
    tables: tuple[str, ...]
    images: str
    mos_range: MosRange
    count: int
    source: str
    read: Callable[[Path, Path | None, Look], RatedImages]
    columns: tuple[str, ...] = ()
    takes_prefix: bool = False
    parts: dict[str, int] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)

    def table(self, path: Path) -> Path | None:
        """Return the score file of a folder, or the path itself if it is one; None if it is not this data set."""
        if path.is_dir():
            return next((path / name for name in self.tables if self._is_table(path / name)), None)
        names = tuple(Path(name).name for name in self.tables)
        is_named = path.name.endswith(names) if self.takes_prefix else path.name in names
        by_columns = not self.takes_prefix and path.suffix.lower() == ".csv"
        return path if (is_named or by_columns) and self._is_table(path) else None

    def _is_table(self, path: Path) -> bool:
        if path.suffix.lower() != ".csv":
            return path.is_file()
        return bool(self.columns) and path.is_file() and header(path).issuperset(self.columns)


DATASETS: dict[str, DataSet] = {
    "clive": DataSet(
        "CLIVE (LIVE In the Wild)",
        ("AllImages_release.mat", "Data/AllImages_release.mat"),
        "Images/",
        CLIVE_RANGE,
        1162,
        'the LIVE laboratory, UT Austin: "LIVE In the Wild Image Quality Challenge Database"',
        read_clive,
        checksums={
            "AllImages_release.mat": "9dca4ac80b008c83687c873221d2d30ecbeaeb182426c16e58bddc9996826681",
            "AllMOS_release.mat": "94d4034cb420f31900d739ea06001f24f5851473a0bac07a6db3766252ef1767",
        },
    ),
    "koniq10k": DataSet(
        "KonIQ-10k",
        ("koniq10k_distributions_sets.csv", "koniq10k_scores_and_distributions.csv"),
        "1024x768/ or 512x384/",
        KONIQ_RANGE,
        10073,
        'the VQA group, University of Konstanz: "KonIQ-10k IQA Database"',
        read_koniq10k,
        columns=("image_name", "c1", "c5", "MOS"),
        parts={"train": 7058, "val": 1000, "test": 2015},
        checksums={
            "koniq10k_distributions_sets.csv": "d0bd1ad54a60bc36fe172049e46ac76c83554e50ab84acebfd47b82b3e698a0a"
        },
    ),
    "spaq": DataSet(
        "SPAQ",
        (f"Annotations/{SPAQ_TABLE}", SPAQ_TABLE),
        "TestImage/",
        SPAQ_RANGE,
        11125,
        'its authors\' page: "Perceptual Quality Assessment of Smartphone Photography" (h4nwei/SPAQ)',
        read_spaq,
    ),
    "flive": DataSet(
        "FLIVE (PaQ-2-PiQ)",
        (FLIVE_TABLE, f"database/{FLIVE_TABLE}"),
        "database/",
        FLIVE_RANGE,
        39810,
        'its authors\' page: "From Patches to Pictures (PaQ-2-PiQ)" (baidut/PaQ-2-PiQ)',
        read_flive,
        columns=("name", "mos"),
        takes_prefix=True,
        parts={"train": 30253, "val": 7727, "test": 1827},
        checksums={
            "labels_image.csv": "667a9de3ba2633bf57c7c10f9649fd0363b6dc9b9aa34255100f1ac60b57adec",
            "labels640.csv": "63633696cbc425d1da4f81621797ba4410bdeb3ea02d84c83c76a4a46efcd0fb",
        },
    ),
    "ava": DataSet(
        "AVA",
        ("AVA.txt",),
        "images/ or image/",
        AVA_RANGE,
        255530,
        'the copies of "AVA: A large-scale database for aesthetic visual analysis" (imfing/ava_downloader)',
        read_ava,
        parts={"train": 235530, "test": 20000},
    ),
    "agiqa3k": DataSet(
        "AGIQA-3k",
        ("data.csv",),
        "images/ or AGIQA-3K/",
        AGIQA_RANGE,
        2982,
        'its authors\' page: "AGIQA-3K" (lcysyzxdxc/AGIQA-3k-Database)',
        read_agiqa3k,
        columns=AGIQA_COLUMNS,
        checksums={"data.csv": "4b1945c2137e196d9378b9cf4a114de2267b97a4724f0743e260287eb2ddd6c0"},
    ),
    "kadid10k": DataSet(
        "KADID-10k",
        ("dmos.csv",),
        "images/",
        KADID_RANGE,
        10125,
        'the VQA group, University of Konstanz: "KADID-10k IQA Database"',
        read_kadid10k,
        columns=KADID_COLUMNS,
    ),
    "tid2013": DataSet(
        "TID2013",
        ("mos_with_names.txt",),
        "distorted_images/",
        TID_RANGE,
        3000,
        'Nikolay Ponomarenko\'s page: "Tampere Image Database 2013"',
        read_tid2013,
    ),
}
"""Name -> data set, in the order in which a folder is asked what it is. To add one: a file in readers/ and a row here."""
