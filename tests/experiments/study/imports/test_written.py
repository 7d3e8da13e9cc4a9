"""An imported study on disk is read as any other."""

from pathlib import Path

import pytest
from fixtures import other_programs as theirs

from experiments.study.folder import open_study
from experiments.study.imports.answers import read_answers
from experiments.study.imports.as_study import Imported, as_study
from experiments.study.imports.sources import SOURCES
from experiments.study.imports.written import RESULTS, write_imported
from experiments.study.results.collect import collect


def imported(folder: Path, kind: str) -> Imported:
    folder.mkdir()
    return as_study(read_answers(theirs.written(kind, folder), SOURCES[kind], {}, {}, "{arm}/{scene}").answers)


@pytest.mark.parametrize("kind", SOURCES)
def test_the_analysis_collects_every_vote_as_it_was_imported(tmp_path: Path, kind: str):
    before = imported(tmp_path / "in", kind)
    write_imported(tmp_path / "out", before, {"by": "a test"})
    after = collect(tmp_path / "out", [tmp_path / "out" / RESULTS])
    in_order = sorted(before.votes, key=lambda vote: (vote.rater, vote.position))
    assert list(after.votes) == in_order and not after.complaints
    assert [rater.rater for rater in after.raters] == [rater.rater for rater in before.raters]
    assert open_study(tmp_path / "out") == before.study


def test_a_single_rater_keeps_the_opaque_name(tmp_path: Path):
    rows = [row for row in theirs.tidy_rows() if row["rater"] == "A1WORKER"]
    path = theirs.table(tmp_path / "v.csv", rows)
    write_imported(
        tmp_path / "out", as_study(read_answers([path], SOURCES["csv"], {}, {}, "{arm}/{scene}").answers), {}
    )
    after = collect(tmp_path / "out", [tmp_path / "out" / RESULTS])
    assert {vote.rater for vote in after.votes} == {"rater-01"} and not after.complaints
