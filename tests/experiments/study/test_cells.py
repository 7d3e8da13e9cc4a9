"""Tables that are opened in a spreadsheet."""

import csv

import pytest

from experiments.study.cells import csv_text, safe_cell


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_formula_is_text(cell: str):
    assert safe_cell(cell) == "'" + cell


@pytest.mark.parametrize("cell", [-1, 0.5, "a=1", "", None, "'quoted"])
def test_what_is_no_formula_stays(cell: object):
    assert safe_cell(cell) == cell


def test_a_table_reads_back():
    text = csv_text(("a", "b"), [{"a": "=x", "b": -2}, {"a": "two\nlines", "b": 'with "quotes", and commas'}])
    assert list(csv.reader(text.splitlines(True))) == [
        ["a", "b"],
        ["'=x", "-2"],
        ["two\nlines", 'with "quotes", and commas'],
    ]
