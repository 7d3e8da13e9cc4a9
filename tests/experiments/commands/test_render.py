import io
import os
import signal
import sys

import pytest

from attiqa_core.files.whole import read_json
from experiments import cli
from experiments.rendering import recipes


@pytest.fixture
def listed(monkeypatch):
    """Put bytes on standard input."""

    def put(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    return put


def test_raws_come_from_a_list_on_standard_input(succeed, raws, tmp_path, listed):
    listed("".join(f"{raws / name}\0" for name in ("s0_0.dng", "s0_1.dng")).encode())
    succeed("render", "-", "--out", tmp_path / "out", "--no-sheet")
    assert {path.name for path in (tmp_path / "out").glob("*.jpg")} == {"s0_0.jpg", "s0_1.jpg"}


@pytest.mark.slow
def test_raws_come_from_a_quoted_glob(succeed, raws, tmp_path):
    succeed("render", raws / "s1*.dng", "--out", tmp_path / "out", "--no-sheet")
    assert {path.name for path in (tmp_path / "out").glob("*.jpg")} == {"s1_2.jpg", "s1_3.jpg"}


def test_sliders_on_the_command_line_win_over_a_files(succeed, raws, tmp_path):
    (tmp_path / "mine.json").write_text('{"exposure_ev": 1, "contrast": 0.25}')
    given = ("--params", tmp_path / "mine.json", "--set", "exposure_ev=-0.5", "saturation=-1")
    succeed("render", raws / "s0_0.dng", *given, "--out", tmp_path / "out", "--no-sheet")
    recipe = read_json(tmp_path / "out" / "s0_0.recipe.json")
    assert [recipe["params"][name] for name in ("exposure_ev", "contrast", "saturation")] == [-0.5, 0.25, -1]
    assert recipe["tuner"] == "parameters" and recipe["source"]["set"] == {"exposure_ev": -0.5, "saturation": -1}
    old = {"raw": "s0_0.dng", "params": recipe["params"], "tuner": "parameters"}  # a recipe of before the schema
    (tmp_path / "old.json").write_text(str(old).replace("'", '"'))
    succeed("render", raws / "s0_0.dng", "--params", tmp_path / "old.json", "--out", tmp_path / "again", "--no-sheet")
    assert (tmp_path / "again" / "s0_0.jpg").read_bytes() == (tmp_path / "out" / "s0_0.jpg").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--set exposure=1", "--set exposure: no such parameter; did you mean exposure_ev?"),
        ("--set exposure_ev", "--set exposure_ev: give NAME=NUMBER"),
        ("--set exposure_ev=nan", "give NAME=NUMBER"),
        ("--set exposure_ev=9", "--set exposure_ev=9: give -4 to 4 EV"),
        ("--set clarity=1 clarity=2", "clarity is given twice"),
        ("--jobs 0", "--jobs 0: give at least 1"),
        ("--policy . --set clarity=1", "--set: a --policy has its own"),
    ],
)
def test_a_slider_that_cannot_be_is_refused_by_name(attiqa, raws, tmp_path, words, said):
    code, _, err = attiqa("render", raws, "--out", tmp_path / "out", *words.split())
    assert code == 2 and said in " ".join(err.split()) and not (tmp_path / "out").exists()


def test_only_folders_are_watched(attiqa, raws, tmp_path):
    code, _, err = attiqa("render", raws / "s0_0.dng", "--watch", "--out", tmp_path / "out")
    assert code == 2 and "name folders only" in err


@pytest.mark.slow
def test_a_recipe_is_what_its_schema_says(succeed, raws, tmp_path):
    import jsonschema  # it makes the grammar of all addresses: a second of everyone who gathers tests

    succeed("render", raws, "--out", tmp_path / "out", "--no-sheet", "--set", "clarity=0.5")
    schema = read_json(recipes.SCHEMA_FILE)
    jsonschema.Draft202012Validator.check_schema(schema)
    written = [read_json(path) for path in (tmp_path / "out").glob("*.recipe.json")]
    for recipe in written:
        jsonschema.validate(recipe, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**recipe, "raw": "s0_0.dng"}, schema)
    assert len(written) == 4 and schema["properties"]["schema"]["const"] == recipes.SCHEMA


def test_a_folder_that_holds_no_render_is_not_gone_on_in(attiqa, raws, tmp_path):
    (tmp_path / "mine.txt").touch()
    code, _, err = attiqa("render", raws, "--out", tmp_path, "--resume")
    assert code == 3 and "no render to go on with" in err and [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_sigterm_ends_as_an_interrupt_does_with_its_own_code(attiqa, monkeypatch):
    monkeypatch.setattr(cli, "run_command", lambda words: os.kill(os.getpid(), signal.SIGTERM))
    before = signal.getsignal(signal.SIGTERM)
    code, _, err = attiqa("score", "x")
    assert code == 143 and "terminated; what was finished is kept" in err and signal.getsignal(signal.SIGTERM) == before
