import csv
import shutil
from pathlib import Path

import fsspec
import pytest
from fixtures.tiny_net import tiny_net
from PIL import Image

from attiqa_core.errors import InputError, UsageError
from attiqa_core.scorer import MosRange, Preprocessing, save_scorer
from experiments.commands import score


def config(images, scorer, **options) -> score.Config:
    return score.Config((images,), str(scorer), **{"crops": 1, "device": "cpu", **options})


def rows(path) -> dict[str, dict]:
    return {row["image"]: row for row in csv.DictReader(path.open())}


@pytest.fixture
def some(photos, tmp_path):
    folder = tmp_path / "some"
    folder.mkdir()
    for index in range(4):
        shutil.copy(photos / f"p{index}.png", folder)
    return folder


def test_a_run_cut_off_goes_on_and_gives_the_same_table(some, tiny_scorer_folder, tmp_path, capsys):
    table = tmp_path / "t.csv"
    score.run(config(some, tiny_scorer_folder, csv=table))
    whole = table.read_bytes()
    lines = whole.decode().splitlines(keepends=True)
    table.write_text(lines[0] + lines[2] + lines[1] + lines[3][:20])
    outcome = score.run(config(some, tiny_scorer_folder, csv=table, resume=True))
    assert outcome.path == table and table.read_bytes() == whole
    assert outcome.done.startswith("2 pictures scored") and outcome.done.endswith("2 before")
    assert f"{table}: 2 lines are gone since they were written" in capsys.readouterr().err
    scores = [float(row["score"]) for row in rows(table).values()]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.slow
def test_a_line_that_was_changed_is_named_and_removing_it_is_the_cure(some, tiny_scorer_folder, tmp_path, capsys):
    table = tmp_path / "t.csv"
    score.run(config(some, tiny_scorer_folder, csv=table))
    whole = table.read_bytes()
    lines = whole.decode().splitlines(keepends=True)
    place = lines[2].index(".") + 3
    changed = lines[2][:place] + chr(ord(lines[2][place]) ^ 1) + lines[2][place + 1 :]
    table.write_text(lines[0] + lines[1] + changed + "".join(lines[3:]))
    with pytest.raises(InputError, match=r"t\.csv:3: was changed after it was written; remove that line"):
        score.run(config(some, tiny_scorer_folder, csv=table, resume=True))
    table.write_text(lines[0] + lines[1] + "".join(lines[3:]))
    score.run(config(some, tiny_scorer_folder, csv=table, resume=True))
    assert table.read_bytes() == whole
    (tmp_path / ".t.csv.sums").unlink()
    score.run(config(some, tiny_scorer_folder, csv=table, resume=True))
    assert "has no .t.csv.sums beside it" in capsys.readouterr().err


def test_each_row_is_on_disk_as_soon_as_it_is_known(some, tiny_scorer_folder, tmp_path, monkeypatch):
    table = tmp_path / "t.csv"

    def interrupted(results, total):
        for count, result in enumerate(results):
            if count == 2:
                raise KeyboardInterrupt
            yield result

    monkeypatch.setattr(score, "_with_progress", interrupted)
    with pytest.raises(KeyboardInterrupt):
        score.run(config(some, tiny_scorer_folder, csv=table))
    assert len(rows(table)) == 2


def test_scores_of_another_scorer_or_other_crops_are_never_mixed(some, tiny_scorer_folder, tmp_path):
    table = tmp_path / "t.csv"
    score.run(config(some, tiny_scorer_folder, csv=table))
    with pytest.raises(InputError, match=r"t.csv:2: is not of this scorer"):
        score.run(config(some, tiny_scorer_folder, csv=table, crops=5, resume=True))
    table.write_text("image,mos\n")
    with pytest.raises(InputError, match="columns"):
        score.run(config(some, tiny_scorer_folder, csv=table, resume=True))


def test_contradicting_options_are_refused(some, tiny_scorer_folder, tmp_path):
    for options, message in (
        ({"resume": True}, "--csv"),
        ({"workers": 0}, "at least 1"),
        ({"maps": some}, "already holds files"),
        ({"maps": some / "p0.png"}, "is a file"),
        ({"csv": some / "p0.png"}, "exists already"),
    ):
        with pytest.raises(UsageError, match=message):
            score.run(config(some, tiny_scorer_folder, **options))
    with pytest.raises(UsageError, match="gradients"):
        score.run(config(some, "model.onnx", maps=tmp_path / "maps"))


@pytest.mark.slow
def test_maps_are_pictures_named_like_the_images(some, tiny_scorer_folder, tmp_path):
    maps = tmp_path / "maps"
    score.run(config(some / "p0.png", tiny_scorer_folder, maps=maps))
    (path,) = maps.iterdir()
    with Image.open(path) as picture:
        assert path.name == "p0_png.png" and min(picture.size) > 300


def test_overlays_of_files_with_one_name_are_told_apart():
    paths = [Path("a/x.png"), Path("b/x.png"), Path("b/x.jpg")]
    assert list(score.overlay_names(paths).values()) == ["a_x_png.png", "b_x_png.png", "b_x_jpg.png"]
    assert list(score.overlay_names(paths[1:]).values()) == ["x_png.png", "x_jpg.png"]


def test_long_tables_on_disk_are_printed_in_part(some, tiny_scorer_folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(score, "SHOWN", 1)
    score.run(config(some, tiny_scorer_folder, csv=tmp_path / "t.csv"))
    out = capsys.readouterr().out
    assert "2 more" in out and out.count(".png") == 2


@pytest.mark.slow
def test_an_exported_model_scores_with_its_own_crops_whatever_the_default_is(
    some, tiny_scorer_folder, tiny_onnx, tmp_path, logged
):
    score.run(config(some, tiny_onnx, csv=tmp_path / "exported.csv", crops=5))
    score.run(config(some, tiny_scorer_folder, csv=tmp_path / "torch.csv"))
    mine, theirs = rows(tmp_path / "exported.csv"), rows(tmp_path / "torch.csv")
    assert mine.keys() == theirs.keys() and any("not 5" in said for said in logged)
    for image, row in mine.items():
        assert float(row["score"]) == pytest.approx(float(theirs[image]["score"]), abs=1e-4)
        assert row["scorer"] == theirs[image]["scorer"]


@pytest.fixture
def other_folder(tiny_scorer_folder, tmp_path):
    """Another scorer, whose folder has the very name of a column."""
    return shutil.copytree(tiny_scorer_folder, tmp_path / "scorer")


def test_each_judge_has_a_column_with_the_scores_it_gives_alone(some, tiny_scorer_folder, tmp_path, capsys):
    net, other_folder = tiny_net(8, seed=1), tmp_path / "other weights"
    save_scorer(other_folder, net, Preprocessing(72, 64), MosRange(0.0, 100.0), {"data": "random weights"})
    judges = (str(other_folder),)
    outcome = score.run(config(some, tiny_scorer_folder, judges=judges, csv=tmp_path / "both.csv"))
    shown = capsys.readouterr().out
    score.run(config(some, tiny_scorer_folder, csv=tmp_path / "one.csv"))
    score.run(config(some, other_folder, csv=tmp_path / "other.csv"))
    both, one, other = (rows(tmp_path / f"{name}.csv") for name in ("both", "one", "other"))
    assert len(both) == 4 and list(both) == list(one)
    for image, row in both.items():
        assert row["score"] == one[image]["score"] != row[judges[0]] == other[image]["score"]
        assert row["scorer"] == f"{one[image]['scorer']} {other[image]['scorer']}"
    assert judges[0] in shown.splitlines()[0] and f"and {judges[0]}" in outcome.done


@pytest.mark.slow
def test_a_run_of_several_judges_goes_on_exactly_and_never_with_others(
    some, tiny_scorer_folder, other_folder, tmp_path
):
    whole, cut = tmp_path / "whole.csv", tmp_path / "cut.csv"
    judges = (str(other_folder),)
    score.run(config(some, tiny_scorer_folder, judges=judges, csv=whole))
    lines = whole.read_text().splitlines(keepends=True)
    cut.write_text("".join(lines[:3]) + lines[3][:30])
    score.run(config(some, tiny_scorer_folder, judges=judges, csv=cut, resume=True))
    assert cut.read_text() == whole.read_text()
    with pytest.raises(InputError, match="columns"):
        score.run(config(some, tiny_scorer_folder, csv=cut, resume=True))
    with pytest.raises(InputError, match=r"cut.csv:2: is not of this scorer"):
        score.run(config(some, tiny_scorer_folder, judges=judges, crops=5, csv=cut, resume=True))


def test_judges_that_cannot_have_a_column_are_refused(some, tiny_scorer_folder, other_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"--judges scorer: is the name of a column; write \./scorer"):
        score.run(config(some, tiny_scorer_folder, judges=("scorer",)))
    score.run(config(some / "p0.png", tiny_scorer_folder, judges=("./scorer",)))
    with pytest.raises(UsageError, match="named twice"):
        score.run(config(some, tiny_scorer_folder, judges=(str(tiny_scorer_folder),)))


@pytest.mark.slow
def test_maps_are_of_the_first_judge_that_has_any(some, tiny_scorer_folder, tiny_onnx, tmp_path):
    maps = tmp_path / "maps"
    score.run(config(some / "p0.png", tiny_onnx, judges=(str(tiny_scorer_folder),), maps=maps))
    assert [path.name for path in maps.iterdir()] == ["p0_png.png"]


@pytest.fixture
def frames(photos, tmp_path):
    """Frames 8 to 11 of a clip."""
    folder = tmp_path / "clip"
    folder.mkdir()
    for index in range(4):
        shutil.copy(photos / f"p{index}.png", folder / f"f_{8 + index}.png")
    return folder


def test_frames_are_written_in_their_order_and_summed_up(frames, tiny_scorer_folder, tmp_path, capsys):
    table = tmp_path / "t.csv"
    score.run(config(frames / "f_%d.png", tiny_scorer_folder, csv=table))
    assert [Path(image).name for image in rows(table)] == ["f_8.png", "f_9.png", "f_10.png", "f_11.png"]
    scores = {Path(image).name: float(row["score"]) for image, row in rows(table).items()}
    worst = min(scores, key=lambda name: scores[name])
    said = f"4 frames, tiny mean {sum(scores.values()) / 4:.4f}, worst 5% {scores[worst]:.4f}, worst frame {worst}"
    assert capsys.readouterr().out.splitlines()[-1] == f"{frames}/f_%d.png: {said}"


def test_every_other_frame_of_two_videos_goes_on_in_order(frames, tiny_scorer_folder, tmp_path, capsys):
    shutil.copytree(frames, tmp_path / "again")
    table, names = tmp_path / "t.csv", (frames / "*.png", tmp_path / "again" / "f_%d.png")
    options = {"crops": 1, "device": "cpu", "csv": table, "every": 2}
    score.run(score.Config(names, str(tiny_scorer_folder), **options))
    whole = table.read_text()
    table.write_text("".join(whole.splitlines(keepends=True)[:2]))
    capsys.readouterr()
    score.run(score.Config(names, str(tiny_scorer_folder), **options, resume=True))
    assert table.read_text() == whole
    assert [Path(image).name for image in rows(table)] == ["f_8.png", "f_10.png"] * 2
    assert [line.partition(",")[0][-8:] for line in capsys.readouterr().out.splitlines()[-2:]] == ["2 frames"] * 2


def test_an_unreadable_frame_is_left_out_of_the_sum(frames, tiny_scorer_folder, capsys):
    (frames / "f_9.png").write_bytes(b"nonsense")
    outcome = score.run(config(frames / "f_%d.png", tiny_scorer_folder))
    assert len(outcome.failures) == 1 and "3 frames" in capsys.readouterr().out


def test_patterns_and_what_they_need(frames, tiny_scorer_folder):
    with pytest.raises(UsageError, match="not both"):
        score.run(score.Config((frames / "*.png", frames), str(tiny_scorer_folder)))
    with pytest.raises(UsageError, match="--every: is about frames"):
        score.run(config(frames, tiny_scorer_folder, every=2))
    with pytest.raises(UsageError, match="--every 0: give at least 1"):
        score.run(config(frames / "*.png", tiny_scorer_folder, every=0))
    with pytest.raises(InputError, match="no file is named like this"):
        score.run(config(frames / "g_%04d.png", tiny_scorer_folder))


@pytest.mark.slow
def test_pictures_at_an_address_are_scored_under_their_address_once_and_those_that_are_not_there_named(
    some, tiny_scorer_folder, tmp_path
):
    memory = fsspec.filesystem("memory")
    for path in some.iterdir():
        memory.pipe(f"/scored/{path.name}", path.read_bytes())
    table = tmp_path / "t.csv"
    score.run(config(Path("memory://scored"), tiny_scorer_folder, csv=table))
    score.run(config(some, tiny_scorer_folder, csv=tmp_path / "here.csv"))
    here = {f"memory://scored/{Path(name).name}": row["score"] for name, row in rows(tmp_path / "here.csv").items()}
    assert {name: row["score"] for name, row in rows(table).items()} == here and len(here) == 4
    again = score.run(config(Path("memory://scored"), tiny_scorer_folder, csv=table, resume=True))
    assert again.done.startswith("0 pictures scored") and again.done.endswith("4 before")
    memory.rm("/scored", recursive=True)
    with pytest.raises(InputError, match="memory://scored: no such file or folder"):
        score.run(config(Path("memory://scored"), tiny_scorer_folder, csv=tmp_path / "none.csv"))
