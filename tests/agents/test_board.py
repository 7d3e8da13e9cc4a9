import pytest
import torch
from fixtures.brightness import toy_core
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.summary.writer import event_file_writer

from agents.board import SHOWN_PX, Board, sheet
from agents.train import train_agent


@pytest.fixture(scope="module")
def core():
    return toy_core()


@pytest.fixture(scope="module")
def policy(core):
    return train_agent(core, algorithm="gradient", timesteps=16, constant_samples=32)


def read(folder):
    events = EventAccumulator(str(folder)).Reload()
    return {name: [(each.step, each.value) for each in events.Scalars(name)] for name in events.Tags()["scalars"]}


def test_the_sheet_shows_contexts_at_default_under_the_constant_and_under_the_policy(core, policy):
    shown = sheet(core, policy)
    assert shown.shape == (3, 3 * SHOWN_PX, 4 * SHOWN_PX)
    default, constant, _ = shown.unflatten(1, (3, SHOWN_PX)).unbind(1)
    assert constant.mean() > default.mean() + 0.01  # the raws are dark, and the judge likes mid grey


@pytest.mark.slow
def test_a_training_that_goes_on_takes_back_what_was_written_after_its_checkpoint(core, policy, tmp_path, monkeypatch):
    # TensorBoard reads files by name: of one second by this number, as words. A training goes on seconds later, and in another process.
    monkeypatch.setattr(event_file_writer, "_global_uid", event_file_writer.AtomicCounter(0))
    board = Board(tmp_path, core)
    for step in (0, 16, 32):
        board.write(policy, {"timesteps": step, "reward": step / 100, "note": "no number"})
    Board(tmp_path, core, 16).write(policy, {"timesteps": 32, "reward": 0.5})
    assert read(tmp_path)["reward"] == [(0, 0.0), (16, pytest.approx(0.16)), (32, 0.5)]
    assert torch.isfinite(sheet(core, policy)).all()
