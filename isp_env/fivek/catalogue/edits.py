"""The catalogue as a whole: its version, its collections, and the edits that a collection holds."""

import contextlib
import re
import sqlite3
from collections import defaultdict
from collections.abc import Collection as AnyOf
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from isp_env.fivek.catalogue.cells import as_id, text_of
from isp_env.fivek.catalogue.collections import Collection, read_collections
from isp_env.fivek.catalogue.develop import DevelopSettings, develop_settings
from isp_env.fivek.catalogue.opening import opened
from isp_env.fivek.photos import number_of

ORIENTATIONS: Mapping[str, int] = {"AB": 1, "BC": 6, "CD": 3, "DA": 8}
"""Lightroom names the corners that lie on top; EXIF numbers them."""
PROGRAMS = {"03": "Lightroom 3", "04": "Lightroom 4"}
"""First digits of Adobe_DBVersion -> who wrote the catalogue, as far as its settings are those of FiveK."""

_EMPTY = re.compile(r"\s*(?:[A-Za-z_]\w*\s*=\s*)?(?:\{\s*\}\s*)?")

IMAGES = """
SELECT link.image, image.copyName, image.masterImage, image.developSettingsIDCache, image.orientation,
       coalesce(own.baseName, ofMaster.baseName), coalesce(model.value, modelOfMaster.value)
FROM AgLibraryCollectionImage AS link
JOIN Adobe_images AS image ON image.id_local = link.image
LEFT JOIN Adobe_images AS master ON master.id_local = image.masterImage
LEFT JOIN AgLibraryFile AS own ON own.id_local = image.rootFile
LEFT JOIN AgLibraryFile AS ofMaster ON ofMaster.id_local = master.rootFile
LEFT JOIN AgHarvestedExifMetadata AS exif ON exif.image = image.id_local
LEFT JOIN AgInternedExifCameraModel AS model ON model.id_local = exif.cameraModelRef
LEFT JOIN AgHarvestedExifMetadata AS exifOfMaster ON exifOfMaster.image = master.id_local
LEFT JOIN AgInternedExifCameraModel AS modelOfMaster ON modelOfMaster.id_local = exifOfMaster.cameraModelRef
WHERE link.collection = ?
"""
SETTINGS = """
SELECT settings.image, settings.id_local, settings.text FROM Adobe_imageDevelopSettings AS settings
WHERE settings.image IN (SELECT image FROM AgLibraryCollectionImage WHERE collection = ?)
"""


@dataclass(frozen=True)
class Catalogue:
    """An open catalogue; `notes`: what there is to know before its numbers are believed."""

    path: Path
    connection: sqlite3.Connection
    version: str
    collections: tuple[Collection, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Edit:
    """One photo in one collection. `text`: its settings, None where `problem` says why there are none that count.

    `number`: in FiveK, None for a name that is no photo of it; `copy_name`: of a virtual copy, as "Copy 3", "" for a master;
    `orientation`: EXIF's 1, 6, 3, 8, None where it is not known.
    """

    collection: Collection
    name: str
    number: int | None
    copy_name: str
    is_copy: bool
    camera: str
    orientation: int | None
    text: str | None
    problem: str = ""

    @property
    def label(self) -> str:
        """The photo and its collection, as errors name them."""
        return f"{self.name} in {self.collection.label}"

    def settings(self) -> DevelopSettings:
        """Return what the edit means. Raises: InputError naming photo and collection if there is none, or it cannot be read."""
        if self.text is None:
            raise InputError(f"{self.label}: {self.problem}")
        try:
            return develop_settings(self.text)
        except InputError as error:
            raise InputError(f"{self.label}: its settings cannot be read: {error}") from error


@contextlib.contextmanager
def open_catalogue(path: str | Path) -> Iterator[Catalogue]:
    """Yield the catalogue of a file, read-only: neither it nor its folder is written to.

    Raises: InputError if it is no database, cut off, damaged, or no catalogue.
    """
    path = Path(path)
    with opened(path) as (connection, notes):
        version = _version(connection)
        if version[:2] not in PROGRAMS:
            said = f"is of version {version}" if version else "says no version"
            notes = (
                *notes,
                f"{path.name}: {said}, not of Lightroom 3 or 4 as FiveK's own; settings may have been converted",
            )
        yield Catalogue(path, connection, version, read_collections(connection), notes)


def read_edits(catalogue: Catalogue, collection: Collection, photos: AnyOf[int] | None = None) -> list[Edit]:
    """Return the edits of a collection by the photos' names; `photos`: only those of these numbers."""
    texts: dict[Any, dict[Any, str]] = defaultdict(dict)
    for image, own, text in catalogue.connection.execute(SETTINGS, (collection.id_local,)):
        texts[image][own] = text_of(text)
    edits, seen = [], set()
    for image, copy_name, master, cache, orientation, name, camera in catalogue.connection.execute(
        IMAGES, (collection.id_local,)
    ):
        number = number_of(text_of(name))
        if image in seen or (photos is not None and number not in photos):
            continue
        seen.add(image)
        text, problem = chosen(texts.get(image, {}), as_id(cache))
        edits.append(
            Edit(
                collection=collection,
                name=text_of(name) or f"image {image}, whose file is not in the catalogue",
                number=number,
                copy_name=text_of(copy_name),
                is_copy=master is not None,
                camera=text_of(camera),
                orientation=ORIENTATIONS.get(orientation),
                text=text,
                problem=problem,
            )
        )
    return sorted(edits, key=lambda edit: (edit.name, edit.copy_name))


def chosen(texts: Mapping[int, str], cache: int | None) -> tuple[str | None, str]:
    """Return the settings of an image that count, or None and why there are none.

    `texts`: its rows by id, of which all but one are empty as a rule; `cache`: the row that its image names. That row counts
    if it holds anything, else the only one that does.
    """
    filled = {own: text for own, text in texts.items() if not _EMPTY.fullmatch(text)}
    if cache in filled:
        return filled[cache], ""
    if len(set(filled.values())) == 1:
        return next(iter(filled.values())), ""
    if not filled:
        return None, "has no settings in the catalogue"
    return None, f"has {len(filled)} settings in the catalogue, and its image names none of them"


def _version(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT value FROM Adobe_variablesTable WHERE name = 'Adobe_DBVersion'").fetchone()
    return text_of(row[0]) if row else ""
