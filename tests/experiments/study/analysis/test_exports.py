import csv
import io

import numpy as np
import pytest
from fixtures.handed_in import repeated_study
from fixtures.simulated_votes import between_arms, with_choice

from experiments.study.analysis.exports import choix_content, pwcmp_csv


@pytest.fixture
def study(tmp_path):
    return repeated_study(tmp_path, arms=3, scenes=4)


def test_matrices_of_counts_hold_each_vote_once(study):
    votes = between_arms(6, study.main_scenes, {"a": 0.0, "b": 0.5, "c": 1.0})
    rows = list(csv.DictReader(io.StringIO(pwcmp_csv(votes, study))))
    assert [row["arm"] for row in rows[:3]] == ["agent", "default", "expert"] and len(rows) == 12
    matrix = np.array([[float(row[name]) for name in ("agent", "default", "expert")] for row in rows[:3]])
    assert (np.diag(matrix) == 0).all()
    assert (matrix + matrix.T)[np.triu_indices(3, 1)].tolist() == [6, 6, 6]
    of = [vote for vote in votes if vote.trial.scene == "shot0" and {vote.trial.left, vote.trial.right} == {"a", "c"}]
    won = sum(vote.score_of("c") for vote in of)
    assert matrix[2, 0] == won


def test_ties_are_half_a_vote_for_each_in_matrices_and_counted_apart_for_choix(study):
    votes = with_choice(between_arms(6, study.main_scenes, dict.fromkeys("abc", 0.0)), "tie", 3)
    total = sum(float(row[name]) for row in csv.DictReader(io.StringIO(pwcmp_csv(votes, study)))
                for name in ("agent", "default", "expert"))  # fmt: skip
    assert total == len(votes)
    content = choix_content(votes, study)
    assert content["ties_left_out"] == 24 and len(content["data"]) == 48


def test_choix_fits_what_it_is_given_in_the_right_direction(study):
    choix = pytest.importorskip("choix", reason="needs the extra `study`")
    content = choix_content(between_arms(20, study.main_scenes, {"a": 0.0, "b": 1.0, "c": 2.0}), study)
    strengths = choix.ilsr_pairwise(content["n_items"], content["data"], alpha=0.01)
    assert content["items"] == ["agent", "default", "expert"]
    assert np.diff(strengths) == pytest.approx([1.0, 1.0], abs=0.5)
