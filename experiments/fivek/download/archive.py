"""The whole archive: one file of about 50 GB with its SHA-1 beside it, and what is inside."""

import hashlib
import re
import shutil
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.runs import progress
from experiments.fivek.download.disk import check_fits, free_bytes, size_text
from experiments.fivek.download.getting import ask_about, run_transfers
from experiments.fivek.download.intact import web_page
from experiments.fivek.download.legal import fetch_text
from experiments.fivek.download.manifest import Row, now, read_manifest
from experiments.fivek.download.part_files import PartFile
from experiments.fivek.download.server import Server, Trouble
from experiments.fivek.download.transfer import Reports, fetch
from experiments.options.outcome import Outcome

NAME, SUM = "fivek_dataset.tar", "fivek_dataset.tar.sha1"
INSIDE = "fivek_dataset"
EXTRACTING = ".extracting"
SHA1 = re.compile(r"\b[0-9a-f]{40}\b", re.IGNORECASE)
MEAN_BYTES = 50_000_000_000


def get_archive(
    server: Server, folder: Path, extract: bool, dry_run: bool, consent: Callable[[], None], say: Callable[[str], None]
) -> Outcome:
    """Return what became of the archive: fetched and its SHA-1 right, extracted if asked; what is there is not done again.

    Raises: InputError if it cannot be had or is damaged, ResourceError if it does not fit.
    """
    row = read_manifest(folder).get(NAME)
    archive, inside = folder / NAME, folder / INSIDE
    fetched = row is not None and archive.is_file() and archive.stat().st_size == row.bytes
    to_extract = extract and not inside.is_dir()
    if (inside.is_dir() or fetched) and not to_extract:
        return Outcome(folder, "the archive is there already")
    size = row.bytes if fetched and row else _size(server)
    to_come = 0 if fetched else size - PartFile.of(archive).size
    say(f"{NAME}: {size_text(size)}, {size_text(to_come)} to fetch, {size_text(free_bytes(folder))} free")
    if dry_run:
        return Outcome(None, "nothing fetched")
    check_fits(folder, to_come + size * to_extract, "name a folder on another disk")
    if not fetched:
        consent()
        _fetch(server, folder, size)
    if to_extract:
        _extract(archive, folder)
    return Outcome(folder, f"the archive is {'extracted' if to_extract else 'fetched, and its SHA-1 is right'}")


def _size(server: Server) -> int:
    try:
        return ask_about(server, NAME).total or MEAN_BYTES
    except Trouble as trouble:
        raise InputError(str(trouble)) from trouble


def _fetch(server: Server, folder: Path, size: int) -> None:
    """Fetch it into its place. Raises: InputError."""
    found = SHA1.search(fetch_text(server, SUM).decode("ascii", "replace"))
    if found is None:
        raise InputError(f"{server.url(SUM)}: holds no SHA-1; is this FiveK's server, or a mirror of it (--base-url)?")

    def whole(path: Path) -> str | None:
        print(f"attiqa: {NAME}: its SHA-1 is computed", file=sys.stderr)
        return None if _sha1(path) == found[0].lower() else f"its SHA-1 is not {found[0].lower()}, as {SUM} says"

    def one(name: str, reports: Reports) -> Row:
        done = fetch(server, name, folder / name, head=web_page, whole=whole, reports=reports, most_damaged=1)
        return Row(name, done.bytes, done.sha256, done.version.etag, done.version.last_modified, now())

    tally = run_transfers(folder, (NAME,), one, 1, {NAME: size})
    if tally.failures:
        raise InputError(tally.failures[0])


def _sha1(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha1").hexdigest()


def _extract(archive: Path, folder: Path) -> None:
    """Extract beside its place, and move it there when it is whole. Raises: InputError for an archive of something else."""
    beside = folder / EXTRACTING
    shutil.rmtree(beside, ignore_errors=True)
    try:
        with tarfile.open(archive, "r:") as tar, progress(
            total=archive.stat().st_size, label="extract", unit="byte", scaled=True
        ) as bar:  # fmt: skip
            for member in tar:
                tar.extract(member, beside, filter="data")
                bar.update(member.size)
        (beside / INSIDE).replace(folder / INSIDE)
    except (tarfile.TarError, FileNotFoundError) as error:
        raise InputError(f"{archive}: is not the archive of FiveK ({error}); remove it and fetch it again") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
