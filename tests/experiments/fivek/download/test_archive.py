"""The archive: one file, checked by its SHA-1, extracted in one step."""

import hashlib
import io
import math
import tarfile
from collections.abc import Iterator

import pytest
from fixtures.breaking_server import BreakingServer, serving, small_tiff
from fixtures.fivek_files import write_archive

from attiqa_core.errors import InputError
from experiments.fivek.download import archive, disk, patience
from experiments.fivek.download.archive import NAME, SUM, get_archive
from experiments.fivek.download.segments import SegmentedFile
from experiments.fivek.download.server import Server, Version
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.manifest import read_manifest


@pytest.fixture
def tarred(tmp_path_factory) -> bytes:
    """The archive as a tar."""
    folder = write_archive(tmp_path_factory.mktemp("archive"), content=small_tiff(0))
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        tar.add(folder / "fivek_dataset", "fivek_dataset")
    return file.getvalue()


@pytest.fixture
def fivek(tarred) -> Iterator[BreakingServer]:
    text = f"{hashlib.sha1(tarred).hexdigest()}  {NAME}\n"
    with serving(BreakingServer({NAME: tarred, SUM: text.encode()})) as server:
        yield server


@pytest.fixture
def get(fivek, tmp_path, monkeypatch):
    """Fetch the archive to a new folder; returns what was done, and whether consent was asked for."""
    monkeypatch.setattr(archive, "SEGMENT_BYTES", 20_000)
    monkeypatch.setattr(patience, "LONGEST_PAUSE_S", 0.0)

    def call(extract: bool = False, dry_run: bool = False) -> tuple[str, bool]:
        asked: list[int] = []
        how = {"extract": extract, "dry_run": dry_run, "consent": lambda: asked.append(1), "say": lambda line: None}
        outcome = get_archive(Server(fivek.url), tmp_path, 3, **how)
        return outcome.done, bool(asked)

    return call


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_it_comes_over_broken_connections_and_its_sha1_is_right(fivek, get, tmp_path, tarred, knows_ranges):
    fivek.knows_ranges = knows_ranges
    fivek.plan(NAME, "", "break", "reset", "empty", "429", "wrong part", "break")
    assert get() == ("the archive is here, and its SHA-1 is right", True)
    assert (tmp_path / NAME).read_bytes() == tarred and read_manifest(tmp_path)[NAME].bytes == len(tarred)
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, "manifest.jsonl"]
    asked = fivek.asked.total()
    assert get() == ("the archive is there already", False) and fivek.asked.total() == asked


def test_segments_that_are_whole_are_not_fetched_again(fivek, get, tmp_path, tarred):
    fivek.plan(NAME, "", "", "", *["403"] * 20)
    with pytest.raises(InputError, match=r"does not give it to us .403.; the same command goes on from there"):
        get()
    assert (tmp_path / f"{NAME}.segments").stat().st_size == len(tarred)
    fivek.plans[NAME].clear()
    asked = fivek.asked["GET", NAME]
    get()
    assert (tmp_path / NAME).read_bytes() == tarred
    assert fivek.asked["GET", NAME] - asked == 1 + math.ceil(len(tarred) / 20_000) - 2


def test_segments_of_another_state_of_the_file_are_dropped(fivek, get, tmp_path, tarred):
    old = SegmentedFile(tmp_path / NAME, Version('"old"'), len(tarred), 20_000)
    old.begin()
    old.keep(old.missing[0])
    get()
    assert (tmp_path / NAME).read_bytes() == tarred


def test_an_archive_that_changes_meanwhile_is_not_mixed_with_itself(fivek, get, tmp_path, tarred):
    fivek.plan(NAME, "", "", *["403"] * 20)
    with pytest.raises(InputError, match="does not give it"):
        get()
    fivek.plans[NAME].clear()
    fivek.plan(NAME, "", "", "other")  # the file is another one from here on, and of another size
    with pytest.raises(InputError, match="it changed meanwhile; the same command begins anew"):
        get()
    fivek.files[NAME] = tarred
    get()
    assert (tmp_path / NAME).read_bytes() == tarred


def test_an_archive_from_elsewhere_is_taken_in_if_its_sha1_is_right(fivek, get, tmp_path, tarred):
    (tmp_path / NAME).write_bytes(tarred[:-1])
    with pytest.raises(InputError, match=r"its SHA-1 is not .*; remove it, and it is fetched"):
        get()
    (tmp_path / NAME).write_bytes(tarred)
    get()
    assert read_manifest(tmp_path)[NAME].adopted and fivek.asked["GET", NAME] == 0


def test_extracted_it_is_the_folder_that_others_open_and_nothing_else_is_left(get, tmp_path):
    assert get(extract=True)[0] == "the archive is extracted"
    assert list(FiveKFolder.open(tmp_path).files["raw"]) == [1, 2, 700, 701, 4501, 4502]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fivek_dataset", NAME, "manifest.jsonl"]
    (tmp_path / NAME).unlink()
    assert get(extract=True) == ("the archive is there already", False)


def test_what_was_fetched_before_is_extracted_without_the_server(fivek, get, tmp_path):
    get()
    asked = fivek.asked.total()
    assert get(extract=True) == ("the archive is extracted", False) and fivek.asked.total() == asked


def test_another_sha1_is_damage_and_leaves_nothing(fivek, get, tmp_path):
    fivek.files[SUM] = b"0" * 40 + b" fivek_dataset.tar"
    with pytest.raises(InputError, match="its SHA-1 is not 0000"):
        get()
    assert not list(tmp_path.glob("*.tar*"))


def test_a_dry_run_fetches_nothing(fivek, get, tmp_path):
    assert get(dry_run=True) == ("nothing fetched", False)
    assert not list(tmp_path.iterdir()) and fivek.asked["GET", NAME] == 0


def test_an_archive_that_leads_elsewhere_is_refused(fivek, get, tmp_path):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("../outside"))
    fivek.files |= {NAME: file.getvalue(), SUM: hashlib.sha1(file.getvalue()).hexdigest().encode()}
    with pytest.raises(InputError, match="is not the archive of FiveK"):
        get(extract=True)
    assert not (tmp_path.parent / "outside").exists() and not (tmp_path / "fivek_dataset").exists()


def test_it_has_to_fit_and_extracted_as_well(get, tmp_path, tarred, monkeypatch):
    monkeypatch.setattr(disk, "free_bytes", lambda folder: int(1.5 * len(tarred)))
    with pytest.raises(RuntimeError, match=r"kB to come, and .* free; name a folder on another disk"):
        get(extract=True)
    assert get()[1]
