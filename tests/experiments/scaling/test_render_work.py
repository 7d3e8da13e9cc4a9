"""`attiqa render --shard`: the files of one process, whoever made what, and what is refused."""

import shutil
import signal

import pytest
from fixtures.ended import killed
from fixtures.rendered import outputs

from experiments.options.render_folder import PARTS
from experiments.scaling import shard_sizes

SET = ("--set", "exposure_ev=0.2")


@pytest.fixture(scope="module")
def cards(raws, tmp_path_factory):
    """Two cards of the same four names, and a file that is no raw."""
    folder = tmp_path_factory.mktemp("cards")
    for card in ("one", "two"):
        shutil.copytree(raws, folder / card)
    (folder / "one" / "bad.dng").write_bytes(b"nonsense")
    return folder


@pytest.fixture
def whole(attiqa, cards, tmp_path):
    """What one process makes of them."""
    assert attiqa("render", cards, "--out", tmp_path / "whole", *SET)[0] == 4
    return tmp_path / "whole"


def results(out):
    """The bytes of every file that a run is for, by name."""
    private = (".attiqa/", f"{PARTS}/")
    return {name: (out / name).read_bytes() for name in outputs(out) if not name.startswith(private)}


@pytest.mark.slow
def test_parts_in_any_order_and_number_come_to_the_files_of_one_process(attiqa, cards, whole, tmp_path):
    expected = results(whole)
    assert len(expected) == 2 * 8 + 2 and "failures.json" in expected and "sheet.jpg" in expected
    for out, parts in ((tmp_path / "three", ("2/3", "0/3", "1/3")), (tmp_path / "one", ("0/1",))):
        codes = [attiqa("render", cards, "--out", out, *SET, "--shard", part)[0] for part in parts]
        assert set(codes) <= {0, 4} and 4 in codes
        code, said, err = attiqa("merge", out)
        assert (code, said.strip()) == (4, str(out)) and "8 raws rendered, 1 skipped" in err and "bad.dng" in err
        assert results(out) == expected
        assert not list((out / ".attiqa").glob("staging*"))


@pytest.mark.slow
def test_killed_in_the_middle_of_a_part_the_same_command_goes_on_to_the_same_files(attiqa, cards, whole, tmp_path):
    out = tmp_path / "out"
    words = ("render", cards, "--out", out, *SET, "--jobs", 1, "--shard", "0/1")
    recipe = out / next(name for name in sorted(results(whole)) if name.endswith(".recipe.json"))
    assert killed("experiments.commands.render", (words, recipe, 1, 0.0)) == [-signal.SIGKILL]
    assert attiqa("merge", out)[0] == 3, "it was not finished"
    written = recipe.stat().st_mtime_ns
    assert attiqa(*words)[0] == 4
    assert recipe.stat().st_mtime_ns == written, "what was in place is not rendered again"
    assert attiqa("merge", out)[0] == 4 and results(out) == results(whole)


@pytest.mark.slow
def test_merging_names_a_part_that_is_missing_and_a_picture_that_was_changed(attiqa, cards, tmp_path):
    out = tmp_path / "out"
    words = ("render", cards / "two", "--out", out, "--no-sheet", "--shard", "0/1")
    code, _, err = attiqa(*words)
    assert code == 0 and "all 1 shard are there: run `attiqa merge" in err
    picture = next(out.glob("*.jpg"))
    content = bytearray(picture.read_bytes())
    content[-9] ^= 1
    picture.write_bytes(content)
    code, _, err = attiqa("merge", out)
    assert code == 3 and f"{picture}: is missing or was changed" in err and "run its worker again" in err
    picture.unlink()
    commit = out / PARTS / "shards" / "000000.json"
    commit.unlink()
    code, _, err = attiqa("merge", out)
    assert code == 3 and f"{commit}: no such file; the shard was not finished" in err
    assert attiqa(*words)[0] == attiqa("merge", out)[0] == 0


@pytest.mark.slow
def test_a_worker_of_other_parameters_is_refused(attiqa, cards, tmp_path):
    words = ("render", cards / "two", "--out", tmp_path / "out", "--no-sheet")
    assert attiqa(*words, "--shard", "0/2")[0] == 0
    code, _, err = attiqa(*words, *SET, "--shard", "1/2")
    assert code == 2 and "was begun with" in err and "exposure_ev=0.2" in err


@pytest.mark.slow
def test_a_worker_lists_all_raws_and_reads_only_its_own(attiqa, cards, tmp_path, monkeypatch):
    from experiments.rendering import one_picture

    read, whole = [], one_picture.describe_raw
    monkeypatch.setattr(one_picture, "describe_raw", lambda path: read.append(path.name) or whole(path))
    monkeypatch.setattr(shard_sizes, "FEWEST", 1)
    monkeypatch.setattr(one_picture, "finished_pixels", _not_rendered)
    attiqa("render", cards / "two", "--out", tmp_path / "out", "--no-sheet", "--shard", "1/4")
    assert len(read) == 1


def _not_rendered(*frame, **options):
    raise AssertionError("not asked for here")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--watch",), "--watch: is for one process alone"),
        (("--json",), "--json: is for one process alone"),
        (("--shard", "2/2"), "give a part as I/N"),
    ],
)
def test_what_parts_cannot_do_is_refused_before_anything_is_made(attiqa, cards, tmp_path, words, sentence):
    code, _, err = attiqa("render", cards / "two", "--out", tmp_path / "out", "--shard", "0/2", *words)
    assert code == 2 and sentence in err and not (tmp_path / "out").exists()


def test_a_folder_of_another_run_is_not_taken_over(attiqa, cards, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.jpg").write_bytes(b"mine")
    code, _, err = attiqa("render", cards / "two", "--out", tmp_path / "out", "--shard", "0/2")
    assert code == 2 and "already holds files" in err
