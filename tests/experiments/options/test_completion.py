import shutil
import subprocess

import pytest

from experiments import cli
from experiments.options.completion import flags_of, print_completion
from experiments.options.render import Config


@pytest.fixture(scope="module")
def script(tmp_path_factory) -> str:
    import contextlib
    import io

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        print_completion(["bash"], {verb: f"experiments.options.{cli.module_of(verb)}" for verb in cli.VERBS})
    path = tmp_path_factory.mktemp("completion") / "attiqa.bash"
    path.write_text(said.getvalue())
    return str(path)


def completed(script: str, *words: str) -> set[str]:
    """Return what bash offers for the last word."""
    program = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _attiqa; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", program, script, *words], capture_output=True, text=True, check=True)
    assert not done.stderr
    return set(done.stdout.split())


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("attiqa", "ren"), {"render"}),
        (("attiqa", "study", ""), {verb.split()[1] for verb in cli.VERBS if verb.startswith("study ")}),
        (("attiqa", "help", "sco"), {"score"}),
        (("attiqa", "completion", ""), {"bash", "zsh", "fish"}),
        (("attiqa", "render", "card", "--fo"), {"--format"}),
        (("attiqa", "render", "card", "--format", ""), {"jpg", "png", "tif", "avif", "jxl"}),
        (("attiqa", "render", "--set", "exp"), {"exposure_ev="}),
        (("attiqa", "render", "--set", "hue_deg", "=", "3", "whi"), {"whites_ev="}),
        (("attiqa", "study", "export", "a", "b", "--o"), {"--out"}),
        (("attiqa", "render", "card", "--out", ""), set()),
    ],
)
def test_bash_completes(script, words, offered):
    assert completed(script, *words) == offered


def test_every_option_of_a_command_is_a_flag_and_nothing_else():
    words = {flag.word for flag in flags_of(Config)}
    assert {"--out", "--resume", "--no-sheet", "--jobs", "--device"} <= words and "--raws" not in words


def test_the_shells_that_have_a_script_are_named(attiqa):
    code, _, err = attiqa("completion", "tcsh")
    assert code == 2 and "bash, zsh or fish" in err
    assert attiqa("completion", "fish")[1].count("complete -c attiqa") > 100
    assert attiqa("completion", "zsh")[1].startswith("autoload")
