"""Imported answers as a study."""

from dataclasses import replace
from itertools import product

import pytest
from fixtures.other_programs import ANSWERS

from attiqa_core.errors import InputError
from experiments.study.imports.answers import Answer
from experiments.study.imports.as_study import as_study
from experiments.study.imports.picture_names import Picture
from experiments.study.protocol import Exclusion, Protocol
from experiments.study.trials import Kind


def answer(
    rater, scene, left, right, choice="left", seconds: float | None = 2.0, kind: Kind = "main", expected=None
) -> Answer:
    one, other = (Picture(scene, arm, f"{arm}/{scene}.jpg") for arm in (left, right))
    return Answer(rater, one, other, choice, seconds, kind, expected)


ALL = [answer(*row) for row in ANSWERS]


def test_raters_have_names_that_tell_nothing_and_the_key_apart_tells_all():
    imported = as_study(ALL)
    assert sorted(imported.names) == ["rater-01", "rater-02"]
    assert sorted(imported.names.values()) == ["A1WORKER", "A2WORKER"]
    assert not any("WORKER" in repr(part) for part in (imported.study, imported.votes, imported.raters))


def test_an_opaque_name_does_not_tell_who_came_first():
    many = [answer(f"worker {number}", "cat", "old", "new") for number in range(20)]
    names = as_study(many).names
    assert [names[own] for own in sorted(names)] != [f"worker {number}" for number in range(20)]
    assert as_study(many[::-1]).names == names


def test_a_pair_answered_again_is_a_repeat_whichever_way_round():
    again = [*ALL, answer("A1WORKER", "cat", "new", "old", "left"), answer("A1WORKER", "cat", "old", "new", "left")]
    imported = as_study(again)
    kinds = [(vote.trial.kind, vote.trial.repeat_of) for vote in imported.votes]
    assert kinds == [("main", None)] * 6 + [("repeat", "t000001")] * 2
    assert not any("consistent" in note for note in imported.untold())


def test_a_repeat_that_the_file_lists_first_is_still_the_repeat():
    one, other = replace(ALL[0], kind="repeat"), answer("A1WORKER", "cat", "new", "old")
    assert [vote.trial.kind for vote in as_study([one, other]).votes] == ["repeat", "main"]


def test_arms_of_checks_are_no_arms_of_the_study():
    checks = [answer("A1WORKER", "check", "good", "spoiled", kind="gold", expected="left"), *ALL]
    imported = as_study(checks)
    assert imported.study.arms == {"a": "new", "b": "old"} and imported.study.scenes["check"].kind == "gold"
    assert imported.votes[0].is_right and imported.study.main_scenes == ("cat", "dog", "sea")
    with pytest.raises(InputError, match="no pair that counts"):
        as_study(checks[:1])


def test_an_arm_that_is_always_on_the_left_is_said():
    (note,) = [
        note for note in as_study([answer("x", scene, "old", "new") for scene in "abc"]).untold() if "sides" in note
    ]
    assert note.startswith("sides of new and old: old is on the left in each of its pairs")
    assert not any("sides" in note for note in as_study(ALL).untold())


def test_times_that_are_not_told_are_counted():
    imported = as_study([*ALL[:5], replace(ALL[5], seconds=None)])
    assert imported.votes[5].seconds == 0 and "times of 1 of 6 votes" in imported.untold()[0]


def test_pictures_taken_for_arms_are_noticed():
    many = [answer("x", "s", f"img{number:03d}", "img999") for number in range(40)]
    with pytest.raises(InputError, match=r"finds 41 arms \(img000, img001, img002 and 38 more\); say with --pictures"):
        as_study(many)


def test_a_scene_with_two_pictures_of_one_arm_is_noticed():
    other = replace(ALL[3], left=Picture("cat", "new", "copy/new/cat.jpg"))
    with pytest.raises(InputError, match=r"scene cat of new is two pictures"):
        as_study([*ALL[:3], other])


def test_rules_are_the_users_and_answers_are_the_files():
    rules = Protocol(name="Old votes", exclusion=Exclusion(min_repeats=0.7))
    study = as_study([replace(ALL[0], choice="tie"), *ALL[1:]], rules).study
    assert study.protocol.exclusion.min_repeats == 0.7 and study.protocol.question.answers == "tie"
    assert as_study([replace(ALL[0], choice="slightly-left")]).study.protocol.question.answers == "five"
    assert as_study(ALL).study.protocol.question.answers == "two"


def test_three_arms_have_three_letters():
    rows = [
        answer("x", scene, left, right) for scene, (left, right) in product("ab", [("p", "q"), ("q", "r"), ("r", "p")])
    ]
    imported = as_study(rows)
    assert list(imported.study.arms.values()) == ["p", "q", "r"]
    assert {tuple(scene.files) for scene in imported.study.scenes.values()} == {("a", "b", "c")}
