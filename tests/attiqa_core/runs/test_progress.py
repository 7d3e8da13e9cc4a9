import sys

import pytest

from attiqa_core.runs.progress import progress


class Clock:
    """A time that only moves when it is told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("attiqa_core.runs.progress.monotonic", clock)
    return clock


def test_progress_into_a_file_is_a_line_at_once_one_each_half_minute_and_one_at_the_end(clock, capsys):
    for _ in progress(range(100), label="label", unit="photo"):
        clock.now += 1.0
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "label: 0 of 100 photos after 00:00, ?photo/s, ? left",
        "label: 30 of 100 photos after 00:30, 1.00photo/s, 01:10 left",
        "label: 60 of 100 photos after 01:00, 1.00photo/s, 00:40 left",
        "label: 90 of 100 photos after 01:30, 1.00photo/s, 00:10 left",
        "label: 100 of 100 photos after 01:40, 1.00photo/s, 00:00 left",
    ]


def test_a_time_of_day_that_jumps_changes_no_line(clock, capsys, monkeypatch):
    days = iter(range(10_000, -10_000, -86))
    monkeypatch.setattr("tqdm.std.time", lambda: 86_400.0 * next(days))
    for _ in progress(range(50), label="label", unit="photo"):
        clock.now += 1.0
    assert [line[:24] for line in capsys.readouterr().err.splitlines()] == [
        "label: 0 of 50 photos af", "label: 30 of 50 photos a", "label: 50 of 50 photos a",
    ]  # fmt: skip


def test_a_resumed_progress_counts_what_was_done_before_and_says_what_was_measured(clock, capsys):
    with progress(total=4, done=2, label="train", unit="step") as bar:
        clock.now += 60.0
        bar.set_postfix(loss="0.5", refresh=False)
        bar.update()
    assert (
        capsys.readouterr().err.splitlines()[1] == "train: 3 of 4 steps after 01:00, 60.00s/step, 01:00 left, loss=0.5"
    )


def test_progress_at_a_terminal_is_one_bar_and_hidden_it_is_nothing(clock, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    for _ in progress(range(3), label="score", unit="image"):
        clock.now += 1.0
    drawn = capsys.readouterr().err
    assert drawn.startswith("\rscore:   0%|") and drawn.count("\n") == 1 and "3/3" in drawn
    assert list(progress(range(3), label="score", unit="image", hidden=True)) == [0, 1, 2]
    assert capsys.readouterr().err == ""
