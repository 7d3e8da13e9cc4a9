import csv
import io

from fixtures.handed_in import file_of, hand_in, repeated_study

from experiments.study.results.handed_in import read_handed_in
from experiments.study.results.tidy import choices_of, trials_csv


def test_every_answer_has_a_row_that_says_what_was_shown_and_chosen(tmp_path):
    study = repeated_study(tmp_path)
    wishes = {"shot0": "tie", "shot1": "skipped"}
    handed_in = read_handed_in(hand_in(tmp_path, file_of(study, lambda trial: wishes.get(trial.scene, "b"))), study)
    rows = list(csv.DictReader(io.StringIO(trials_csv(handed_in.votes, study, {"anna": "min_gold 1, measured 0.5"}))))
    assert len(rows) == 18 and [row["position"] for row in rows] == [str(place) for place in range(1, 19)]
    assert {row["chosen"] for row in rows if row["scene"] in wishes} == {""}
    assert {row["chosen"] for row in rows if row["kind"] == "main" and row["scene"] not in wishes} == {"default"}
    gold = [row for row in rows if row["kind"] == "gold"]
    assert {(row["chosen"], row["right_answer"]) for row in gold} == {("good", "1")}
    assert {row["left_out"] for row in rows} == {"min_gold 1, measured 0.5"}


def test_slight_preferences_stay_slight_and_each_choice_names_its_scene(tmp_path):
    study = repeated_study(tmp_path, question={"answers": "five"})
    content = file_of(study, lambda trial: "slightly-left" if trial.left == "a" else "right")
    handed_in = read_handed_in(hand_in(tmp_path, content), study)
    main = [vote for vote in handed_in.votes if vote.trial.kind == "main"]
    found = choices_of(main, study)
    assert {row[3] for row in found} == {"slightly-a", "a"}
    assert [(row[4], row[3]) for row in found] == [
        (vote.trial.scene, "slightly-a" if vote.trial.left == "a" else "a") for vote in main
    ]
