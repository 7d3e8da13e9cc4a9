"""Opening Lightroom's catalogue so that nothing beside it or in it can be written, and saying what is wrong with it."""

import contextlib
import errno
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from attiqa_core.errors import InputError, ResourceError
from isp_env.fivek.folder import CATALOGUES, catalogue_in

SQLITE = b"SQLite format 3\0"
HOT_JOURNAL = bytes.fromhex("d9d505f920a163d7")  # a journal that is done with begins with zeros, or is empty
WAL_HEADER_BYTES = 32
LARGEST_CELL_BYTES = 64 * 2**20  # of a text; settings of more than 8 million letters are not parsed
CURE = "FiveK's own is raw_photos/fivek.lrcat of fivek_dataset.tar; fetch it again"

NEEDED = {
    "Adobe_variablesTable": ("name", "value"),
    "AgLibraryCollection": ("id_local", "name", "parent"),
    "AgLibraryCollectionImage": ("collection", "image"),
    "Adobe_images": ("id_local", "masterImage", "rootFile", "copyName", "developSettingsIDCache", "orientation"),
    "AgLibraryFile": ("id_local", "baseName", "extension"),
    "Adobe_imageDevelopSettings": ("id_local", "image", "text"),
    "AgHarvestedExifMetadata": ("image", "cameraModelRef"),
    "AgInternedExifCameraModel": ("id_local", "value"),
}
"""Table -> columns that are read."""


def find_catalogue(path: Path) -> Path:
    """Return the catalogue that is named, or that lies in a folder of FiveK. Raises: InputError if there is none."""
    if not path.is_dir():
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
        return path
    if (found := catalogue_in(path)) is None:
        raise InputError(
            f"{path}: holds no catalogue at {' or '.join(CATALOGUES)}; name the .lrcat file, or the archive's folder"
        )
    return found


@contextlib.contextmanager
def opened(path: Path) -> Iterator[tuple[sqlite3.Connection, tuple[str, ...]]]:
    """Yield a connection that cannot write, and what there is to know about the file.

    Opened as immutable: SQLite then makes neither -shm nor -journal nor locks, so that read-only disks do. It also passes over
    changes that still lie in a -wal or -journal; where there are some, a copy is read in which SQLite has taken them up.
    Raises: InputError if it is no database, cut off, damaged, or no catalogue. ResourceError if there is no room for the copy.
    """
    if path.exists() and not path.is_file():  # a named pipe would be waited for
        raise InputError(f"{path}: cannot be read: it is no file but a folder, pipe or device; {CURE}")
    real = path.resolve()  # a -wal lies beside the file itself, not beside a link to it
    notes = _lock_notes(path)
    with contextlib.ExitStack() as stack:
        if sidecar := pending(real):
            source = stack.enter_context(_recovered(real, sidecar))
            notes = (*notes, f"{path.name}: {sidecar.name} holds changes that it lacks; a copy that has them is read")
        else:
            _check_whole(path)
            source = path
        try:
            uri = f"{source.absolute().as_uri()}?mode=ro&immutable=1"
            connection = stack.enter_context(contextlib.closing(sqlite3.connect(uri, uri=True)))
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            connection.executescript("PRAGMA query_only = 1; PRAGMA trusted_schema = 0")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_CELL_BYTES)
            _check_tables(path, connection)
            yield connection, notes
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter of a column's name
            raise InputError(f"{path}: is damaged or cut off ({error}); {CURE}") from error


def pending(path: Path) -> Path | None:
    """Return the file beside a database that holds changes which it lacks; None where there is none, or it is done with."""
    wal, journal = (path.with_name(f"{path.name}-{kind}") for kind in ("wal", "journal"))
    if wal.is_file() and wal.stat().st_size > WAL_HEADER_BYTES:
        return wal
    if journal.is_file():
        with journal.open("rb") as file:
            if file.read(len(HOT_JOURNAL)) == HOT_JOURNAL:
                return journal
    return None


@contextlib.contextmanager
def _recovered(path: Path, sidecar: Path) -> Iterator[Path]:
    """A copy elsewhere, into which SQLite has taken what the -wal or -journal holds."""
    with tempfile.TemporaryDirectory(prefix="attiqa-lrcat-") as folder:
        copy = Path(folder) / "catalogue.lrcat"
        try:
            shutil.copyfile(path, copy)
            shutil.copyfile(sidecar, copy.with_name(copy.name + sidecar.name.removeprefix(path.name)))
            with contextlib.closing(sqlite3.connect(copy)) as connection:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # rolls back, or reads the -wal
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise ResourceError(
                    f"{path}: {sidecar.name} beside it makes a copy necessary, and {folder} has no room for one; free some, or "
                    "set TMPDIR"
                ) from error
            raise InputError(f"{path}: cannot be copied, which {sidecar.name} makes necessary ({error})") from error
        except sqlite3.Error as error:
            raise InputError(f"{path}: cannot be put together with {sidecar.name} ({error}); {CURE}") from error
        yield copy


def _lock_notes(path: Path) -> tuple[str, ...]:
    lock = path.with_name(f"{path.name}.lock")
    said = f"{path.name}: {lock.name} beside it says that Lightroom has it open; what is not saved yet is not seen"
    return (said,) if lock.exists() else ()


def _check_whole(path: Path) -> None:
    """Raises: InputError for what is no SQLite database, or has fewer bytes than its header says."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
        size = path.stat().st_size
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    if not header.startswith(SQLITE):
        raise InputError(f"{path}: is no SQLite database, and so no catalogue of Lightroom; {CURE}")
    page = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big") if header[24:28] == header[92:96] else 0  # old programs do not keep it
    expected = pages * (65536 if page == 1 else page)
    if len(header) < 100 or size < expected:
        raise InputError(f"{path}: is cut off: {size:,} of {expected:,} bytes are here; {CURE}")


def _check_tables(path: Path, connection: sqlite3.Connection) -> None:
    """Raises: InputError for a table or column that is missing, or a view in its place, which may compute for ever."""
    stored = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE rootpage > 0")}
    for table, columns in NEEDED.items():
        here = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
        missing = [column for column in columns if column not in here]
        if not missing and table not in stored:
            raise InputError(f"{path}: its {table} is a view and no table, as no catalogue of Lightroom has it; {CURE}")
        if missing:
            what = f"no column {missing[0]} in its table {table}" if here else f"no table {table}"
            raise InputError(f"{path}: has {what}, so it is no catalogue of Lightroom that is known here; {CURE}")
