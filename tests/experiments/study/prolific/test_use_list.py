from pathlib import Path

import pytest

from attiqa_core.errors import InputError
from experiments.study.prolific.use_list import not_used


def test_who_is_not_used_is_read_with_the_reason(tmp_path: Path):
    path = tmp_path / "use.csv"
    path.write_text("rater,participant,use,votes,reason\nrater-001,p,True,4,\nrater-002,q,False,4,made-up names\n")
    assert not_used(path) == {"rater-002": "made-up names"}


def test_without_a_list_everybody_is_used_and_another_table_is_refused(tmp_path: Path):
    assert not_used(tmp_path / "use.csv") == {}
    (tmp_path / "use.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"use\.csv"):
        not_used(tmp_path / "use.csv")
