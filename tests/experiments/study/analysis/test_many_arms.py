import json

import pytest
from fixtures.handed_in import repeated_study
from fixtures.simulated_votes import between_arms

from experiments.study.analysis.counted import main_votes
from experiments.study.analysis.exclusion import standing_of
from experiments.study.analysis.many_arms import many_arms
from experiments.study.analysis.report import analyse
from experiments.study.intervals.measured import INSTALL, NotMeasured

STRENGTHS = {"a": 0.0, "b": 1.2, "c": 2.4}


@pytest.fixture
def study(tmp_path):
    return repeated_study(tmp_path, arms=3, scenes=8)


@pytest.mark.slow
def test_three_arms_come_with_one_scale_a_matrix_and_sentences_that_are_tested_together(study):
    pytest.importorskip("choix")
    pytest.importorskip("statsmodels")
    standing = standing_of(between_arms(8, study.main_scenes, STRENGTHS), study.protocol.exclusion)
    many = many_arms(main_votes(standing.kept), study, 0)
    assert many is not None
    analysis = json.loads(json.dumps(analyse(study, standing, many), allow_nan=False))
    assert [each["arm"] for each in analysis["many_arms"]["scale"]["strengths"]] == ["expert", "default", "agent"]
    assert len(analysis["many_arms"]["matrix"]) == len(analysis["pairs"]) == 3
    assert any("Holm" in said for said in analysis["sentences"])
    assert analysis["sentences"][-1].startswith("192 votes by 8 raters on 8 scenes. No rater was left out. Protocol ")
    assert "expert" in many.lines and "% won over" in many.lines


def test_two_arms_have_no_scale(tmp_path, study):
    two = repeated_study(tmp_path / "two", scenes=8)
    votes = between_arms(2, two.main_scenes, {"a": 0.0, "b": 1.0})
    assert many_arms(votes, two, 0) is None and many_arms([], study, 0) is None


@pytest.mark.slow
def test_without_choix_the_matrix_stays_and_it_says_what_to_install(study, monkeypatch):
    def missing(module):
        raise NotMeasured(INSTALL)

    monkeypatch.setattr("experiments.study.scale.bradley_terry.needed", missing)
    votes = between_arms(4, study.main_scenes, STRENGTHS)
    many = many_arms(votes, study, 0)
    assert many is not None and len(many.cells) == 3 and INSTALL in many.lines
    analysis = analyse(study, standing_of(votes, study.protocol.exclusion), many)
    assert analysis["many_arms"]["not_measured"] == INSTALL and len(analysis["sentences"]) == 3
