"""What is wrong in other people's files is named with the cure, and never a vote."""

import random
from pathlib import Path

import pytest
from fixtures import other_programs as theirs
from fixtures.fuzzed_votes import fuzzed

from attiqa_core.errors import InputError
from experiments.study.imports.answers import Read, cleaned, read_answers
from experiments.study.imports.sources import SOURCES


def read(path: Path, kind: str = "csv", pattern: str = "{arm}/{scene}", words=None, **columns: str) -> Read:
    return read_answers([path], SOURCES[kind], columns, words or {}, pattern)


def tidy(path: Path, **changed: str) -> Path:
    """A good row, and one that is changed."""
    good = theirs.tidy_rows()[0]
    return theirs.table(path, [good, {**theirs.tidy_rows()[4], **changed}])


@pytest.mark.parametrize(("bom", "end"), [(True, "\r\n"), (False, "\n"), (True, "\n"), (False, "\r")])
def test_byte_order_mark_and_line_ends_change_nothing(tmp_path: Path, bom: bool, end: str):
    path = theirs.table(tmp_path / "v.csv", theirs.tidy_rows(), bom=bom, end=end)
    assert len(read(path).answers) == 6


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rater": " \u200b"}, "names no rater"),
        ({"choice": ""}, "has no answer"),
        ({"left": ""}, "lacks a picture"),
        ({"left": "new"}, "compares new with itself"),
        ({"left": "old/cat.jpg"}, "does not"),
        ({"scene": "", "left": "old", "right": "new"}, "no column has the scene"),
        ({"scene": "", "left": "x/old/cat.jpg", "right": "x/new/dog.jpg"}, "compares old/cat.jpg with new/dog.jpg"),
        ({"left": ".."}, "leaves the folder"),
        ({"left": "/etc"}, "leaves the folder"),
        ({"scene": "", "left": "old/../cat.jpg", "right": "new/cat.jpg"}, "leaves the folder"),
        ({"left": "a\x07b"}, "letters that no file has"),
        ({"left": "x" * 5000}, "letters that no file has, or too many"),
    ],
)
def test_a_row_that_cannot_be_used_is_left_out_with_its_line(tmp_path: Path, changed: dict, said: str):
    path = tidy(tmp_path / "v.csv", **changed)
    if said == "does not":  # a picture beside an arm: the scene's own column decides
        assert len(read(path).answers) == 2
        return
    found = read(path)
    assert len(found.answers) == 1 and len(found.broken) == 1
    assert found.broken[0].startswith(f"{path}, line 3: ") and said in found.broken[0]


def test_a_gold_pair_needs_its_right_answer(tmp_path: Path):
    rows = [
        {**row, "kind": "gold", "expected": side}
        for row, side in zip(theirs.tidy_rows(), ("left", "", "up"), strict=False)
    ]
    found = read(theirs.table(tmp_path / "v.csv", rows))
    assert [answer.expected for answer in found.answers] == ["left"]
    assert "--map expected=COLUMN" in found.broken[0] and "neither left nor right" in found.broken[1]


@pytest.mark.parametrize("cell", ["", "soon", "9" * 400, "1e999", "nan", "-3", "inf", "86401"])
def test_a_time_that_is_none_is_not_told(tmp_path: Path, cell: str):
    assert read(tidy(tmp_path / "v.csv", seconds=cell)).answers[1].seconds is None


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path):
    rows = [{("who" if name == "rater" else name): cell for name, cell in row.items()} for row in theirs.tidy_rows()]
    path = theirs.table(tmp_path / "v.csv", rows)
    with pytest.raises(InputError) as error:
        read(path)
    assert str(error.value) == (
        f"{path}: has no column rater for the rater; name it with --map rater=COLUMN; "
        "it has who, scene, left, right, choice, seconds"
    )
    assert len(read(path, rater="who").answers) == 6
    with pytest.raises(InputError, match="has no column whom, given with --map rater="):
        read(path, rater="whom")


def test_an_unknown_word_stops_everything_and_is_named_with_the_cure(tmp_path: Path):
    rows = [{**row, "choice": {"left": "A", "right": "B"}[row["choice"]]} for row in theirs.tidy_rows()]
    path = theirs.table(tmp_path / "v.csv", rows)
    with pytest.raises(InputError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}, line 2: choice 'b', and 2 more rows, ")
    assert "say what it means with --words left=WORD right=WORD" in str(error.value)
    assert [each.choice for each in read(path, words={"A": "left", "b": "right"}).answers] == [
        answer[4] for answer in theirs.ANSWERS
    ]


def test_five_steps_and_ties_are_known(tmp_path: Path):
    words = ["left", "Slightly-Left", "TIE", "slightly-right", "right"]
    rows = [{**row, "choice": word} for row, word in zip(theirs.tidy_rows(), words, strict=False)]
    assert [each.choice for each in read(theirs.table(tmp_path / "v.csv", rows)).answers] == [w.lower() for w in words]


def test_cells_without_a_column_are_passed_over_and_missing_ones_are_empty(tmp_path: Path):
    (tmp_path / "v.csv").write_text("rater,scene,left,right,choice\nx,cat,old,new,left,more,and more\ny,cat,old\n")
    found = read(tmp_path / "v.csv")
    assert len(found.answers) == 1 and found.broken == [f"{tmp_path}/v.csv, line 3: has no answer"]


def test_an_apostrophe_before_a_formula_is_not_of_the_name(tmp_path: Path):
    path = tidy(tmp_path / "v.csv", left="'=old")
    assert read(path).answers[1].left.arm == "=old"


def test_scene_and_arm_may_stand_in_one_name(tmp_path: Path):
    row = {"rater": "x", "left": "C:\\pics\\img_7_old.jpg", "right": "C:\\pics\\img_7_new.jpg", "choice": "left"}
    (answer,) = read(theirs.table(tmp_path / "v.csv", [row]), pattern="{scene}_{arm}").answers
    assert (answer.left.scene, answer.left.arm, answer.left.file) == ("img_7", "old", "img_7_old.jpg")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"rater,rater,choice\n1,2,left\n", "has the column rater twice"),
        (b"rater,scene,left,right,choice\n", "holds no row"),
        (b"rater,scene,left,right,choice\n\n\n", "holds no row"),
    ],
)
def test_a_file_that_is_no_table_of_votes_is_one_sentence(tmp_path: Path, content: bytes, said: str):
    (tmp_path / "v.csv").write_bytes(content)
    with pytest.raises(InputError, match=said):
        read(tmp_path / "v.csv")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"7", b'"x"', b"[" * 100_000, b"[1]", b'[{"annotations": [1, {"result": 4}, {"result": [{"value": []}]}]}]',
     b'[{"id": ' + b"9" * 5000 + b"}]", b'[{"completed_by": "\\ud800"}]', b'{"a": 1}\n{"b": 2}'],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["jspsych", "label-studio"])
def test_json_of_any_other_kind_is_one_sentence(tmp_path: Path, kind: str, content: bytes):
    (tmp_path / "v.json").write_bytes(content)
    with pytest.raises(InputError) as error:
        read(tmp_path / "v.json", kind)
    assert str(error.value).startswith(str(tmp_path)) and len(str(error.value)) < 500


def test_an_unseen_letter_makes_no_new_rater():
    assert cleaned(" Ann\u200b ") == cleaned("A\u00adnn") == cleaned("\uff21nn") == "Ann"
    assert cleaned(12) == "12" and cleaned(None) == cleaned([1]) == cleaned("\ud800") == ""


@pytest.mark.parametrize("kind", SOURCES)
def test_any_cell_anywhere_is_an_answer_or_a_sentence(tmp_path: Path, kind: str):
    random_ = random.Random(5)
    for number in range(40):
        path = fuzzed(tmp_path / f"{number}", kind, random_)
        try:
            found = read(path, kind)
        except InputError as error:
            assert str(path) in str(error) and "\n" not in str(error)
        else:
            assert all(answer.choice in ("left", "right") and answer.rater for answer in found.answers)
