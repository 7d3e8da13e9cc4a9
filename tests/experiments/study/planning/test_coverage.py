import pytest

pytest.importorskip("statsmodels", reason="needs the extra `study`")

from experiments.study.intervals import win_rate
from experiments.study.planning import coverage
from experiments.study.planning.coverage import as_csv, as_markdown, each_method, read_rows, rows, studies_of
from experiments.study.planning.designs import DESIGNS, Design

SMALL = Design("5 raters, 12 scenes", 5, 12, traits={"answers": "tie"})


def test_the_designs_go_from_two_raters_to_sixty_and_from_two_arms_to_five():
    assert len(DESIGNS) == len({design.name for design in DESIGNS}) == 8
    assert {design.raters for design in DESIGNS} >= {2, 60} and {design.arms for design in DESIGNS} == {2, 3, 5}
    for design in DESIGNS:
        assert design.population(0.5).win_rates() == pytest.approx(0.5)
        assert design.population(0.58).win_rate(0, 1) == pytest.approx(0.58)


@pytest.mark.slow
def test_the_interval_that_verdicts_use_holds_the_truth_in_95_of_100(monkeypatch):
    """Of 200 studies, 95 % are known to 4.6 points (three standard errors)."""
    monkeypatch.setattr(coverage, "CROSSED_STUDIES", 0)
    monkeypatch.setattr(coverage, "DRAWS", 20)
    for truth in (0.5, 0.58):
        of = {row.method: row for row in rows(SMALL, truth, 200, seed=1)}
        assert of[win_rate.SANDWICH].coverage == pytest.approx(0.95, abs=0.046)
        assert of[win_rate.BY_VOTE].coverage < of[win_rate.SANDWICH].coverage
        if truth == 0.5:  # a claim is false where, and only where, the interval leaves the truth out
            assert of[win_rate.SANDWICH].claims == pytest.approx(1 - of[win_rate.SANDWICH].coverage)


def test_below_three_raters_the_interval_of_these_raters_is_tried_against_their_own_win_rate(monkeypatch):
    monkeypatch.setattr(coverage, "DRAWS", 20)
    (study,) = studies_of(Design("2 raters", 2, 30, traits={"taste_sd": 2.0}), 0.58, 1, seed=0)
    assert study.narrow and study.truth == 0.58
    assert [name for name, _ in each_method(study, 0)] == [win_rate.THESE_RATERS, win_rate.BOOTSTRAP, win_rate.BY_VOTE]


def test_of_more_arms_the_scale_is_tried_as_well(monkeypatch):
    monkeypatch.setattr(coverage, "DRAWS", 20)
    (study,) = studies_of(Design("3 arms", 5, 12, 3), 0.58, 1, seed=0)
    names = [name for name, _ in each_method(study, coverage.CROSSED_STUDIES)]
    assert names[-2:] == [coverage.STRENGTHS, coverage.PAIRS]


def test_rows_are_read_as_they_were_written(tmp_path):
    found = [coverage.Row('one, "two"', truth, "sandwich", 10, 0.95, 0.1, 0.05) for truth in (0.5, 0.58)]
    found = [coverage.Row("one, two", *list(vars(row).values())[1:]) for row in found]
    (tmp_path / "c.csv").write_text(as_csv(found))
    assert read_rows(tmp_path / "c.csv") == found and read_rows(tmp_path / "none.csv") == []
    assert "| one, two | sandwich | 95.0 | 95.0 | 10.0 | 5.0 | 5.0 |" in as_markdown(found)
