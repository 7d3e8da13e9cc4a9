import contextlib
import hashlib
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from fixtures.lightroom import write_catalogue

from attiqa_core.errors import InputError
from isp_env.fivek.catalogue import opening
from isp_env.fivek.catalogue.collections import expert_collection
from isp_env.fivek.catalogue.edits import open_catalogue, read_edits
from isp_env.fivek.catalogue.opening import find_catalogue, pending

NAME = "a0001-jmac_DSC1459"
NOBODY = 65534


def everything(folder):
    """Name, content, time and mode of every file of a folder, and the folder's own time."""
    files = {
        each.name: (hashlib.sha256(each.read_bytes()).hexdigest(), each.stat().st_mtime_ns, each.stat().st_mode)
        for each in folder.iterdir()
    }
    return files, folder.stat().st_mtime_ns


def read_all(path):
    with open_catalogue(path) as catalogue:
        edits = [
            each
            for letter in "abcde"
            for each in read_edits(catalogue, expert_collection(catalogue.collections, letter))
        ]
        names = sorted(each.name for each in path.parent.iterdir())
        return edits, catalogue.notes, names


@pytest.fixture
def copied(catalogue, tmp_path):
    """The catalogue alone in a folder."""
    return shutil.copyfile(catalogue.path, tmp_path / "fivek.lrcat")


def use_wal(path):
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)


@pytest.mark.parametrize("wal", [False, True], ids=["rollback journal", "write-ahead log"])
def test_reading_leaves_the_folder_as_it_was_and_makes_no_file_even_for_a_moment(copied, wal):
    if wal:
        use_wal(copied)
    before = everything(copied.parent)
    edits, _, names_meanwhile = read_all(copied)
    assert len(edits) == 40 and names_meanwhile == ["fivek.lrcat"] and everything(copied.parent) == before


@contextlib.contextmanager
def read_only(folder):
    """A folder in which this process can write nothing, not even as root: then it is nobody meanwhile."""
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    try:
        if is_root:
            os.seteuid(NOBODY)
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.mark.parametrize("wal", [False, True], ids=["rollback journal", "write-ahead log"])
def test_a_read_only_folder_and_file_are_enough(catalogue, wal):
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        path = Path(shutil.copyfile(catalogue.path, Path(name) / "fivek.lrcat"))
        if wal:
            use_wal(path)
        with read_only(path.parent):
            with pytest.raises(PermissionError):
                path.with_name("new").touch()
            if wal:
                with pytest.raises(sqlite3.OperationalError), closing(sqlite3.connect(path)) as plain:
                    plain.execute("SELECT count(*) FROM Adobe_images").fetchone()  # it would need a -shm
            assert len(read_all(path)[0]) == 40


def test_nothing_can_be_written_through_the_connection(copied):
    with open_catalogue(copied) as catalogue:
        for statement in ("DELETE FROM Adobe_images", "CREATE TABLE x (y)", "PRAGMA user_version = 5"):
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                catalogue.connection.execute("PRAGMA query_only = 0")
                catalogue.connection.execute(statement)


def test_a_lock_beside_it_is_only_noted(copied):
    copied.with_name("fivek.lrcat.lock").write_text("LR 1234")
    before = everything(copied.parent)
    edits, notes, _ = read_all(copied)
    assert len(edits) == 40 and "Lightroom has it open" in notes[0] and everything(copied.parent) == before


def change_exposures(connection):
    connection.execute("UPDATE Adobe_imageDevelopSettings SET text = 's = { Exposure = 3.25 }' WHERE length(text) > 20")


def test_changes_in_a_write_ahead_log_are_seen_and_both_files_stay_as_they_are(copied, tmp_path):
    use_wal(copied)
    writer = sqlite3.connect(copied)
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    change_exposures(writer)
    writer.commit()
    left = tmp_path / "left behind"
    left.mkdir()
    for name in ("fivek.lrcat", "fivek.lrcat-wal"):
        shutil.copyfile(copied.with_name(name), left / name)
    writer.close()
    before = everything(left)
    edits, notes, names = read_all(left / "fivek.lrcat")
    assert {edit.settings()["Exposure"] for edit in edits} == {3.25} and names == ["fivek.lrcat", "fivek.lrcat-wal"]
    assert "fivek.lrcat-wal holds changes" in notes[0] and everything(left) == before


def test_a_transaction_that_was_broken_off_is_rolled_back_in_a_copy(copied, tmp_path):
    """The -journal of a crashed Lightroom holds what the half-written file has lost."""
    writer = sqlite3.connect(copied, isolation_level=None)
    writer.execute("PRAGMA cache_size = 1")  # so that changed pages go to the file before the end
    writer.execute("PRAGMA cache_spill = 1")
    writer.execute("BEGIN")
    change_exposures(writer)
    left = tmp_path / "left behind"
    left.mkdir()
    for name in ("fivek.lrcat", "fivek.lrcat-journal"):
        shutil.copyfile(copied.with_name(name), left / name)
    writer.execute("ROLLBACK")
    writer.close()
    torn = sqlite3.connect(f"{(left / 'fivek.lrcat').as_uri()}?mode=ro&immutable=1", uri=True)
    assert torn.execute("SELECT count(*) FROM Adobe_imageDevelopSettings WHERE text LIKE '%3.25%'").fetchone() != (0,)
    torn.close()
    before = everything(left)
    edits, notes, _ = read_all(left / "fivek.lrcat")
    assert 3.25 not in {edit.settings()["Exposure"] for edit in edits} and "-journal holds changes" in notes[0]
    assert everything(left) == before


@pytest.mark.parametrize("kind", ["wal", "journal"])
@pytest.mark.parametrize("content", [b"", bytes(28)], ids=["empty", "zeros"])
def test_a_journal_that_is_done_with_is_no_matter(copied, kind, content):
    copied.with_name(f"fivek.lrcat-{kind}").write_bytes(content)
    assert pending(copied) is None and read_all(copied)[1] == ()


def test_what_is_no_catalogue_is_refused_with_the_file_and_the_cure(tmp_path, catalogue):
    text = tmp_path / "text.lrcat"
    text.write_text("not SQLite")
    empty = tmp_path / "empty.lrcat"
    empty.touch()
    whole = catalogue.path.read_bytes()
    cut = tmp_path / "cut.lrcat"
    cut.write_bytes(whole[: len(whole) // 2])
    torn = tmp_path / "torn.lrcat"
    torn.write_bytes(whole[:4096] + bytes(len(whole) - 4096))
    other = tmp_path / "other.lrcat"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE Adobe_variablesTable (name, value)")
        connection.commit()
    said = {
        text: "is no SQLite database",
        empty: "is no SQLite database",
        cut: "is cut off: ",
        torn: "is damaged or cut off",
    }
    said |= {other: "has no table AgLibraryCollection", tmp_path: "cannot be read", tmp_path / "gone": "cannot be read"}
    for path, sentence in said.items():
        with pytest.raises(InputError) as refused, open_catalogue(path) as opened:
            read_edits(opened, expert_collection(opened.collections, "a"))
        assert str(path) in str(refused.value) and sentence in str(refused.value)
        assert "fetch it again" in str(refused.value) or "check the path" in str(refused.value)


def test_a_table_without_a_column_that_is_read_is_named(copied):
    with closing(sqlite3.connect(copied)) as connection:
        connection.execute("ALTER TABLE Adobe_images RENAME COLUMN masterImage TO other")
        connection.commit()
    with pytest.raises(InputError, match="no column masterImage in its table Adobe_images"), open_catalogue(copied):
        pass


def test_text_that_is_no_utf8_is_read_with_marks(tmp_path):
    path = tmp_path / "fivek.lrcat"
    write_catalogue(path, [NAME])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE AgInternedExifCameraModel SET value = CAST(x'43E9' AS TEXT)")
        connection.commit()
    assert {edit.camera for edit in read_all(path)[0]} == {"C\ufffd"}


@pytest.mark.parametrize("place", ["raw_photos", "fivek_dataset/raw_photos", "."])
def test_it_is_found_in_a_folder_of_fivek(tmp_path, place):
    with pytest.raises(InputError, match=r"holds no catalogue at raw_photos/fivek\.lrcat"):
        find_catalogue(tmp_path)
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    (tmp_path / place / "fivek.lrcat").touch()
    assert (
        find_catalogue(tmp_path) == tmp_path / place / "fivek.lrcat" == find_catalogue(tmp_path / place / "fivek.lrcat")
    )
    with pytest.raises(InputError, match="no such file"):
        find_catalogue(tmp_path / "gone")


HOSTILE = {
    "UPDATE AgLibraryCollection SET parent = 'none'": None,
    "UPDATE AgLibraryCollection SET parent = 1e999 WHERE name = 'Old'": None,
    "UPDATE AgLibraryFile SET baseName = 5": None,
    "UPDATE AgLibraryFile SET baseName = x'6130303031ff'": None,
    "UPDATE Adobe_images SET copyName = x'00', orientation = 1e999": None,
    "UPDATE Adobe_imageDevelopSettings SET image = 'none', text = x'ff00'": None,
    "UPDATE Adobe_imageDevelopSettings SET text = zeroblob(100001)": "too big",
    "ALTER TABLE Adobe_imageDevelopSettings RENAME TO other; CREATE VIEW Adobe_imageDevelopSettings AS WITH RECURSIVE "
    "more(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM more) SELECT x AS id_local, x AS image, '' AS text FROM more": "is a view",
}  # fmt: skip


@pytest.mark.parametrize(("change", "said"), HOSTILE.items(), ids=range(len(HOSTILE)))
def test_cells_of_any_kind_are_read_or_refused_in_a_sentence(tmp_path, monkeypatch, change, said):
    monkeypatch.setattr(opening, "LARGEST_CELL_BYTES", 100_000)
    path = tmp_path / "fivek.lrcat"
    write_catalogue(path, [NAME])
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"PRAGMA synchronous = OFF; {change}")
    before = everything(tmp_path)
    try:
        edits, _, _ = read_all(path)
        assert said is None and len(edits) == 5
    except InputError as error:
        assert said is None or said in str(error)
    assert everything(tmp_path) == before


def test_a_pipe_is_no_catalogue_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "fivek.lrcat")
    with pytest.raises(InputError, match="it is no file but"), open_catalogue(tmp_path / "fivek.lrcat"):
        pass


def test_changes_beside_the_file_that_a_link_leads_to_are_seen(tmp_path):
    real, link = tmp_path / "real" / "other.lrcat", tmp_path / "fivek.lrcat"
    write_catalogue(real, [NAME])
    link.symlink_to(real)
    with closing(sqlite3.connect(real, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("UPDATE Adobe_variablesTable SET value = '0400020' WHERE name = 'Adobe_DBVersion'")
        before = everything(real.parent)
        with open_catalogue(link) as catalogue:
            assert catalogue.version == "0400020" and "other.lrcat-wal" in catalogue.notes[0]
        assert everything(real.parent) == before
