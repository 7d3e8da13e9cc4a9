"""What the readers of public data sets have in common; each set's own tests are in `readers/`."""

import numpy as np
import pytest
from fixtures.rated import SPAQ_ROWS, image, scores, write, write_spaq
from scipy.io import savemat

from attiqa_core.datasets import read_rated
from attiqa_core.errors import InputError, UsageError


def test_the_data_set_can_be_named_where_its_files_are_ambiguous(koniq):
    write(koniq / "mos_with_names.txt", "5.5 I01_01_1.bmp", "1.5 I01_01_5.bmp")
    assert scores(koniq).name == "koniq10k"
    assert scores(koniq, dataset="tid2013").name == "tid2013"
    with pytest.raises(UsageError, match="not one of auto, csv, clive"):
        scores(koniq, dataset="imagenet")
    with pytest.raises(InputError, match=r"looked for SPAQ: Annotations/MOS"):
        scores(koniq, dataset="spaq")


def test_a_part_is_refused_where_there_is_no_official_split(tmp_path):
    with pytest.raises(InputError, match="no official split"):
        scores(write_spaq(tmp_path, SPAQ_ROWS)).part("test")


def test_a_folder_is_listed_once_however_many_images_it_holds(koniq, monkeypatch):
    import os

    for name in ("1.jpg", "2.jpg", "3.jpg"):
        image(koniq / "1024x768" / name)
    listed, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(str(path)) or scandir(path))
    assert len(read_rated(koniq)) == 3 and listed == [str(koniq / "1024x768")]


def test_a_damaged_workbook_or_matrix_is_one_sentence(tmp_path):
    table = write_spaq(tmp_path, SPAQ_ROWS) / "Annotations" / "MOS and Image attribute scores.xlsx"
    whole = table.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:700] + b"\xff" * 200 + whole[900:]):
        table.write_bytes(damaged)
        with pytest.raises(InputError, match="cannot be read as an Excel workbook"):
            scores(table)
    savemat(tmp_path / "AllImages_release.mat", {"AllImages_release": np.arange(400.0)}, do_compression=True)
    savemat(tmp_path / "AllMOS_release.mat", {"AllMOS_release": np.arange(400.0)})
    with pytest.raises(InputError, match="not CLIVE's file"):
        scores(tmp_path / "AllImages_release.mat")
    matrix = (tmp_path / "AllImages_release.mat").read_bytes()
    (tmp_path / "AllImages_release.mat").write_bytes(matrix[:200] + b"\xff" * 20 + matrix[220:])
    with pytest.raises(InputError, match="not CLIVE's file"):
        scores(tmp_path / "AllImages_release.mat")
