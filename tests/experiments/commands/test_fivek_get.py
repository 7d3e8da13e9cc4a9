"""`attiqa fivek get` as it is used: what it says, what it leaves, and how it ends."""

import io
import sys
from collections.abc import Iterator

import pytest
from fixtures.breaking_server import BreakingServer, fivek_files, serving

from attiqa_core.runs.lock import only_run_in
from experiments.fivek.download import disk, getting, patience, transfer
from isp_env.fivek.manifest import read_manifest


@pytest.fixture
def fivek(monkeypatch) -> Iterator[BreakingServer]:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(patience, "LONGEST_PAUSE_S", 0.0)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with serving(BreakingServer(fivek_files())) as server:
        yield server


@pytest.fixture
def get(attiqa, fivek, tmp_path):
    """Run `attiqa fivek get FOLDER WORDS...` against the server."""
    return lambda *words: attiqa("fivek", "get", tmp_path / "fivek", "--base-url", fivek.url, *words)


def pictures(tmp_path) -> set[str]:
    return {str(path.relative_to(tmp_path / "fivek")) for path in (tmp_path / "fivek").rglob("img/*/*")}


def test_a_choice_by_number_kind_and_licence_is_fetched_and_the_second_time_it_is_there(fivek, get, tmp_path):
    words = ("--raws", "--experts", "C", "--photos", "1-3", "--licence", "Adobe", "--accept-licence")
    code, out, err = get(*words)
    assert (code, out.strip()) == (0, str(tmp_path / "fivek")), err
    assert "2 photos, 0 files there already, 4 to fetch: 56.8 kB; " in err and "4 files fetched, 0 there already" in err
    wanted = {path for path in fivek.files if path.startswith(("img/dng/a0001", "img/dng/a0003", "img/tiff16_c/a0001",
                                                               "img/tiff16_c/a0003"))}  # fmt: skip
    assert pictures(tmp_path) == wanted
    assert all((tmp_path / "fivek" / path).read_bytes() == fivek.files[path] for path in wanted)
    asked = fivek.asked.total()
    code, _, err = get(*words[:-1])
    assert code == 0 and "0 files fetched, 4 there already" in err and fivek.asked.total() == asked


def test_without_consent_no_picture_is_asked_for(fivek, get, tmp_path):
    code, _, err = get("--inputs", "--camera", "D700")
    assert code == 2 and "FiveK is for research only: read" in err and not pictures(tmp_path)
    assert not [path for method, path in fivek.asked if path.startswith("img/") and method == "GET"]


def test_a_dry_run_lists_files_and_sizes_and_needs_no_consent(fivek, get, tmp_path):
    code, out, err = get("--raws", "--limit", "2", "--dry-run")
    assert code == 0 and "2 files would be fetched" in err and not pictures(tmp_path)
    assert out.split() == ["14192", "img/dng/a0001-jmac_DSC1459.dng", "14176", "img/dng/a0002-dgw_005.dng"]


def test_a_split_of_which_the_lists_lack_photos_is_no_split(fivek, get, tmp_path):
    code, _, err = get("--raws", "--split", "upe", "--side", "test", "--accept-licence")
    assert code == 3 and "photo 4502: the lists of licences name no such photo" in err and not pictures(tmp_path)


def test_a_file_that_the_server_lacks_is_named_and_the_others_come(fivek, get, tmp_path):
    fivek.plan("img/dng/a0002-dgw_005.dng", "404")
    code, _, err = get("--raws", "--accept-licence")
    assert code == 4 and "left: " in err and "a0002-dgw_005.dng: the server has no such file (404)" in err
    assert "4 files fetched, 0 there already, 1 left" in err and len(pictures(tmp_path)) == 4


def test_photos_by_camera_are_found_by_their_heads_and_at_most_so_many(fivek, get, tmp_path):
    code, _, err = get("--experts", "c", "--camera", "nikon d700", "--limit", "2", "--accept-licence")
    assert code == 0, err
    assert pictures(tmp_path) == {"img/tiff16_c/a0001-jmac_DSC1459.tif", "img/tiff16_c/a0003-NKIM_MG_8178.tif"}
    code, _, err = get("--experts", "c", "--camera", "D70")
    assert code == 3 and "--camera: no raw here is by a camera 'D70'; there are Canon EOS 5D, NIKON D700" in err


def test_what_does_not_fit_is_refused_before_anything_is_asked(fivek, get, tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "free_bytes", lambda folder: 1000)
    code, _, err = get("--raws", "--accept-licence")
    assert code == 5 and "70.9 kB to come, and 1.0 kB free; ask for fewer photos or kinds" in err
    assert not pictures(tmp_path) and not (tmp_path / "fivek/legal/consent.json").exists()
    code, out, _ = get("--raws", "--dry-run")
    assert code == 5 and len(out.splitlines()) == 5


def test_a_full_disk_is_one_sentence_that_says_how_to_go_on(fivek, get, monkeypatch):
    def full(*about):
        raise OSError(28, "No space left on device", "a.part")

    monkeypatch.setattr(transfer, "_receive", full)
    code, _, err = get("--raws", "--accept-licence")
    assert (
        code == 5 and "the disk is full after 0 files; free some space, and the same command goes on from there" in err
    )


def test_two_runs_in_one_folder_are_refused_and_a_lock_of_nobody_is_none(fivek, get, tmp_path):
    with only_run_in(tmp_path / "fivek", "fivek get"):
        code, _, err = get("--raws", "--accept-licence")
        assert code == 2 and "another `attiqa fivek get` (process" in err
    (tmp_path / "fivek/.attiqa").mkdir(parents=True)
    (tmp_path / "fivek/.attiqa/lock").touch()
    assert get("--raws", "--accept-licence")[0] == 0


def test_an_interruption_says_what_is_there_and_how_to_go_on(fivek, get, tmp_path, monkeypatch):
    def interrupted(folder, row):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(getting, "append", interrupted)
        code, _, err = get("--raws", "--accept-licence")
        assert code == 130 and "begun; the same command goes on from there" in err
    assert get("--raws")[0] == 0
    assert len(pictures(tmp_path)) == len(read_manifest(tmp_path / "fivek")) == 5
