"""A reference taken apart where its parts are joined, and nowhere else."""

import pytest

from attiqa_core.judges.joint_reference import parts_named
from attiqa_core.judges.judge import parts_of_reference


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("a", ["a"]),
        ("a+b", ["a", "b"]),
        ("a+b+a", ["a", "b", "a"]),
        ("c+d", ["c+d"]),
        ("c+d+a", ["c+d", "a"]),
        ("a+c+d", ["a", "c+d"]),
        ("e++a", ["e+", "a"]),
        ("a+e+", ["a", "e+"]),
        ("a+unknown", ["a", "unknown"]),
        ("a+", ["a", ""]),
    ],
)
def test_a_sign_joins_unless_it_stands_in_a_name(reference, parts):
    assert parts_named(reference, {"a", "b", "c+d", "e+"}.__contains__) == parts


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("pyiqa:clipiqa+", ["pyiqa:clipiqa+"]),
        ("pyiqa:clipiqa+_rn50_512", ["pyiqa:clipiqa+_rn50_512"]),
        ("pyiqa:musiq+niqe", ["pyiqa:musiq", "niqe"]),
        ("niqe+pyiqa:clipiqa+", ["niqe", "pyiqa:clipiqa+"]),
        ("clip-iqa?prompts=Good + sharp./Bad.", ["clip-iqa?prompts=Good + sharp./Bad."]),
        ("org/name@abc+attiqa-mini", ["org/name@abc", "attiqa-mini"]),
    ],
)
def test_judges_whose_names_hold_the_sign_are_read_as_they_are_called(reference, parts):
    assert parts_of_reference(reference) == parts
