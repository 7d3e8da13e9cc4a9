"""`attiqa fivek splits`: what it says of the splits alone, with a folder, and what it writes."""

import csv

import numpy as np
import pytest
import tifffile
from fixtures.fivek_files import NAMES, tiff_header, write_archive, write_file
from fixtures.photographs import noise

from isp_env.fivek.photos import path_of
from isp_env.fivek.splits import SPLITS


@pytest.fixture
def folder(tmp_path):
    """Five photos by a Canon, and one of upe's test by a camera that its training never sees."""
    write_archive(tmp_path)
    write_archive(tmp_path, (4502,), tiff_header(("LEICA CAMERA AG", "M8"), "2008:01:01 10:00:00"))
    return tmp_path


def test_all_splits_stand_with_their_hashes_and_what_each_has_seen_of_the_others_tests(succeed):
    out = succeed("fivek", "splits")
    for split in SPLITS.values():
        assert split.sha256[:12] in out and split.rule in out
    seen = out[out.index("trained on by (row)") :].splitlines()
    assert seen[1].split() == list(SPLITS)
    assert next(line for line in seen if line.startswith("upe")).split() == ["upe", "910", "453", "0", "0", "901"]


def test_one_split_says_its_rule_source_and_what_is_odd(attiqa):
    code, out, err = attiqa("fivek", "splits", "zeng")
    assert code == 0 and "dpe: 4,500 train, 2,250 input, 2,250 label, 498 test" in err
    assert SPLITS["dpe"].sha256 in out and "AdaInt" in out and "odd: 160 and 2952 are on no side" in out
    assert "453 of its 498 test photos are trained on in upe" in out


def test_with_a_folder_it_says_what_is_there_and_which_cameras_are_new(succeed, folder):
    out = succeed("fivek", "splits", "upe", "--fivek", folder)
    assert "train" in out and out.split("here")[1].split()[:7] == ["raw", "of", "train", "4", "4500", "test", "2"]
    assert "train: 1 camera: Canon EOS 5D 100%" in out
    assert "test has cameras that training never sees (50% of its photos): LEICA M8" in out
    assert "raws here: 4 train, 2 test" in succeed("fivek", "splits", "--fivek", folder)


def test_the_own_split_holds_out_cameras_and_is_written_as_a_table(succeed, folder, tmp_path):
    words = ("--fivek", folder, "--hold-out-cameras", "M8", "--csv", tmp_path / "own.csv")
    out = succeed("fivek", "splits", "own", *words)
    assert out.splitlines()[-1] == str(tmp_path / "own.csv") and "all of LEICA M8 for test" in out
    with (tmp_path / "own.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == list(NAMES.values())
    assert rows[-1] == {
        "number": "4502",
        "name": NAMES[4502],
        "sides": "test",
        "licence": "AdobeMIT",
        "camera": "LEICA M8",
    }


def test_a_table_without_a_folder_has_every_photo_of_the_split(succeed, tmp_path):
    succeed("fivek", "splits", "dpe", "--csv", tmp_path / "dpe.csv")
    lines = (tmp_path / "dpe.csv").read_text().splitlines()
    assert len(lines) == 1 + 4998 and lines[1] == "1,,train input,,"


def test_photos_that_look_alike_on_two_sides_are_named(succeed, tmp_path):
    scene = noise(0, 8, 9).repeat(8, 0).repeat(8, 1)
    for number in (1, 4501):
        tifffile.imwrite(write_file(tmp_path / path_of(NAMES[number], "c"), b""), scene.astype(np.uint16) * 257)
    out = succeed("fivek", "splits", "upe", "--fivek", tmp_path, "--near-duplicates")
    assert "1 pair of photos that look almost the same, 1 of them on two sides" in out
    assert f"train and test: {NAMES[1]} = {NAMES[4501]}" in out
    assert "train: 0 cameras known" in out
