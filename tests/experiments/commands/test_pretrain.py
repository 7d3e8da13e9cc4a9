import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import torch
from fixtures.json_lines import rows_of
from fixtures.pages import ROOT
from fixtures.photographs import write_tar
from PIL import Image

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.files.whole import read_json
from attiqa_core.labelling import labels
from attiqa_core.tensor_files import load_tensors

TINY = ("--backbone", "test_efficientnet", "--hidden", "4", "--device", "cpu")
SMALL = ("--resize", "40", "--crop", "32", "--batch", "4", "--epochs", "2", *TINY)
SECONDS = 120  # hard limit

KILLED_AND_RESUMED = """
import os, random, signal, sys, time
from pathlib import Path
import torch
torch.set_num_threads(1)
from experiments.commands import pretrain

photos, root = Path(sys.argv[1]), Path(sys.argv[2])

def train(out, resume):
    pretrain.run(pretrain.Config((photos,), out, teachers=("degradation", "statistics"), backbone="test_efficientnet",
        hidden=4, epochs=3, batch=2, versions=2, resize=72, crop=64, held_out=2, device="cpu", optimizer="adamw",
        checkpoint_minutes=0, resume=resume))

def train_and_die(out, cpu_seconds):
    child = os.fork()
    if child == 0:
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)  # SIGPROF ends a process that does not handle it, as SIGKILL
        train(out, True)
        os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGPROF

train(root / "warm", False)  # what is imported late is imported now
began = time.process_time()
train(root / "whole", False)
whole, draw = time.process_time() - began, random.Random(0)
kills = sum(train_and_die(root / "killed", share * whole) for share in (0.5, draw.random() / 2, draw.random() / 2))
train(root / "killed", True)
print(kills)
"""


@pytest.mark.slow
def test_a_training_killed_at_random_moments_ends_with_the_same_bits(photos, tmp_path):
    command = [sys.executable, "-c", KILLED_AND_RESUMED, str(photos), str(tmp_path)]
    ended = subprocess.run(command, timeout=SECONDS, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout.split()[-1]) >= 1
    for name in ("pretrained.safetensors", "checkpoint.safetensors"):
        whole, killed = (load_tensors(tmp_path / run / name) for run in ("whole", "killed"))
        assert all(torch.equal(killed[key], whole[key]) for key in whole if key != "progress.seconds")
    whole, killed = (_metrics(tmp_path / run) for run in ("whole", "killed"))
    assert whole == killed and [row["epoch"] for row in whole] == [1, 2, 3]


def _metrics(folder: Path) -> list[dict]:
    timings = ("seconds", "images_per_second")
    return [{key: row[key] for key in row if key not in timings} for row in rows_of(folder / "metrics.jsonl")]


@pytest.fixture
def labelled(photos, tmp_path) -> Path:
    """A folder of labels of the photos, as `attiqa label` leaves it."""
    folder = tmp_path / "labels"
    folder.mkdir()
    _write_labels(folder, photos, sorted(path.name for path in photos.glob("*.png")))
    return folder


def _write_labels(
    folder: Path, root: Path, keys: list[str], attributes: tuple[str, ...] = ATTRIBUTES, teacher: str = "clip"
) -> None:
    values = torch.linspace(-0.03, 0.03, len(keys) * len(attributes)).view(len(keys), len(attributes))
    labels.write(folder, labels.Labels(tuple(keys), values, {"teacher": teacher}, root, {}, attributes))


@pytest.mark.slow
def test_labels_of_a_run_teach_photos_where_they_were_labelled_or_moved_to(attiqa, succeed, photos, labelled, tmp_path):
    succeed("pretrain", "--labels", labelled, "--out", tmp_path / "a", "--held-out", "3", *SMALL)
    assert set(_metrics(tmp_path / "a")[1]["held_out_ranking_accuracy"]["labels"]) == set(ATTRIBUTES)
    assert read_json(tmp_path / "a" / "pretrained.json")["teachers"][0]["labels"]["folder"] == str(labelled)
    moved = tmp_path / "moved"
    moved.mkdir()
    for path in photos.glob("*.png"):
        (moved / path.name).write_bytes(path.read_bytes())
    succeed("pretrain", moved, "--labels", labelled, "--out", tmp_path / "b", "--held-out", "3", *SMALL)
    assert _metrics(tmp_path / "a") == _metrics(tmp_path / "b")
    (moved / "p3.png").unlink()
    code, _, err = attiqa("pretrain", moved, "--labels", labelled, "--out", tmp_path / "c", *SMALL)
    assert code == 3 and "p3.png" in err and "not there" in err


def test_photos_in_shards_are_found_by_their_labels(succeed, photos, tmp_path):
    folder, shards = tmp_path / "labels", tmp_path / "shards"
    folder.mkdir()
    shards.mkdir()
    names = sorted(path.name for path in photos.glob("*.png"))
    write_tar(shards / "one.tar", [(name, (photos / name).read_bytes()) for name in names])
    _write_labels(folder, shards, [f"one.tar/{name}" for name in names])
    succeed("pretrain", "--labels", folder, "--out", tmp_path / "a", *SMALL)


@pytest.mark.slow
def test_one_prompt_gives_one_head_and_no_scorer(attiqa, succeed, photos, tmp_path):
    folder, small = tmp_path / "labels", ("--resize", "40", "--crop", "32", "--batch", "4", "--epochs", "1")
    folder.mkdir()
    _write_labels(folder, photos, sorted(path.name for path in photos.glob("*.png")), ("quality",))
    succeed("pretrain", "--labels", folder, "--out", tmp_path / "a", *SMALL)
    assert read_json(tmp_path / "a" / "pretrained.json")["architecture"]["attributes"] == ["quality"]
    code, _, err = attiqa(
        "finetune", photos / "mos.csv", "--pretrained", tmp_path / "a", "--out", tmp_path / "f", *small
    )
    assert code == 3 and "quality" in err and not (tmp_path / "f").exists()
    both = ("--labels", folder, "--teachers", "statistics")
    code, _, err = attiqa("pretrain", *both, "--out", tmp_path / "b", *SMALL)
    assert code == 2 and "same attributes" in err


@pytest.mark.parametrize(
    "ablation",
    [
        ("--objective", "l2"),
        ("--pairs", "random"),
        ("--tie-tolerance", "0.01"),
        ("--margin", "0.5"),
        ("--accumulate", "2"),
        ("--warmup", "0.5"),
        ("--precision", "bf16"),
    ],
)
@pytest.mark.slow
def test_every_option_changes_the_training(succeed, labelled, tmp_path, ablation):
    weights = []
    for name, words in (("plain", ()), ("ablated", ablation)):
        succeed("pretrain", "--labels", labelled, "--out", tmp_path / name, *SMALL, "--lr", "1", *words)
        weights.append(load_tensors(tmp_path / name / "pretrained.safetensors"))
    assert not torch.equal(weights[0]["heads_output"], weights[1]["heads_output"])
    assert all(tensor.isfinite().all() for tensor in weights[1].values())


@pytest.mark.slow
def test_bad_options_are_one_sentence(attiqa, photos, labelled, tmp_path):
    def refused(*words) -> tuple[int, str]:
        code, _, err = attiqa("pretrain", *words, "--out", tmp_path / "x")
        assert not (tmp_path / "x").exists()
        return code, err

    statistics = (photos, "--teachers", "statistics", *SMALL)
    measured = tmp_path / "measured"
    measured.mkdir()
    _write_labels(measured, photos, sorted(path.name for path in photos.glob("*.png")), teacher="statistics")
    for words, code, said in (
        (("--labels", measured, "--objective", "l2", *SMALL), 2, "measures"),
        ((*statistics, "--objective", "l2"), 2, "no probabilities come from statistics; use --labels or clip"),
        ((*statistics, "--crop", "48"), 2, "--resize 40"),
        ((*statistics, "--accumulate", "3"), 2, "--batch 4"),
        ((*statistics, "--accumulate", "0"), 2, "--accumulate 0: give at least 1"),
        ((*statistics, "--batch", "0"), 2, "--batch 0"),
        ((*statistics, "--warmup", "2"), 2, "--warmup 2: give a share"),
        ((*statistics, "--held-out", "-1"), 2, "--held-out -1"),
        ((photos, "--teachers", "degradation", "--versions", "1", *SMALL), 2, "--versions 1"),
        (("--labels", labelled, "--prompts", "single", *SMALL), 2, "--prompts: "),
        ((*statistics, "--clip-model", "RN50"), 2, "--clip-model: "),
        ((*statistics, "--versions", "3"), 2, "--versions: "),
        (("--labels", labelled, "--objective", "l2", "--margin", "1", *SMALL), 2, "--margin: "),
        ((photos, "--clip-model", "ViT-B-17", *SMALL), 2, "--clip-model ViT-B-17"),
        ((*statistics, "--held-out", "6"), 3, "lower --batch"),
        ((*statistics, "--backbone", "torchvision:resnet51"), 2, "resnet50"),
        (("--labels", tmp_path / "nowhere", *SMALL), 3, "nowhere"),
        ((photos / "mos.csv", "--teachers", "statistics", *SMALL), 3, "lower --batch"),
    ):
        assert refused(*words)[0] == code, words
        assert said in refused(*words)[1]


@pytest.mark.slow
def test_a_resumed_run_keeps_its_options_and_photos(attiqa, photos, tmp_path):
    words = (photos, "--teachers", "statistics", "--out", tmp_path / "a", *SMALL)
    assert attiqa("pretrain", *words)[0] == 0
    code, _, err = attiqa("pretrain", *words, "--resume", "--backbone", "test_resnet")
    assert code == 3 and "config.toml" in err and "backbone test_efficientnet, not test_resnet" in err
    assert attiqa("pretrain", *words, "--resume", "--cache-gb", "0")[0] == 0


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.slow
def test_a_run_is_not_resumed_on_a_photo_of_another_size(attiqa, photos, tmp_path, packed):
    folder = tmp_path / "photos"
    shutil.copytree(photos, folder)
    place = tmp_path / "photos.tar" if packed else folder

    def pack() -> None:
        with tarfile.open(tmp_path / "photos.tar", "w") as shard:
            for path in sorted(folder.glob("*.png")):
                shard.add(path, path.name)

    pack()
    words = ("pretrain", place, "--teachers", "statistics", "--out", tmp_path / "a", *SMALL)
    assert attiqa(*words)[0] == 0
    assert attiqa(*words, "--resume")[0] == 0
    Image.new("RGB", (80, 72)).save(folder / "p3.png")
    pack()
    code, _, err = attiqa(*words, "--resume")
    assert code == 3 and "was begun with other files: photos_sha256" in err


@pytest.mark.slow
def test_a_run_is_not_resumed_from_other_weights_at_the_same_path(attiqa, photos, tmp_path):
    words, made = (photos, "--teachers", "statistics", *SMALL), tmp_path / "start"
    start = made / "pretrained.safetensors"
    for seed, expected in (("0", 0), ("1", 3)):
        shutil.rmtree(made, ignore_errors=True)
        assert attiqa("pretrain", *words, "--seed", seed, "--out", made)[0] == 0
        code, _, err = attiqa("pretrain", *words, "--init", start, "--out", tmp_path / "a", "--resume")
        assert code == expected, err
    assert "was begun with other files: init_sha256" in err


@pytest.mark.slow
def test_labels_that_were_made_again_do_not_go_on_teaching_a_run(attiqa, photos, labelled, tmp_path):
    words = ("--labels", labelled, "--out", tmp_path / "a", *SMALL)
    assert attiqa("pretrain", *words)[0] == 0
    _write_labels(labelled, photos, sorted((path.name for path in photos.glob("*.png")), reverse=True))
    code, _, err = attiqa("pretrain", *words, "--resume")
    assert code == 3 and "meta.json" in err and "--out" in err


@pytest.mark.slow
def test_unreadable_photos_are_named_and_the_rest_is_learned_from(attiqa, photos, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for path in photos.glob("*.png"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "p3.png").write_bytes((photos / "p3.png").read_bytes()[:200])
    (folder / "p7.png").write_text("no picture")
    words = (folder, "--teachers", "statistics", "--out", tmp_path / "a", *SMALL)
    code, out, err = attiqa("pretrain", *words)
    assert code == 4 and "p3.png" in err and "p7.png" in err and out.strip() == str(tmp_path / "a")
    assert len(read_json(tmp_path / "a" / "unreadable.json")) == 2
    assert _metrics(tmp_path / "a")[0]["unreadable_photos"] == 2
    for path in folder.iterdir():
        path.write_text("no picture")
    code, _, err = attiqa("pretrain", *words[: -len(SMALL) - 1], tmp_path / "b", *SMALL)
    assert code == 3 and "none of 8 photos can be read" in err
