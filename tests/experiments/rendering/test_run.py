import json
import os
import sys

import numpy as np
import pytest
from fixtures.rendered import both, lines, outputs
from PIL import Image

from attiqa_core.errors import UsageError
from attiqa_core.runs.lock import only_run_in
from experiments.rendering.inputs import find_in_folders, find_sources
from experiments.rendering.run import render_all, render_arrivals


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


@pytest.mark.slow
def test_a_second_run_in_one_folder_is_refused_and_the_first_not_harmed(attiqa, card, tmp_path):
    with only_run_in(tmp_path / "out", "render"):
        code, _, err = attiqa("render", card, "--out", tmp_path / "out", "--resume")
    assert code == 2 and "another `attiqa render` (process " in err and "is writing into it" in err
    assert outputs(tmp_path / "out") == set()
    assert attiqa("render", card, "--out", tmp_path / "out", "--resume")[0] == 0


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_a_refused_run_takes_nothing_from_the_one_at_work(attiqa, card, tmp_path):
    with only_run_in(tmp_path / "out", "render"):
        (tmp_path / "out" / ".attiqa" / "staging").mkdir()
        assert attiqa("render", card, "--out", tmp_path / "out", "--resume")[0] == 2
        (tmp_path / "out" / ".attiqa" / "staging").rmdir()  # it is there
    assert not (tmp_path / "out").exists()  # nothing was written into it


def test_a_lock_is_free_again_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), only_run_in(tmp_path, "render"):
        raise ZeroDivisionError
    with only_run_in(tmp_path, "render"), pytest.raises(UsageError), only_run_in(tmp_path, "render"):
        pass
