"""`attiqa study import`: other programs' votes in, a study and `votes.csv` out."""

import csv
from pathlib import Path

import pytest
from fixtures import other_programs as theirs

from experiments.evaluation.votes import read_votes
from experiments.study.folder import open_study

CHOSEN = ["new/cat.jpg", "new/dog.jpg", "old/sea.jpg"] * 2


def saved(folder: Path, kind: str) -> list[str]:
    folder.mkdir()
    return [str(path) for path in theirs.written(kind, folder)]


@pytest.mark.parametrize("kind", ["mturk", "jspsych", "label-studio"])
def test_votes_of_another_program_are_read_by_evaluate(succeed, tmp_path: Path, kind: str):
    out = succeed("study", "import", *saved(tmp_path / "in", kind), "--from", kind, "--out", tmp_path / "out")
    assert out.splitlines()[0] == "votes     6 main" and out.splitlines()[-1] == str(tmp_path / "out")
    votes = read_votes(tmp_path / "out" / "votes.csv")
    assert [vote.chosen for vote in votes] == CHOSEN
    assert {vote.scene for vote in votes} == set(open_study(tmp_path / "out").main_scenes)
    assert open_study(tmp_path / "out").arms == {"a": "new", "b": "old"}


@pytest.mark.parametrize("kind", ["mturk", "jspsych", "label-studio", "csv"])
def test_who_voted_stands_in_private_alone(succeed, tmp_path: Path, kind: str):
    succeed("study", "import", *saved(tmp_path / "in", kind), "--from", kind, "--out", tmp_path / "out")
    hold = [path for path in (tmp_path / "out").rglob("*") if path.is_file() and b"WORKER" in path.read_bytes()]
    assert all(path.parent.name == "private" and path.name != "key.json" for path in hold)
    rows = list(csv.DictReader((tmp_path / "out" / "private" / "raters.csv").read_text().splitlines()))
    assert len({row["was"] for row in rows}) == 2 and {row["rater"] for row in rows} == {"rater-01", "rater-02"}


def test_what_was_written_can_be_read_again(succeed, tmp_path: Path):
    succeed("study", "import", *saved(tmp_path / "in", "csv"), "--from", "csv", "--out", tmp_path / "one")
    succeed("study", "import", tmp_path / "one" / "answers.csv", "--from", "csv", "--out", tmp_path / "two")
    one, two = (open_study(tmp_path / name) for name in ("one", "two"))
    assert one.scenes == two.scenes and one.arms == two.arms


def test_no_cell_of_what_is_written_is_a_formula(succeed, tmp_path: Path):
    rows = [
        {**row, "rater": f"=HYPERLINK({row['rater']})", "scene": "+" + row["scene"]}
        | {side: f"x/={row[side]}/{row['scene']}.jpg" for side in ("left", "right")}
        for row in theirs.tidy_rows()
    ]
    path = theirs.table(tmp_path / "v.csv", rows)
    succeed("study", "import", path, "--from", "csv", "--out", tmp_path / "out")
    tables = list((tmp_path / "out").rglob("*.csv"))
    assert len(tables) == 3
    for table in tables:
        cells = [cell for row in csv.reader(table.read_text().splitlines()) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_broken_rows_are_left_out_one_by_one_and_the_rest_is_done(attiqa, tmp_path: Path):
    rows = [*theirs.mturk_rows(), {**theirs.mturk_rows()[0], "AssignmentId": "other", "Answer.choice": ""}]
    rows[1]["AssignmentStatus"] = "Rejected"
    code, out, err = attiqa(
        "study", "import", theirs.table(tmp_path / "b.csv", rows), "--from", "mturk", "--out", tmp_path / "out"
    )
    assert code == 4 and f"attiqa: left out: {tmp_path}/b.csv, line 8: has no answer\n" in err
    assert err.endswith("attiqa: 5 votes by 2 raters on 3 scenes of 2 arms, 1 left out\n")
    assert f"left out  {tmp_path}/b.csv, line 3: is an assignment that was rejected\n" in out
    assert "not told  times are of the whole assignment" in out


def test_a_file_without_an_answer_leaves_no_folder(attiqa, tmp_path: Path):
    path = theirs.table(tmp_path / "v.csv", [{**row, "choice": ""} for row in theirs.tidy_rows()])
    code, _, err = attiqa("study", "import", path, "--from", "csv", "--out", tmp_path / "out")
    assert code == 3 and "no answer can be used" in err and not (tmp_path / "out").exists()


def test_rules_of_exclusion_come_with_a_protocol(succeed, tmp_path: Path):
    (tmp_path / "rules.toml").write_text('name = "Old votes"\n[exclusion]\nmin_agreement = 0.5\n')
    words = ("--from", "csv", "--out", tmp_path / "out", "--protocol", tmp_path / "rules.toml")
    succeed("study", "import", *saved(tmp_path / "in", "csv"), *words)
    assert open_study(tmp_path / "out").protocol.exclusion.min_agreement == 0.5
