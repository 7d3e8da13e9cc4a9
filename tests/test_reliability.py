"""docs/reliability.md names thirty-six faults, each with a test that is there."""

import ast
import re

import pytest
from fixtures.pages import ROOT

ROWS = [
    [cell.strip() for cell in line.strip("|\n ").split(" | ")]
    for line in (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \d+ \|", line)
]


def test_all_thirty_six_are_there_and_every_row_says_what_happens_and_what_shows_it():
    assert sorted({int(row[0]) for row in ROWS}) == list(range(1, 37))
    assert all(len(row) == 4 and all(row) for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_test_that_is_named_exists(row):
    named = re.findall(r"`(tests/\S+?\.py)(?:::(\w+))?`", row[3])
    assert named or "`" in row[3]
    for path, name in named:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert not name or name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}, name
