import csv
import io

import pytest

from attiqa_core.files.tables import csv_text, plain_cell, safe_cell

FORMULAE = ["=1+1", "+SUM(A1)", "-cmd|' /C calc'!A0", "@now", "\tx", "\rx", "'=1", "''-a"]


@pytest.mark.parametrize("cell", FORMULAE)
def test_a_formula_in_a_table_is_text_and_comes_back_as_it_was(cell):
    assert safe_cell(cell) == "'" + cell and plain_cell(safe_cell(cell)) == cell
    (row,) = csv.reader(io.StringIO(csv_text([["name", cell]]), newline=""))
    assert row == ["name", "'" + cell]


@pytest.mark.parametrize("cell", ["anna", "-0.5", "+1e3", "", "a=b", "'tis", "IMG_0001.dng", -3, -0.5, None])
def test_numbers_and_plain_text_stay_as_they_are_in_a_table(cell):
    assert safe_cell(cell) == cell and (not isinstance(cell, str) or plain_cell(cell) == cell)
