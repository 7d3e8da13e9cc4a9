"""What the commands offer and refuse about teachers follows from TEACHERS."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fixtures.pages import ROOT

from attiqa_core.errors import UsageError
from attiqa_core.files.whole import read_json
from attiqa_core.teachers import TEACHERS, TeacherRow
from experiments.options.label import Config
from experiments.options.teachers import LABELLING, TEACHING, refuse_foreign_options

TOY = """
from attiqa_core.teachers.statistics import StatisticsTeacher

class ToyTeacher(StatisticsTeacher):
    name = "toy"
"""

RUN = """
import sys
from attiqa_core.teachers import TEACHERS, TeacherRow
TEACHERS["toy"] = TeacherRow("the toy of a test", "toy:ToyTeacher")
from experiments.cli import run_command
photos, out = sys.argv[1:]
run_command(["label", photos, "--teacher", "toy", "--out", out + "/labels", "--threads", "1"])
words = "--backbone test_efficientnet --hidden 4 --resize 40 --crop 32 --batch 4 --epochs 1 --device cpu".split()
run_command(["pretrain", photos, "--teachers", "degradation", "toy", "--out", out + "/pretrained", *words])
"""


@pytest.mark.slow
def test_one_row_makes_a_teacher_known_to_label_and_to_pretrain(photos, tmp_path):
    (tmp_path / "toy.py").write_text(TOY)
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", RUN, str(photos), str(tmp_path)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert read_json(tmp_path / "labels" / "labels.json")["provenance"]["teacher"] == "toy"
    taught = read_json(tmp_path / "pretrained" / "pretrained.json")["teachers"]
    assert [each["teacher"] for each in taught] == ["degradation", "toy"]


def test_the_choices_are_the_rows_that_can_do_what_is_asked():
    assert set(LABELLING) == {name for name, row in TEACHERS.items() if row.labels_photos}
    assert set(TEACHING) == {name for name, row in TEACHERS.items() if row.teaches_crops}


def test_an_option_of_a_teacher_that_takes_no_part_is_refused_by_name(monkeypatch):
    monkeypatch.setitem(TEACHERS, "toy", TeacherRow("a toy", "toy:Toy", options=("qualiclip",)))
    config = Config(out=Path("x"), clip_weights="laion2b", qualiclip=Path("run"))
    with pytest.raises(UsageError, match="--clip-weights: is about clip; leave it out"):
        refuse_foreign_options(config, ("toy",), "is about {name}")
    refuse_foreign_options(Config(out=Path("x"), qualiclip=Path("run")), ("toy",), "is about {name}")
    with pytest.raises(UsageError, match="the toy teacher needs --qualiclip"):
        refuse_foreign_options(Config(out=Path("x")), ("toy",), "is about {name}")


@pytest.mark.slow
def test_options_are_listed_without_torch():
    script = (
        "import sys, experiments.options.label, experiments.options.pretrain; "
        "sys.exit(bool({'torch', 'timm', 'open_clip', 'huggingface_hub'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
