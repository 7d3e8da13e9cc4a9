import csv
import json

import numpy as np
import pytest
from PIL import Image

from attiqa_core.errors import InputError, UsageError
from attiqa_core.evaluation.metrics import plcc, srocc
from experiments.commands import plot

ATTRIBUTES = ("sharpness", "noisiness")


def table(path) -> list[dict]:
    return list(csv.DictReader(path.open()))


@pytest.fixture
def pretraining(tmp_path):
    folder = tmp_path / "pretrained"
    folder.mkdir()
    rows = [
        {
            "epoch": epoch,
            "loss": 1 / epoch,
            "images_per_second": 10.0,
            "held_out_ranking_accuracy": {"statistics": dict.fromkeys(ATTRIBUTES, 0.5 + 0.1 * epoch)},
        }
        for epoch in (1, 2, 3)
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"epoch": 4, "lo')
    return folder


@pytest.fixture
def evaluation(tmp_path):
    folder = tmp_path / "evaluated"
    (folder / "predictions").mkdir(parents=True)
    mos = np.random.default_rng(0).uniform(20, 80, 50)
    predicted = mos + np.random.default_rng(1).normal(0, 5, 50)
    lines = [f"{index}.jpg,{a},{b}" for index, (a, b) in enumerate(zip(mos, predicted, strict=True))]
    (folder / "predictions" / "arm-split00.csv").write_text("image,mos,predicted\n" + "\n".join(lines) + "\n")
    return folder


@pytest.mark.slow
def test_curves_accuracies_and_scatter_are_drawn_with_their_numbers_beside_them(pretraining, evaluation, tmp_path):
    out = tmp_path / "plots"
    assert plot.run(plot.Config((pretraining, evaluation), out)).path == out
    pictures = {"training_curves", "ranking_accuracy_pretrained", "evaluated_arm-split00"}
    assert {path.stem for path in out.glob("*.png")} == {path.stem for path in out.glob("*.csv")} == pictures
    for path in out.glob("*.png"):
        with Image.open(path) as picture:
            assert len(np.unique(np.asarray(picture.convert("L")))) > 10
    losses = [float(row["value"]) for row in table(out / "training_curves.csv") if row["quantity"] == "loss"]
    assert losses == [1, 0.5, pytest.approx(1 / 3)]
    accuracies = table(out / "ranking_accuracy_pretrained.csv")
    assert len(accuracies) == 6 and {row["attribute"] for row in accuracies} == set(ATTRIBUTES)
    points = table(out / "evaluated_arm-split00.csv")
    fitted, mos, predicted = (np.array([float(row[key]) for row in points]) for key in ("fitted", "mos", "predicted"))
    assert srocc(fitted, predicted) == pytest.approx(1) and plcc(fitted, mos) >= plcc(predicted, mos) - 1e-3


def test_runs_of_one_name_are_told_apart(tmp_path):
    assert plot.names_of((tmp_path / "a" / "run", tmp_path / "b" / "run")) == {
        tmp_path / "a" / "run": "a_run",
        tmp_path / "b" / "run": "b_run",
    }


def test_constant_predictions_are_drawn_without_a_fit(evaluation, tmp_path):
    (evaluation / "predictions" / "arm-split00.csv").write_text(
        "image,mos,predicted\n" + "".join(f"{k},{k},5\n" for k in range(9))
    )
    plot.run(plot.Config((evaluation,), tmp_path / "plots"))
    assert all(row["fitted"] == "" for row in table(tmp_path / "plots" / "arm-split00.csv"))


def test_bad_runs_are_one_sentence_with_file_and_line(pretraining, evaluation, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: holds neither"):
        plot.run(plot.Config((pretraining, tmp_path / "empty"), tmp_path / "plots"))
    with pytest.raises(UsageError, match="already holds files"):
        plot.run(plot.Config((pretraining,), evaluation))
    with pytest.raises(UsageError, match="no runs"):
        plot.run(plot.Config((), tmp_path / "plots"))
    (evaluation / "predictions" / "arm-split00.csv").write_text("image,mos,predicted\na,1,2\nb,x,2\n")
    with pytest.raises(InputError, match=r"arm-split00.csv:3"):
        plot.run(plot.Config((evaluation,), tmp_path / "plots"))
    (pretraining / "metrics.jsonl").write_text('{"epoch": 1, "loss": 1}\nnonsense\n{"epoch": 2, "loss": 1}\n')
    with pytest.raises(InputError, match=r"metrics.jsonl:2"):
        plot.run(plot.Config((pretraining,), tmp_path / "plots"))


@pytest.mark.slow
def test_agents_of_several_seeds_are_drawn_over_their_steps_with_the_reward_and_its_parts_first(tmp_path):
    for seed in (0, 1):
        folder = tmp_path / "agent" / f"seed-{seed}"
        folder.mkdir(parents=True)
        rows = [
            {"timesteps": steps, "seconds": 1.0, "validation_reward": steps / 100 + seed, "validation_quality": 0.1,
             "validation_hue": 0.0, "quality": 0.1, **({"approx_kl": 0.02} if steps else {})}
            for steps in (0, 16, 32)
        ]  # fmt: skip
        (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    plot.run(plot.Config((tmp_path / "agent",), tmp_path / "plots"))
    cells = table(tmp_path / "plots" / "agents.csv")
    rewards = [
        float(row["value"]) for row in cells if row["run"] == "seed-1" and row["quantity"] == "validation_reward"
    ]
    assert rewards == [1, 1.16, 1.32]
    assert list(dict.fromkeys(row["quantity"] for row in cells)) == [
        "validation_reward",
        "approx_kl",
        "validation_quality",
    ]
    assert [row["timesteps"] for row in cells if row["quantity"] == "approx_kl"] == ["16", "32"] * 2
