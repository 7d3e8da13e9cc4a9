"""Wrong command lines: each is one sentence and exit code 2 or 3, before a command is even imported, and leaves nothing."""

import importlib
from pathlib import Path

import pytest
from fixtures.wrong_lines.fivek import FIVEK
from fixtures.wrong_lines.pictures import PICTURES
from fixtures.wrong_lines.raws import RAWS
from fixtures.wrong_lines.studies import STUDIES

from experiments import cli

WRONG = [*PICTURES, *RAWS, *FIVEK, *STUDIES]


@pytest.fixture
def place(tmp_path, monkeypatch, photos, raws):
    """An empty folder to stand in, with a used one, photos and raws beside it, and no command to be imported."""
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").touch()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    load = importlib.import_module

    def only_options(name: str, *package: str):  # what is loaded meanwhile may keep it
        assert not name.startswith("experiments.commands"), f"{name} was imported for a wrong command line"
        return load(name, *package)

    monkeypatch.setattr(cli.importlib, "import_module", only_options)
    return {"USED": tmp_path / "used", "PHOTOS": photos, "TABLE": photos / "mos.csv", "RAWS": raws, "VOTES": "v.json"}


def spelled(text: str, place: dict) -> str:
    for name, path in place.items():
        text = text.replace(name, str(path))
    return text


@pytest.mark.parametrize(("words", "code", "said"), WRONG, ids=[words for words, _, _ in WRONG])
@pytest.mark.slow
def test_a_wrong_command_line_is_one_sentence_and_costs_nothing(attiqa, place, words, code, said):
    got, out, err = attiqa(*spelled(words, place).split())
    plain = " ".join(err.split())
    assert (got, out) == (code, "") and spelled(said, place) in plain
    assert "--format" in said or (err.startswith("attiqa: ") and err.count("\n") == 1)
    assert not list(Path().iterdir()) and [path.name for path in place["USED"].iterdir()] == ["file"]


def test_every_command_has_wrong_command_lines_here():
    assert {verb for verb in cli.VERBS if any(f"{words} ".startswith(f"{verb} ") for words, _, _ in WRONG)} == set(
        cli.VERBS
    )
