"""What is missing, damaged or doubtful in a folder of FiveK, by name."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from fixtures.any_dng import BYTE, LONG, SHORT, grey_dng
from fixtures.fivek_files import NAMES, tiff_header, write_archive, write_file, write_lists, write_singles

from isp_env.fivek.camera_list import Head, write_cameras
from isp_env.fivek.doubts import doubts_of
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.survey import FiveKSurvey, survey

COLOURS, PATTERN, LAYOUT, NEUTRAL, CROP_ORIGIN, CROP = 50710, 33422, 50711, 50728, 50719, 50720


def surveyed(folder: Path, **options) -> FiveKSurvey:
    return survey(FiveKFolder.open(folder), **options)


def test_whole_files_are_not_damaged_and_what_is_missing_has_its_name(tmp_path):
    write_singles(tmp_path, ("raw", "c"), (1, 2))
    found = surveyed(tmp_path)
    assert found.damaged == ()
    assert set(found.missing) == {"raw", "c"} and len(found.missing["raw"]) == 4998
    assert found.missing["raw"][0] == "a0003" and NAMES[701] in found.missing["c"], (
        "listed photos by name, others by number"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n<!DOCTYPE html><html>moved</html>", "is a web page that came in its place"),
        (b"\xff\xd8\xff\xe0 a JPEG", "begins as no TIFF or DNG does"),
        (tiff_header()[:100], "is cut off in its directories"),
        (tiff_header()[:115], "is cut off"),
        (b"II*\0\0\0\0\0", "is cut off"),
    ],
)
def test_a_file_that_is_no_whole_tiff_is_damaged_and_says_how(tmp_path, content, words):
    path = write_file(tmp_path / "img/tiff16_c/a0001-jmac_DSC1459.tif", content)
    write_singles(tmp_path, ("c",), (2,))
    [(damaged, said)] = surveyed(tmp_path).damaged
    assert damaged == path and said.startswith(words)


def test_a_file_that_is_not_what_was_fetched_is_damaged(tmp_path):
    write_singles(tmp_path, ("raw",), (1, 2))
    size = len(tiff_header())
    rows = [{"path": f"img/dng/{NAMES[place]}.dng", "bytes": size + 2 - place, "sha256": ""} for place in (1, 2)]
    lines = [json.dumps(rows[1] | {"bytes": 3}), *map(json.dumps, rows), '{"path": "img/dng/cut', "[" * 9999]
    lines += [json.dumps({"path": name, "bytes": 1, "sha256": ""}) for name in ("x" * 999, "\0")]
    write_file(tmp_path / "manifest.jsonl", "\n".join(lines))
    [(path, words)] = surveyed(tmp_path).damaged
    assert path.stem == NAMES[1] and words == f"has {size} bytes, not the {size + 1} that were fetched"


def test_raws_that_name_another_camera_than_the_kept_list_are_doubted(tmp_path):
    write_singles(tmp_path, ("raw",), (1, 2))
    write_cameras(tmp_path, NAMES, {1: Head("Canon EOS 5D", 1), 2: Head("NIKON D70", 1)})
    assert "cameras.csv names other cameras than 1 raws: a0002-dgw_005.dng; remove it" in surveyed(tmp_path).notes


def test_a_picture_whose_pixels_are_damaged_is_found_by_who_reads_all(tmp_path):
    path = tmp_path / "img/tiff16_c/a0001-jmac_DSC1459.tif"
    path.parent.mkdir(parents=True)
    tifffile.imwrite(path, np.zeros((64, 96, 3), np.uint16), compression="zlib")
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        start = tiff.pages.first.dataoffsets[0]
    content[start : start + 8] = b"\xff" * 8
    path.write_bytes(content)
    assert surveyed(tmp_path).damaged == ()
    [(damaged, words)] = surveyed(tmp_path, read_all=True).damaged
    assert damaged == path and words.startswith("cannot be decoded (")


@pytest.mark.parametrize(
    ("change", "drop", "words"),
    [
        ({}, (), None),
        ({COLOURS: (BYTE, [3, 4, 5, 1]), PATTERN: (BYTE, [1, 4, 3, 5])}, (), "filters"),
        ({LAYOUT: (SHORT, [2])}, (), "its columns lie staggered (CFALayout 2)"),
        ({LAYOUT: (SHORT, [3])}, (), "its samples lie staggered (CFALayout 3)"),
        ({}, (NEUTRAL,), "says no white balance"),
        ({}, (50706, 50721), "is a TIFF and no DNG"),
    ],
)
def test_a_raw_that_is_odd_says_how(tmp_path, change, drop, words):
    found = doubts_of(grey_dng(tmp_path / "a0001-x.dng", change=change, drop=drop))
    assert found == () if words is None else any(words in each for each in found), found


@pytest.mark.parametrize(
    ("shape", "is_odd"), [((90, 120), False), ((120, 90), False), ((96, 124), False), ((90, 60), True)]
)
def test_a_picture_of_another_size_than_its_raw_is_odd(tmp_path, shape, is_odd):
    crop = {CROP_ORIGIN: (LONG, [4, 3]), CROP: (LONG, [120, 90])}
    raw = grey_dng(tmp_path / "a0009-x.dng", change=crop)
    tifffile.imwrite(tmp_path / "a0009-x.tif", np.zeros((*shape, 3), np.uint16))
    said = doubts_of(raw, tmp_path / "a0009-x.tif")
    assert said == (("is 120 x 90 px, and its picture 90 x 60",) if is_odd else ())


def test_what_the_lists_and_the_catalogue_leave_open_is_noted(tmp_path):
    write_file(tmp_path / "dng/a0001-another.dng", tiff_header())
    notes = " ".join(surveyed(tmp_path).notes)
    assert "filesAdobeMIT.txt are absent" in notes and "categories.txt is absent" in notes and "fivek.lrcat" in notes
    write_lists(tmp_path / "legal")
    notes = surveyed(tmp_path).notes
    assert any("3 of 2,690 Adobe, 3 of 2,310 AdobeMIT" in each for each in notes)
    assert any(each == "1 names of raw differ from the lists: a0001-another.dng" for each in notes)


def test_the_catalogue_of_the_archive_is_found(tmp_path):
    assert not any("lrcat" in each for each in surveyed(write_archive(tmp_path)).notes)


def test_lines_of_a_manifest_that_cannot_be_true_count_for_nothing(tmp_path):
    write_singles(tmp_path, ("raw",), (1,))
    lines = [
        b"\xff\xfe\0",
        b"[" * 100_000,
        b"5",
        *(b'{"path": "%s", "bytes": 1}' % name for name in (b"b" * 5000, b"x\\u0000y", b"img")),
    ]
    lines += [b'{"path": "img/dng", "bytes": %s}' % number for number in (b"1e999", b"NaN", b"null")]
    (tmp_path / "manifest.jsonl").write_bytes(b"\n".join(lines))
    assert surveyed(tmp_path).damaged == ()


@pytest.mark.parametrize(("side", "words"), [(100_000, "at most 150,000,000 are read"), (0, "claims 0x0")])
def test_a_picture_that_claims_what_nobody_can_hold_cannot_be_decoded(tmp_path, side, words):
    tifffile.imwrite(tmp_path / "small.tif", np.zeros((8, 8, 3), np.uint16), photometric="rgb")
    with tifffile.TiffFile(tmp_path / "small.tif", mode="r+b") as tiff:
        for name in ("ImageWidth", "ImageLength"):
            tiff.pages.first.tags[name].overwrite(side, dtype="I")
    write_file(tmp_path / "img/tiff16_c/a0001-jmac_DSC1459.tif", (tmp_path / "small.tif").read_bytes())
    [(_, said)] = surveyed(tmp_path, read_all=True).damaged
    assert said.startswith("cannot be decoded") and words in said
