import json
import os
import sys
import threading
from dataclasses import replace
from pathlib import Path, PurePath

import numpy as np
import pytest
from PIL import Image

from attiqa_core.errors import ResourceError, UsageError
from experiments.rendering import one_picture
from experiments.rendering.inputs import Source, find_in_folders, find_sources
from experiments.rendering.lock import only_run_in
from experiments.rendering.names import places
from experiments.rendering.run import render_all, render_arrivals
from experiments.rendering.tuning import Tuning
from isp_env.raw import RawFrame


@pytest.fixture
def card(write_raw, tmp_path) -> Path:
    """A folder of six raws."""
    for number in range(6):
        write_raw(tmp_path / "card" / f"r{number}.dng", number)
    return tmp_path / "card"


def outputs(out: Path) -> set[str]:
    """Every file below the output folder but the lock's."""
    files = (path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    return {name for name in files if name not in (".attiqa/lock", ".attiqa/holder")}


def both(*stems: str) -> set[str]:
    return {f"{stem}{ending}" for stem in stems for ending in (".jpg", ".recipe.json")}


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.slow
def test_three_cards_of_the_same_names_give_three_times_the_pictures(attiqa, write_raw, tmp_path):
    cards = [tmp_path / f"card{number}" for number in range(3)]
    for number, card in enumerate(cards):
        write_raw(card / "100CANON" / "IMG_1.dng", number)
    code, _, err = attiqa("render", *cards, "--out", tmp_path / "out", "--no-sheet")
    assert code == 0, err
    assert outputs(tmp_path / "out") == both(*(f"card{number}/100CANON/IMG_1" for number in range(3)))
    assert len({path.read_bytes() for path in (tmp_path / "out").rglob("*.jpg")}) == 3


@pytest.mark.slow
def test_what_is_finished_is_not_rendered_again(making, card, capsys):
    first = render_all(making(), find_sources([card]), jobs=2, sheet=False)
    assert (first.counts["rendered"], outputs(making().out)) == (6, both(*(f"r{number}" for number in range(6))))
    written = {path: path.stat().st_mtime_ns for path in making().out.glob("*")}
    (making().out / "r2.jpg").unlink()
    second = render_all(making(), find_sources([card]), jobs=2, sheet=False)
    assert second.sentence == "1 raw rendered, 5 finished before"
    changed = {path.name for path, time in written.items() if path.is_file() and path.stat().st_mtime_ns != time}
    assert changed == {"r2.jpg", "r2.recipe.json"}
    assert "made again: 1 picture, its picture is gone" in capsys.readouterr().err


@pytest.mark.slow
def test_other_parameters_are_rendered_again_where_the_run_is_to_go_on(attiqa, card, tmp_path):
    words = ("render", card, "--out", tmp_path / "out", "--no-sheet")
    assert attiqa(*words)[0] == 0
    code, _, err = attiqa(*words, "--set", "exposure_ev=0.5")
    assert code == 2 and "add --resume to go on" in err
    code, _, err = attiqa(*words, "--set", "exposure_ev=0.5", "--resume")
    assert code == 0 and "6 pictures, made with exposure_ev 0, not 0.5" in err and "6 raws rendered" in err
    code, _, err = attiqa(*words, "--set", "exposure_ev=0.5", "--resume")
    assert code == 0 and "0 raws rendered, 6 finished before" in err


def test_one_raw_that_renders_nan_is_one_failure(attiqa, making, card, monkeypatch, tmp_path):
    whole = RawFrame.load

    def load(path, *own):
        frame = whole(path, *own)
        return replace(frame, baseline_exposure_ev=float("nan")) if path.name == "r3.dng" else frame

    monkeypatch.setattr(one_picture.RawFrame, "load", load)
    code, _, err = attiqa("render", card, "--out", tmp_path / "out", "--no-sheet")
    assert code == 4 and "r3.dng: the picture holds NaN" in err and "5 raws rendered, 1 skipped" in err
    assert outputs(tmp_path / "out") == both("r0", "r1", "r2", "r4", "r5") | {"failures.jsonl"}
    (row,) = lines((tmp_path / "out" / "failures.jsonl").read_text())
    assert row["raw"].endswith("r3.dng") and "NaN" in row["error"]


def test_no_raw_that_can_be_read_is_bad_input_and_each_is_named(attiqa, tmp_path):
    for name in ("a.dng", "b.dng"):
        Image.new("RGB", (8, 8)).save(tmp_path / "x.jpg")
        (tmp_path / "x.jpg").rename(tmp_path / name)
    code, _, err = attiqa("render", tmp_path / "a.dng", tmp_path / "b.dng", "--out", tmp_path / "out")
    assert code == 3 and "a.dng: is a JPEG picture" in err and "b.dng: is a JPEG picture" in err
    assert not (tmp_path / "out").exists()  # so that the mended command may use it


@pytest.mark.slow
def test_too_little_memory_is_tried_again_alone_in_small_tiles(making, card, monkeypatch):
    tiles, render = [], one_picture.render_quantised

    def short_of_memory(frame, params, *, tile, **rest):
        tiles.append(tile)
        if (tile is None and "r1" in frame.path) or "r4" in frame.path:
            raise MemoryError
        return render(frame, params, tile=tile, **rest)

    monkeypatch.setattr(one_picture, "render_quantised", short_of_memory)
    tally = render_all(making(), find_sources([card]), jobs=2, sheet=False)
    assert tiles == [None] * 6 + [one_picture.SMALL_TILE] * 2
    (why,) = tally.failures.values()
    assert tally.counts["rendered"] == 5 and "not enough memory to render it, alone and in small tiles" in why


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


@pytest.mark.slow
def test_a_second_run_in_one_folder_is_refused_and_the_first_not_harmed(attiqa, card, tmp_path):
    with only_run_in(tmp_path / "out"):
        code, _, err = attiqa("render", card, "--out", tmp_path / "out", "--resume")
    assert code == 2 and "another `attiqa render` (process " in err and "is writing into it" in err
    assert outputs(tmp_path / "out") == set()
    assert attiqa("render", card, "--out", tmp_path / "out", "--resume")[0] == 0


def test_json_has_a_line_for_each_raw_and_the_counts(attiqa, card, tmp_path):
    (card / "bad.dng").write_bytes(b"nonsense")
    words = ("render", card, "--out", tmp_path / "out", "--no-sheet", "--json")
    code, out, _ = attiqa(*words)
    *rows, last = lines(out)
    assert code == 4 and len(rows) == 7 and last["rendered"] == 6 and last["failed"] == 1
    assert {row["size"][0] for row in rows if "picture" in row} == {64} and sum("error" in row for row in rows) == 1
    (card / "bad.dng").unlink()
    code, out, _ = attiqa(*words, "--resume")
    *rows, last = lines(out)
    assert code == 0 and all(row["finished"] == "before" for row in rows) and last["finished"] == 6


@pytest.mark.slow
def test_the_sheet_shows_pictures_that_were_rendered_before(making, card):
    render_all(making(), find_sources([card])[:3], jobs=1, sheet=False)
    render_all(making(), find_sources([card]), jobs=2)
    with Image.open(making().out / "sheet.jpg") as sheet:
        assert np.asarray(sheet).std() > 5
    written = (making().out / "sheet.jpg").stat().st_mtime_ns
    render_all(making(), find_sources([card]), jobs=2)
    assert (making().out / "sheet.jpg").stat().st_mtime_ns == written


@pytest.mark.skipif(sys.platform != "linux", reason="file names are UTF-8 here")
def test_a_name_that_is_no_text_is_rendered(making, write_raw, tmp_path):
    (tmp_path / "card").mkdir()
    write_raw(tmp_path / "plain.dng").rename(tmp_path / "card" / os.fsdecode(b"caf\xe9.dng"))
    tally = render_all(making(), find_sources([tmp_path / "card"]), jobs=1, sheet=False)
    assert outputs(making().out) == both("caf%E9"), tally.failures


@pytest.mark.slow
def test_odd_names_are_rendered_shown_and_on_the_sheet(making, write_raw, tmp_path):
    write_raw(tmp_path / "card" / "a\nb.dng")
    render_all(making(), find_sources([tmp_path / "card"]), jobs=1)
    assert outputs(making().out) == both("a_b") | {"sheet.jpg"}
    recipe = json.loads((making().out / "a_b.recipe.json").read_text())
    assert recipe["raw"]["name"] == r"a\nb.dng"


def test_a_watched_folder_renders_what_stands_still(making, write_raw, tmp_path, capsys):
    folder, rounds = tmp_path / "card", []
    write_raw(folder / "first.dng")

    def wait():
        rounds.append(outputs(making().out))
        match len(rounds):
            case 1:
                (folder / "growing.dng").write_bytes(b"x" * 10)
            case 2:
                write_raw(folder / "growing.dng", 1)
            case 4:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_arrivals(making(), lambda: find_in_folders([folder]), jobs=1, wait=wait)
    assert rounds == [set(), both("first"), both("first"), both("first", "growing")]
    assert "2 raws rendered" in capsys.readouterr().err


def test_a_source_that_is_no_file_is_one_failure(making, card, tmp_path):
    gone = Source(tmp_path / "gone.dng", PurePath("gone.dng"))
    tally = render_all(making(), [*find_sources([card])[:1], gone], jobs=1, sheet=False)
    assert tally.counts == {"rendered": 1, "failed": 1} and tally.failures[gone] == f"{gone.path}: no such file"


def test_a_refused_run_takes_nothing_from_the_one_at_work(attiqa, card, tmp_path):
    with only_run_in(tmp_path / "out"):
        (tmp_path / "out" / ".attiqa" / "staging").mkdir()
        assert attiqa("render", card, "--out", tmp_path / "out", "--resume")[0] == 2
        assert (tmp_path / "out" / ".attiqa" / "staging").is_dir()
    assert not (tmp_path / "out").exists()  # nothing was written into it


def test_a_lock_is_free_again_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), only_run_in(tmp_path):
        raise ZeroDivisionError
    with only_run_in(tmp_path), pytest.raises(UsageError), only_run_in(tmp_path):
        pass
