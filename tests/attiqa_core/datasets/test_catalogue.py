"""A data set is a reader and a row: what is asked of DATASETS is found out from it."""

import subprocess
import sys

import pytest
from fixtures.pages import ROOT

from attiqa_core.datasets import DATASETS, DataSet, read_rated, recognise
from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.datasets.rows import Row, rated_images
from attiqa_core.datasets.survey import examine, find_tables
from attiqa_core.errors import UsageError

HEAVY = "{'torch', 'timm', 'open_clip', 'huggingface_hub', 'torchvision'} & set(sys.modules)"


def read_toy(table, images=None, look="all"):
    scores = [float(line) for line in table.read_text().split()]
    rows = [Row(index, f"{index}.png", score) for index, score in enumerate(scores, 1)]
    return rated_images(table, rows, images or table.parent, "toy", MosRange(0.0, 9.0), look)


@pytest.fixture
def toy(monkeypatch, tmp_path):
    """A folder of a data set that is one row more."""
    row = DataSet("Toy set", ("toy.txt",), "beside it", MosRange(0.0, 9.0), 2, "a test", read_toy)
    monkeypatch.setitem(DATASETS, "toy", row)
    (tmp_path / "toy.txt").write_text("3 7")
    for name in ("1.png", "2.png"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def test_one_row_makes_a_data_set_readable_and_found(toy):
    assert read_rated(toy).mos.tolist() == [3, 7] and read_rated(toy / "toy.txt", dataset="toy").name == "toy"
    assert recognise(toy) == ("toy", toy / "toy.txt")
    ((known, table),) = find_tables(toy)
    assert known is DATASETS["toy"] and examine(known, table).state == "sound"
    with pytest.raises(UsageError, match=r"one of auto, csv, clive.*tid2013, toy"):
        read_rated(toy, dataset="tidy")


@pytest.mark.slow
def test_one_row_makes_a_data_set_a_choice_of_the_commands():
    script = (
        "from attiqa_core.datasets import DATASETS; DATASETS['toy'] = DATASETS['spaq']; "
        "from experiments.cli import run_command; run_command(['finetune', '--help'])"
    )
    shown = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    assert "kadid10k, tid2013 or toy" in " ".join(shown.replace("│", " ").split())


@pytest.mark.parametrize("module", ["attiqa_core.datasets", "experiments.options.rated_data"])
@pytest.mark.slow
def test_data_sets_load_without_torch_timm_and_the_hub(module):
    script = f"import sys, {module}; sys.exit(bool({HEAVY}))"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


def test_a_table_whose_columns_are_anyones_is_known_by_the_end_of_its_name(tmp_path):
    for name in ("flive_labels_image.csv", "other.csv"):
        (tmp_path / name).write_text("name,mos\na.jpg,1\nb.jpg,2\n")
    flive = DATASETS["flive"]
    assert flive.table(tmp_path / "flive_labels_image.csv") and flive.table(tmp_path / "other.csv") is None
