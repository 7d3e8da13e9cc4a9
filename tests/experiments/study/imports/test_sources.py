"""The same votes, as four programs save them, are the same study."""

from pathlib import Path

import pytest
from fixtures import other_programs as theirs

from attiqa_core.errors import InputError
from experiments.study.imports.answers import Read, read_answers
from experiments.study.imports.as_study import as_study
from experiments.study.imports.sources import SOURCES


def read(kind: str, *files: Path, pattern: str = "{arm}/{scene}", words=None, **columns: str) -> Read:
    return read_answers(files, SOURCES[kind], columns, words or {}, pattern)


@pytest.mark.parametrize("kind", SOURCES)
def test_the_same_votes_come_out_of_every_kind_of_file(kind: str, tmp_path: Path):
    found = read(kind, *theirs.written(kind, tmp_path))
    imported = as_study(found.answers)
    names = imported.study.arms
    assert names == {"a": "new", "b": "old"} and imported.study.main_scenes == ("cat", "dog", "sea")
    said = [(v.trial.scene, names[v.trial.left], names[v.trial.right], v.choice, v.seconds) for v in imported.votes]
    assert said == [answer[1:] for answer in theirs.ANSWERS] and not found.broken
    assert [vote.position for vote in imported.votes] == [1, 2, 3, 1, 2, 3]
    assert len({vote.rater for vote in imported.votes[:3]}) == 1 and len(imported.raters) == 2


def test_jspsych_is_read_as_csv_as_lists_of_many_and_line_by_line(tmp_path: Path):
    both = [theirs.jspsych_trials(who) for who in ("A1WORKER", "A2WORKER")]
    one = theirs.write_json(tmp_path / "all.json", both)
    lines = tmp_path / "jatos.txt"
    lines.write_text("\n".join(theirs.json.dumps(each) for each in both))
    flat = theirs.table(tmp_path / "all.csv", [trial for each in both for trial in each], bom=True)
    answers = [read("jspsych", file).answers for file in (one, lines, flat)]
    assert answers[0] == answers[1] == answers[2] and len(answers[0]) == 6


def test_jspsych_trials_without_a_name_are_their_files(tmp_path: Path):
    trials = [{**trial, "participant_id": None} for trial in theirs.jspsych_trials("A1WORKER")]
    files = [theirs.write_json(tmp_path / name, trials) for name in ("p1.json", "p2.json")]
    assert [answer.rater for answer in read("jspsych", *files).answers] == ["p1"] * 3 + ["p2"] * 3


def test_jspsych_reads_pairs_from_the_data_of_a_trial(tmp_path: Path):
    trial = {"rater": "x", "scene": "cat", "left": "old", "right": "new", "response": "1", "rt": "812.4",
             "trial_type": "image-button-response", "kind": "gold", "expected": "right"}  # fmt: skip
    (answer,) = read("jspsych", theirs.table(tmp_path / "d.csv", [trial])).answers
    assert (answer.choice, answer.kind, answer.expected, answer.seconds) == ("right", "gold", "right", 0.8124)
    assert answer.left.file == "old/cat"


def test_rejected_assignments_are_left_out_and_said(tmp_path: Path):
    rows = theirs.mturk_rows()
    rows[0]["AssignmentStatus"], rows[3]["Reject"] = "Rejected", "answered within a second"
    found = read("mturk", theirs.table(tmp_path / "b.csv", rows))
    assert len(found.answers) == 4 and not found.broken
    assert found.expected == [f"{tmp_path}/b.csv, line 2: is an assignment that was rejected, and 1 more rows"]


def test_an_assignment_that_is_in_two_files_counts_once(tmp_path: Path):
    files = [theirs.table(tmp_path / name, theirs.mturk_rows()) for name in ("b1.csv", "b2.csv")]
    found = read("mturk", *files)
    assert len(found.answers) == 6
    assert found.expected == [f"{tmp_path}/b2.csv, line 2: is there twice, and 5 more rows"]


@pytest.mark.parametrize(
    "answer",
    [
        {"Answer.choice.left": "false", "Answer.choice.right": "true"},
        {"Answer.taskAnswers": '[{"choice": {"left": false, "right": true}}]'},
        {"Answer.taskAnswers": '[{"choice": "right", "comment": "nice"}]'},
    ],
)
def test_boxes_of_mechanical_turk_are_unpacked(tmp_path: Path, answer: dict):
    row = {name: cell for name, cell in theirs.mturk_rows()[0].items() if not name.startswith("Answer.")}
    (found,) = read("mturk", theirs.table(tmp_path / "b.csv", [row | answer])).answers
    assert found.choice == "right"


@pytest.mark.parametrize(
    "answer",
    [
        {"Answer.choice.left": "true", "Answer.choice.right": "true"},
        {"Answer.taskAnswers": '[{"choice": {"left": false}}]'},
    ],
)
def test_two_boxes_or_none_are_no_answer(tmp_path: Path, answer: dict):
    rows = [
        {name: cell for name, cell in row.items() if not name.startswith("Answer.")} for row in theirs.mturk_rows()[:2]
    ]
    found = read("mturk", theirs.table(tmp_path / "b.csv", [rows[0] | answer, rows[1] | _right(answer)]))
    assert len(found.answers) == 1 and found.broken == [f"{tmp_path}/b.csv, line 2: has no answer"]


def _right(answer: dict) -> dict:
    if "Answer.taskAnswers" in answer:
        return {"Answer.taskAnswers": '[{"choice": {"left": true}}]'}
    return {"Answer.choice.left": "true", "Answer.choice.right": "false"}


def test_skipped_tasks_of_label_studio_are_left_out_and_said(tmp_path: Path):
    tasks = theirs.label_studio_tasks()
    tasks[1]["annotations"][0]["was_cancelled"] = True
    tasks[2]["annotations"][0]["result"] = []
    tasks[3]["annotations"] = []
    found = read("label-studio", theirs.write_json(tmp_path / "p.json", tasks))
    assert len(found.answers) == 3
    assert found.expected == [f"{tmp_path}/p.json, task 2, annotation 1: is a task that was skipped"]
    assert found.broken == [f"{tmp_path}/p.json, task 3, annotation 1: has no answer"]


def test_label_studio_is_read_as_choices_and_as_json_min(tmp_path: Path):
    tasks = theirs.label_studio_tasks()[:1]
    tasks[0]["annotations"][0]["result"] = [{"type": "choices", "value": {"choices": ["Right"]}}]
    flat = {"id": 1, "image1": theirs.url("old", "cat"), "image2": theirs.url("new", "cat"), "annotator": 1,
            "annotation_id": 1000, "pairwise": "right", "lead_time": 4.0}  # fmt: skip
    full = read("label-studio", theirs.write_json(tmp_path / "a.json", tasks)).answers
    assert full == read("label-studio", theirs.write_json(tmp_path / "b.json", [flat])).answers


def test_three_buttons_of_jspsych_need_their_words(tmp_path: Path):
    trials = [{**trial, "response": number % 3} for number, trial in enumerate(theirs.jspsych_trials("A1WORKER")[1:])]
    path = theirs.write_json(tmp_path / "p.json", trials)
    with pytest.raises(InputError, match=r"choice '2'.*--words left=WORD"):
        read("jspsych", path)
    with pytest.raises(InputError, match="choice '1'"):  # what 1 means is not guessed beside words that were given
        read("jspsych", path, words={"0": "left", "2": "right"})
    found = read("jspsych", path, words={"0": "left", "1": "tie", "2": "right"}).answers
    assert [answer.choice for answer in found] == ["left", "tie", "right"]
