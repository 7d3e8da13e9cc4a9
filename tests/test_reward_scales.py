import re
import runpy

import pytest
from fixtures.pages import ROOT

SCALES = runpy.run_path(str(ROOT / "docs" / "reward_scales.py"))
PAGE, PLACE, costs, table = (SCALES[name] for name in ("PAGE", "PLACE", "costs", "table"))
NUMBER = re.compile(r"-?\d+\.\d+")


@pytest.mark.slow
def test_the_table_of_costs_in_the_docs_is_what_is_measured_today():
    measured = costs()
    found = PLACE.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    written, today = (text.splitlines() for text in (found[0], f"\n{table(measured)}\n"))
    for line, expected in zip(written[3:-1], today[3:], strict=True):
        assert NUMBER.sub("", line) == NUMBER.sub("", expected), "run `python docs/reward_scales.py`"
        numbers = [float(each) for each in NUMBER.findall(line)]
        assert numbers == pytest.approx([float(each) for each in NUMBER.findall(expected)], abs=0.0011, rel=0.05)


@pytest.mark.slow
def test_chroma_costs_both_ways_and_a_right_white_balance_hardly():
    paid = {cost.change: sum(cost.terms.values()) for cost in costs()}
    assert paid["chroma times 0.71"] > 0.1 and paid["chroma times 1.4"] > 0.05
    assert max(paid["30 mired too warm, undone"], paid["30 mired too cool, undone"]) < 0.02
