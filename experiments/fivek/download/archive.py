"""The whole archive: one file of about 50 GB with its SHA-1 beside it, and what is inside."""

import hashlib
import re
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.files.whole import sha256
from attiqa_core.runs.progress import progress
from experiments.fivek.download.disk import check_fits, free_bytes, size_text
from experiments.fivek.download.getting import ask_about, run_transfers
from experiments.fivek.download.legal import fetch_text
from experiments.fivek.download.part_files import PartFile
from experiments.fivek.download.patience import Reports, ask_first
from experiments.fivek.download.segments import SEGMENT_BYTES, SegmentedFile, fetch_segment
from experiments.fivek.download.server import Server, Trouble
from experiments.fivek.download.transfer import fetch
from experiments.options.outcome import Outcome, say
from isp_env.fivek.intact import web_page
from isp_env.fivek.manifest import Row, append, now, read_manifest

NAME, SUM = "fivek_dataset.tar", "fivek_dataset.tar.sha1"
INSIDE = "fivek_dataset"
EXTRACTING = ".extracting"
SHA1 = re.compile(r"\b[0-9a-f]{40}\b", re.IGNORECASE)
MEAN_BYTES = 50_000_000_000


def get_archive(
    server: Server,
    folder: Path,
    connections: int,
    *,
    extract: bool,
    dry_run: bool,
    consent: Callable[[], None],
    say: Callable[[str], None],
) -> Outcome:
    """Return what became of the archive: fetched and its SHA-1 right, extracted if asked; what is there is not done again.

    Raises: InputError if it cannot be had or is damaged, ResourceError if it does not fit.
    """
    row, archive, inside = read_manifest(folder).get(NAME), folder / NAME, folder / INSIDE
    to_extract = extract and not inside.is_dir()
    if inside.is_dir() or (row and archive.is_file() and not extract):
        return Outcome(folder, "the archive is there already")
    try:
        size, to_come = (archive.stat().st_size, 0) if archive.is_file() else _to_come(server, archive)
        say(f"{NAME}: {size_text(size)}, {size_text(to_come)} to fetch, {size_text(free_bytes(folder))} free")
        if dry_run:
            return Outcome(None, "nothing fetched")
        check_fits(folder, to_come + size * to_extract, "name a folder on another disk")
        if row is None or not archive.is_file():
            consent()
            append(folder, _fetched(server, archive, connections))
    except Trouble as trouble:
        raise InputError(str(trouble)) from trouble
    if to_extract:
        _extract(archive, folder)
    return Outcome(folder, f"the archive is {'extracted' if to_extract else 'here, and its SHA-1 is right'}")


def _to_come(server: Server, archive: Path) -> tuple[int, int]:
    """The archive's size, and how much of it is not here. Raises: InputError."""
    known = ask_first(lambda: ask_about(server, NAME))
    if known.total is None:
        return MEAN_BYTES, MEAN_BYTES
    in_segments = SegmentedFile.of(archive, known.version, known.total, SEGMENT_BYTES).bytes_to_come
    return known.total, min(in_segments, known.total - PartFile.of(archive).size)


def _fetched(server: Server, archive: Path, connections: int) -> Row:
    """The archive in its place, fetched or as it was there, its SHA-1 right. Raises: Trouble, InputError."""
    found = SHA1.search(fetch_text(server, SUM).decode("ascii", "replace"))
    if found is None:
        raise InputError(f"{server.url(SUM)}: holds no SHA-1; is this FiveK's server, or a mirror of it (--base-url)?")
    sha1 = found[0].lower()
    if archive.is_file():
        if wrong := _wrong(archive, sha1):
            raise InputError(f"{archive}: {wrong}; remove it, and it is fetched")
        return Row(NAME, archive.stat().st_size, sha256(archive), when=now(), adopted=True)
    first = ask_first(lambda: ask_about(server, NAME, end=1, method="GET"))
    if first.is_part and first.total and first.version.condition:
        return _in_segments(
            server, SegmentedFile.of(archive, first.version, first.total, SEGMENT_BYTES), sha1, connections
        )
    return _as_one(server, archive.parent, sha1, first.total or MEAN_BYTES)


def _as_one(server: Server, folder: Path, sha1: str, size: int) -> Row:
    """From a server that gives no parts."""
    rows: list[Row] = []

    def one(name: str, reports: Reports) -> Row:
        done = fetch(
            server,
            name,
            folder / name,
            head=web_page,
            whole=lambda path: _wrong(path, sha1),
            reports=reports,
            most_damaged=1,
        )
        return Row(name, done.bytes, done.sha256, done.version.etag, done.version.last_modified, now())

    tally = run_transfers(folder, (NAME,), one, rows.append, 1, size, {NAME: size})
    if tally.failures:
        raise Trouble(tally.failures[0])
    return rows[0]


def _in_segments(server: Server, file: SegmentedFile, sha1: str, connections: int) -> Row:
    """Over several connections, which is three times as fast."""
    file.begin()
    tally = run_transfers(
        file.target.parent,
        file.missing,
        lambda segment, reports: fetch_segment(server, NAME, file, segment, reports),
        file.keep,
        connections,
        file.bytes_to_come,
        {},
        thing="segment",
    )
    if tally.failures:
        raise Trouble(f"{tally.failures[0]}; the same command goes on from there")
    if wrong := _wrong(file.data, sha1):
        file.discard()
        raise Trouble(f"{server.url(NAME)}: {wrong}")
    file.finish()
    return Row(NAME, file.total, sha256(file.target), file.version.etag, file.version.last_modified, now())


def _wrong(path: Path, sha1: str) -> str | None:
    say(f"{NAME}: its SHA-1 is computed")
    return None if _sha1(path) == sha1 else f"its SHA-1 is not {sha1}, as {SUM} says"


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
