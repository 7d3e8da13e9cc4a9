import subprocess
import sys

import pytest

from attiqa_core.errors import InputError, ResourceError, UsageError
from experiments import cli
from experiments.options.outcome import Outcome


def test_help_lists_every_verb_without_heavy_imports():
    script = (
        "import sys; from experiments.cli import run_command; run_command(['--help']); print('torch' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert all(verb in shown for verb in cli.VERBS) and shown.rstrip().endswith("False")


@pytest.mark.parametrize("verb", list(cli.VERBS))
def test_every_verb_explains_its_options(attiqa, verb):
    code, out, _ = attiqa(*verb.split(), "--help")
    assert code == 0 and f"attiqa {verb}" in out


def test_an_unknown_verb_is_a_usage_error(attiqa):
    code, _, err = attiqa("renderr")
    assert code == 2 and "no such command" in err
    code, _, err = attiqa("study")
    assert code == 2 and "study export" in err


def test_a_config_file_stands_for_its_flags_and_later_flags_win(tmp_path):
    path = tmp_path / "preset.toml"
    path.write_text('out = "x"\nmos_range = [0.0, 100.0]\ncompile = true\nresume = false\n')
    words = cli.expand_config(["a.csv", "--config", str(path), "--out", "y"])
    assert words == ["a.csv", "--out", "x", "--mos-range", "0.0", "100.0", "--compile", "--no-resume", "--out", "y"]
    path.write_text("[table]\nx = 1\n")
    with pytest.raises(UsageError, match="table"):
        cli.expand_config(["--config", str(path)])
    with pytest.raises(UsageError, match="cannot be read"):
        cli.expand_config(["--config", str(tmp_path / "none.toml")])


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (UsageError("u"), 2, "attiqa: u"),
        (InputError("i"), 3, "attiqa: i"),
        (ResourceError("r"), 5, "attiqa: r"),
        (MemoryError(), 5, "out of memory"),
        (OSError(28, "No space left on device", "f"), 5, "disk is full"),
        (FileNotFoundError(2, "No such file", "gone"), 3, "gone: no such file"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (RuntimeError("odd"), 1, "bug"),
    ],
)
def test_every_kind_of_error_has_its_exit_code_and_one_sentence(attiqa, monkeypatch, error, code, text):
    def fail(words):
        raise error

    monkeypatch.setattr(cli, "run_command", fail)
    got, _, err = attiqa("score", "x")
    assert got == code and text in err and "Traceback" not in err


def test_failures_are_reported_and_exit_with_4(attiqa, monkeypatch, photos):
    import experiments.commands.score

    monkeypatch.setattr(experiments.commands.score, "run", lambda config: Outcome("done", ("bad.jpg: broken",)))
    code, out, err = attiqa("score", photos)
    assert code == 4 and out.endswith("done\n") and "skipped: bad.jpg: broken" in err


@pytest.mark.parametrize("preset", ["mini-pretrain", "mini-finetune", "mini-evaluate"])
def test_presets_are_valid_options(preset):
    import importlib
    from pathlib import Path

    import tyro

    path = Path(cli.__file__).parent / "presets" / f"{preset}.toml"
    module = importlib.import_module(f"experiments.commands.{preset.removeprefix('mini-')}")
    words = ["photos", *cli.expand_config(["--config", str(path)])]
    config = tyro.cli(module.Config, args=words, config=(tyro.conf.OmitArgPrefixes,))
    assert getattr(config, "recipe", config).freeze == ("all",)
