import csv
import io

from fixtures.simulated_votes import simulated

from experiments.study.analysis.exclusion import standing_of
from experiments.study.analysis.tables import images_csv, raters_csv
from experiments.study.protocol import Exclusion
from experiments.study.vote import Rater

ARMS = {"a": "=agent", "b": "default"}


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_for_each_scene_and_pair_of_arms_counts_first_votes_alone():
    votes = simulated(3, 4, lambda rater, scene: float(scene != 1), repeats=2)
    found = rows(images_csv(votes, ARMS))
    assert [row["image"] for row in found] == ["s000", "s001", "s002", "s003"]
    assert {row["first"] for row in found} == {"'=agent"}
    assert (found[0]["first_wins"], found[1]["second_wins"], found[1]["first_win_rate"]) == ("3", "3", "0.0000")


def test_a_row_for_each_rater_who_answered_says_what_each_rule_measures():
    votes = [
        *simulated(1, 10, lambda rater, scene: 1.0),
        *simulated(1, 10, lambda rater, scene: 0.5, first_rater=1, side="left"),
    ]
    rules = Exclusion(max_side_share=0.9)
    known = [
        Rater("rater-001", "complete", "de", "2", device={"remote_desktop": True, "pixel_ratio": 1.5}),
        Rater("rater-000", "started"),
        Rater("rater-007", "screened-out"),
    ]
    found = rows(raters_csv(known, standing_of(votes, rules)))
    assert [(row["rater"], row["status"]) for row in found] == [("rater-000", "started"), ("rater-001", "complete")]
    assert found[0]["first_win_rate"] == "1.0000" and found[0]["left_out_by"] == ""
    assert found[1]["left_share"] == "1" and found[1]["left_out_by"] == "max_side_share 0.9, measured 1"
    assert found[1]["min_gold_measured"] == ""
    assert [found[1][name] for name in ("language", "consent", "remote_desktop", "pixel_ratio", "px_per_mm")] == [
        "de", "2", "1", "1.5", ""
    ]  # fmt: skip
