"""A synthetic catalogue that is written once."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from fixtures.lightroom import Settings, write_catalogue

NAMES = [f"a{number:04d}-photo ({number})" for number in range(1, 9)]


@dataclass(frozen=True)
class Written:
    """`settings`: what was written, by the collection's label and the photo's name."""

    path: Path
    settings: dict[tuple[str, str], Settings | str]


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Written:
    path = tmp_path_factory.mktemp("a folder with 100%? of #names") / "raw_photos" / "fivek.lrcat"
    return Written(path, write_catalogue(path, NAMES))
