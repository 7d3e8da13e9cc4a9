import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from attiqa_core.errors import InputError, ResourceError, UsageError
from attiqa_core.runs.progress import progress
from experiments import cli
from experiments.options.outcome import Outcome, count
from experiments.running.begun import leaving_no_unused_folder
from experiments.running.command_line import expand_config


def test_help_lists_every_verb_without_heavy_imports():
    script = (
        "import sys; from experiments.cli import run_command; run_command(['--help']); "
        "print(sorted({'torch', 'timm', 'numpy', 'tyro'} & sys.modules.keys()))"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert all(verb in shown for verb in cli.VERBS) and shown.rstrip().endswith("[]")


@pytest.mark.slow
def test_options_are_read_without_torch():
    script = (
        "import importlib, sys; from experiments import cli; "
        "[importlib.import_module('experiments.options.' + cli.module_of(verb)) for verb in cli.VERBS]; "
        "print(sorted({'torch', 'timm', 'open_clip', 'huggingface_hub'} & sys.modules.keys()))"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown == "[]\n"


def test_help_is_a_command_as_well(attiqa):
    assert attiqa("help") == attiqa("--help") == attiqa()
    assert attiqa("help", "study", "export") == attiqa("study", "export", "--help")
    assert attiqa("--version")[1].count(".") == 2


@pytest.mark.parametrize("verb", list(cli.VERBS))
def test_every_verb_explains_its_options(attiqa, verb):
    code, out, _ = attiqa(*verb.split(), "--help")
    assert code == 0 and f"attiqa {verb}" in out


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("rendr", "attiqa rendr: no such command; did you mean render?"),
        ("study analyze", "attiqa study analyze: no such command; did you mean study analyse?"),
        ("study exprt --out x", "attiqa study exprt: no such command; did you mean study export?"),
        ("help scor", "attiqa scor: no such command; did you mean score?"),
        ("study", f"attiqa study: needs a second word: {', '.join(v for v in cli.VERBS if v.startswith('study '))}"),
        ("xyz", "attiqa xyz: no such command; `attiqa --help` lists them"),
        ("compare", "usage: attiqa compare A B [OPTIONS]; `attiqa compare --help` explains them"),
        ("score", "usage: attiqa score IMAGES... [OPTIONS]; `attiqa score --help` explains them"),
        ("export", "usage: attiqa export SOURCE --out OUT [OPTIONS]; `attiqa export --help` explains them"),
    ],
)
def test_a_slip_of_the_hand_is_answered_in_one_line(attiqa, words, answer):
    assert attiqa(*words.split()) == (2, "", f"attiqa: {answer}\n")


def test_an_unknown_option_is_answered_with_one_like_it(attiqa):
    code, _, err = attiqa("score", "x", "--crps", "1")
    assert code == 2 and "--crops" in err


def test_a_config_file_stands_for_its_flags_and_later_flags_win(tmp_path):
    path = tmp_path / "preset.toml"
    path.write_text('out = "x"\nmos_range = [0.0, 100.0]\ncompile = true\nresume = false\n')
    words = expand_config(["a.csv", "--config", str(path), "--out", "y"])
    assert words == ["a.csv", "--out", "x", "--mos-range", "0.0", "100.0", "--compile", "--no-resume", "--out", "y"]
    path.write_text("[table]\nx = 1\n")
    with pytest.raises(UsageError, match="table"):
        expand_config(["--config", str(path)])
    with pytest.raises(UsageError, match="no such file"):
        expand_config(["--config", str(tmp_path / "none.toml")])


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

    monkeypatch.setattr(
        experiments.commands.score,
        "run",
        lambda config: Outcome(Path("a.csv"), "1 picture scored", ("bad.jpg: broken",)),
    )
    code, out, err = attiqa("score", photos)
    assert (code, out) == (4, "a.csv\n")
    assert err == "attiqa: skipped: bad.jpg: broken\nattiqa: 1 picture scored, 1 skipped\n"


@pytest.mark.slow
def test_the_last_line_for_a_person_is_a_sentence_with_counts(attiqa, photos, tmp_path):
    some = tmp_path / "some"
    some.mkdir()
    for name in ("p0.png", "p1.png"):
        (some / name).write_bytes((photos / name).read_bytes())
    (some / "p2.png").write_bytes(b"no picture")
    code, out, err = attiqa("score", some, "--csv", tmp_path / "t.csv", "--crops", 1)
    assert code == 4 and out.splitlines()[-1] == str(tmp_path / "t.csv")
    assert err.splitlines()[0] == "score: 0 of 3 images after 00:00, ?image/s, ? left"
    assert err.splitlines()[-1] == "attiqa: 2 pictures scored by attiqa-mini, 1 skipped"


def test_an_error_is_the_last_line_after_what_progress_says(attiqa, monkeypatch, photos):
    import experiments.commands.score

    def fail(config):
        bar = progress(total=9, label="score", unit="image")
        bar.update(0)
        raise InputError("broken")

    monkeypatch.setattr(experiments.commands.score, "run", fail)
    code, _, err = attiqa("score", photos)
    assert code == 3 and err.splitlines()[-1] == "attiqa: broken" and err.count("score: 0 of 9") == 2


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_command_started_without_its_streams_ends_well(tmp_path, closed):
    words = shlex.join([sys.executable, "-m", "experiments.cli", "completion", "bash"])
    assert subprocess.run(["sh", "-c", f"{words} {closed}"], check=False, cwd=tmp_path).returncode == 0


def test_a_failure_before_any_work_leaves_no_folder_that_blocks_the_mended_command(attiqa, photos, tmp_path):
    out = tmp_path / "run"
    words = ("finetune", photos / "mos.csv", "--out", out, "--backbone", "test_efficientnet", "--init", "random")
    code, _, err = attiqa(*words, "--freeze", "nothing")
    assert code == 2 and "nothing" in err and not out.exists()
    with pytest.raises(InputError), leaving_no_unused_folder(out):
        out.mkdir()
        (out / "splits.json").touch()
        raise InputError
    assert not out.exists()
    out.mkdir()
    (out / "mine.txt").touch()
    with pytest.raises(InputError), leaving_no_unused_folder(out):
        raise InputError
    assert (out / "mine.txt").exists()


def test_counts_are_in_plain_words():
    assert [count(number, "raw") for number in (0, 1, 2, 1200)] == ["0 raws", "1 raw", "2 raws", "1,200 raws"]


PRESET_FOLDER = Path(cli.__file__).parent / "presets"

PRESETS = {
    "mini-pretrain": "pretrain",
    "mini-attributes": "finetune",
    "mini-finetune": "finetune",
    "mini-evaluate": "evaluate",
    "judge-finetune": "finetune",
    "reward": "finetune",
    "fivek-bake": "bake",
    "fivek-train": "train",
}
"""Every preset, and the command that it is for."""


def options_of(preset):
    import importlib

    import tyro

    module = importlib.import_module(f"experiments.commands.{PRESETS[preset]}")
    words = ["photos", "--out", "runs/x", *expand_config(["--config", str(PRESET_FOLDER / f"{preset}.toml")])]
    return tyro.cli(module.Config, args=words, config=(tyro.conf.OmitArgPrefixes,))


def test_every_preset_is_of_valid_options():
    assert {path.stem for path in PRESET_FOLDER.glob("*.toml")} == set(PRESETS)
    for preset in PRESETS:
        options_of(preset)


@pytest.mark.parametrize("preset", ["mini-pretrain", "mini-attributes", "mini-evaluate"])
def test_what_attribute_heads_come_from_keeps_its_encoder(preset):
    config = options_of(preset)
    assert getattr(config, "recipe", config).freeze == ("all",)


def test_attiqa_mini_is_made_by_the_recipe_for_rewards():
    mini, reward = options_of("mini-finetune").recipe, options_of("reward").recipe
    assert mini.training() == reward.training() and mini.ladders > 0
