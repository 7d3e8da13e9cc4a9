import json
import threading
from dataclasses import replace
from pathlib import PurePath

import pytest
from fixtures.rendered import both, outputs
from PIL import Image

from attiqa_core.errors import ResourceError
from experiments.rendering import one_picture
from experiments.rendering.inputs import Source, find_sources
from experiments.rendering.names import places
from experiments.rendering.run import render_all
from experiments.rendering.tuning import Tuning
from isp_env.raw import RawFrame


@pytest.mark.slow
def test_one_raw_that_renders_nan_is_one_failure(attiqa, making, card, monkeypatch, tmp_path):
    whole = RawFrame.load

    def load(path, *own):
        frame = whole(path, *own)
        return replace(frame, baseline_exposure_ev=float("nan")) if path.name == "r3.dng" else frame

    monkeypatch.setattr(one_picture.RawFrame, "load", load)
    code, _, err = attiqa("render", card, "--out", tmp_path / "out", "--no-sheet")
    assert code == 4 and "r3.dng: the picture holds NaN" in err and "5 raws rendered, 1 skipped" in err
    assert outputs(tmp_path / "out") == both("r0", "r1", "r2", "r4", "r5") | {"failures.json"}
    (row,) = json.loads((tmp_path / "out" / "failures.json").read_text())
    assert row["raw"].endswith("r3.dng") and "NaN" in row["reason"]


def test_no_raw_that_can_be_read_is_bad_input_and_each_is_named(attiqa, tmp_path):
    for name in ("a.dng", "b.dng"):
        Image.new("RGB", (8, 8)).save(tmp_path / "x.jpg")
        (tmp_path / "x.jpg").rename(tmp_path / name)
    code, _, err = attiqa("render", tmp_path / "a.dng", tmp_path / "b.dng", "--out", tmp_path / "out")
    assert code == 3 and "a.dng: is a JPEG picture" in err and "b.dng: is a JPEG picture" in err
    assert not (tmp_path / "out").exists()  # so that the mended command may use it


@pytest.mark.slow
def test_too_little_memory_is_tried_again_alone_in_small_tiles(making, card, monkeypatch):
    tiles, render = [], one_picture.finished_pixels

    def short_of_memory(frame, params, output, *, tile, **rest):
        tiles.append(tile)
        if (tile is None and "r1" in frame.path) or "r4" in frame.path:
            raise MemoryError
        return render(frame, params, output, tile=tile, **rest)

    monkeypatch.setattr(one_picture, "finished_pixels", short_of_memory)
    tally = render_all(making(), find_sources([card]), jobs=2, sheet=False)
    assert tiles == [None] * 6 + [one_picture.SMALL_TILE] * 2
    (why,) = tally.failures.values()
    assert tally.counts["rendered"] == 5 and "not enough memory to render it, alone and in small tiles" in why


@pytest.mark.slow
def test_a_bug_of_ours_costs_one_raw(making, card):
    def tune(frame):
        if frame.path.endswith("r0.dng"):
            raise KeyError("oops")
        return making().tuning.tune(frame)

    broken = replace(making(), tuning=Tuning(tune, "parameters", {}, {}))
    tally = render_all(broken, find_sources([card]), jobs=2, sheet=False)
    assert tally.counts == {"rendered": 5, "failed": 1} and "this is a bug" in next(iter(tally.failures.values()))


@pytest.mark.slow
def test_a_full_disk_ends_the_run_and_keeps_what_is_finished(making, card, monkeypatch):
    save = one_picture.save_pixels

    def full(path, pixels, **rest):
        if path.stem == "r2":
            raise ResourceError("the disk is full")
        save(path, pixels, **rest)

    monkeypatch.setattr(one_picture, "save_pixels", full)
    with pytest.raises(ResourceError, match="full"):
        render_all(making(), find_sources([card]), jobs=1, sheet=False)
    found = outputs(making().out)
    assert both("r0", "r1") <= found and not any("r2" in name or "staging" in name for name in found)


def test_an_interrupt_leaves_whole_pictures_and_counts_them(making, card, monkeypatch, capsys):
    saving, save = threading.Event(), one_picture.save_pixels

    def slow(path, pixels, **rest):
        saving.set()
        save(path, pixels, **rest)

    def interrupted():
        yield from sources[:2]
        saving.wait()
        raise KeyboardInterrupt

    sources = find_sources([card])
    monkeypatch.setattr(one_picture, "save_pixels", slow)
    monkeypatch.setattr("experiments.rendering.run.places", lambda _: places(sources))
    with pytest.raises(KeyboardInterrupt):
        render_all(making(), _Sized(interrupted()), jobs=2, sheet=False)
    found = outputs(making().out)
    assert found in (both("r0"), both("r1"), both("r0", "r1")) and f"{len(found) // 2} raw" in capsys.readouterr().err


class _Sized:
    """An iterator with a length, as a list has."""

    def __init__(self, items):
        self.items = items

    def __iter__(self):
        return self.items

    def __len__(self):
        return 6


def test_a_source_that_is_no_file_is_one_failure(making, card, tmp_path):
    gone = Source(tmp_path / "gone.dng", PurePath("gone.dng"))
    tally = render_all(making(), [*find_sources([card])[:1], gone], jobs=1, sheet=False)
    assert tally.counts == {"rendered": 1, "failed": 1} and tally.failures[gone] == f"{gone.path}: no such file"
