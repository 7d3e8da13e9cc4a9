"""A training that is cut off at any moment and goes on ends with the same policy and the same rows, bit for bit."""

import random

import pytest
import torch
from fixtures.brightness import BrightnessScorer, toy_core
from fixtures.json_lines import rows_of as json_rows

from agents.algorithms import ALGORITHMS
from agents.bundles.files import load_policy
from agents.checkpoint import CHECKPOINT
from agents.train import train_agent
from attiqa_core.tensor_files import load_tensors

OFF_POLICY = {"learning_starts": 16, "batch_size": 8, "hidden": (8,), "buffer_size": 40}
ON_POLICY = {"n_steps": 4, "batch_size": 8, "n_epochs": 2, "hidden": (8,)}
SMALL = {
    "ppo": ON_POLICY,
    "recurrent_ppo": ON_POLICY | {"memory": 4},
    **dict.fromkeys(("sac", "td3", "tqc"), OFF_POLICY),
    "gradient": {"batch_size": 2, "hidden": (8,)},
    "constant": {"batch_size": 2},
}
"""The replay buffer wraps around, each update has several batches."""


class Mortal(BrightnessScorer):
    """A judge who is asked so many times, and then the process ends."""

    def __init__(self, questions: float = float("inf")):
        super().__init__()
        self.asked, self.questions = 0, questions

    def read(self, images):
        self.asked += 1
        if self.asked > self.questions:
            raise KeyboardInterrupt
        return super().read(images)


def train(algorithm, run, judge):
    """Train as told by `algorithm` until the end or the judge's, and say whether it came to the end."""
    core, validation = (toy_core(formulation="iterative", horizon=3, step_size=0.5) for _ in range(2))
    core.scorer = validation.scorer = judge
    try:
        train_agent(core, validation, algorithm=algorithm, timesteps=48, num_envs=4, every=16, constant_samples=32,
                    seed=3, numbers=SMALL[algorithm], run=run, resume=True)  # fmt: skip
    except KeyboardInterrupt:
        return False
    return True


def bits(run):
    """Everything a run ends with, apart from seconds."""
    policy = load_policy(run)
    (weights,) = run.glob("policy-*.safetensors")
    rows = json_rows(run / "metrics.jsonl")
    kept = [{name: value for name, value in row.items() if name != "seconds"} for row in rows]
    return load_tensors(weights), kept, {**policy.training, "seconds": 0}


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_training_cut_off_at_random_moments_ends_with_the_same_bits(algorithm, tmp_path):
    judge = Mortal()
    assert train(algorithm, tmp_path / "whole", judge)
    draw = random.Random(algorithm)
    for share in (0.8, draw.random()):
        train(algorithm, tmp_path / "cut", Mortal(int(share * judge.asked)))
    assert algorithm == "constant" or (tmp_path / "cut" / CHECKPOINT).is_file()
    assert train(algorithm, tmp_path / "cut", Mortal())
    (whole, rows, training), (cut, rows_of_cut, training_of_cut) = bits(tmp_path / "whole"), bits(tmp_path / "cut")
    assert whole.keys() == cut.keys() and all(torch.equal(whole[name], cut[name]) for name in whole)
    assert rows == rows_of_cut and training == training_of_cut
    assert [row["timesteps"] for row in rows] == [0, 16, 32, 48]


@pytest.mark.slow
def test_a_finished_training_that_goes_on_does_nothing_more(tmp_path):
    train("ppo", tmp_path, Mortal())
    before = bits(tmp_path)
    judge = Mortal()
    assert train("ppo", tmp_path, judge) and bits(tmp_path)[1] == before[1]
    assert all(torch.equal(value, before[0][name]) for name, value in bits(tmp_path)[0].items())
