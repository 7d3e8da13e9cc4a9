"""MATLAB's files against SciPy's reader and writer, packed and not; what is none, or claims too much, is refused."""

import numpy as np
import pytest
from scipy.io import savemat

from attiqa_core.errors import InputError
from attiqa_core.files.mat_files import read_mat

NAMES = ["t1.bmp", "é.jpg", "", "a.JPG"]


@pytest.mark.parametrize("packed", [False, True])
def test_numbers_and_texts_come_back(tmp_path, packed):
    numbers = {kind: np.array([[0, 1, 100]]).astype(kind) for kind in ("f8", "f4", "u1", "i2", "u2", "i4", "u4", "i8")}
    cells = np.array([[name] for name in NAMES], dtype=object)
    savemat(
        tmp_path / "a.mat",
        {**{f"n{kind}": each for kind, each in numbers.items()}, "cells": cells},
        do_compression=packed,
    )
    found = read_mat(tmp_path / "a.mat", "cure")
    assert found.pop("cells") == NAMES
    assert found == {f"n{kind}": [0.0, 1.0, 100.0] for kind in numbers}


def test_columns_come_one_after_the_other(tmp_path):
    savemat(tmp_path / "a.mat", {"a": np.array([[1.0, 2.0], [3.0, 4.0]])})
    assert read_mat(tmp_path / "a.mat", "cure") == {"a": [1.0, 3.0, 2.0, 4.0]}


def test_structures_and_complex_numbers_are_left_out(tmp_path):
    savemat(
        tmp_path / "a.mat",
        {"a": {"b": 1}, "c": np.array([1j]), "d": np.array([["x"], [7]], dtype=object), "e": np.ones(2)},
    )
    assert read_mat(tmp_path / "a.mat", "cure") == {"e": [1.0, 1.0]}


@pytest.mark.parametrize("cut", [0, 100, 127, 140, 200, 230])
def test_a_file_that_was_cut_off_is_refused(tmp_path, cut):
    savemat(tmp_path / "a.mat", {"cells": np.array([[name] for name in NAMES], dtype=object)})
    (tmp_path / "a.mat").write_bytes((tmp_path / "a.mat").read_bytes()[:cut])
    with pytest.raises(InputError, match=r"a\.mat: is damaged"):
        read_mat(tmp_path / "a.mat", "cure")


def test_a_packed_variable_that_unpacks_to_more_than_is_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("attiqa_core.files.mat_files.LARGEST_BYTES", 10_000)
    savemat(tmp_path / "a.mat", {"a": np.zeros(5000)}, do_compression=True)
    with pytest.raises(InputError, match=r"a\.mat: is damaged"):
        read_mat(tmp_path / "a.mat", "cure")
