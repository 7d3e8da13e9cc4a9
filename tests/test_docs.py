"""README, CONTRIBUTING and docs/ stay true: commands parse, names and links exist, tables match, snippets run."""

import contextlib
import importlib
import io
import json
import re
import runpy
from functools import cache
from pathlib import Path

import pytest
import tyro
from fixtures.pages import (
    PAGES,
    ROOT,
    anchors,
    blocks,
    command_lines,
    links,
    mentioned_commands,
    numbers,
    spans,
    text_of,
)
from fixtures.pinned import help_options

from experiments import cli
from experiments.running.command_line import expand_config, positional_fields
from isp_env.params import NAMES

GENERATE = runpy.run_path(str(ROOT / "docs" / "generate.py"))
CODE = [path for package in ("attiqa_core", "isp_env", "agents", "experiments") for path in (ROOT / package).rglob("*")
        if path.suffix in (".py", ".toml")]  # fmt: skip
OF_ALL_COMMANDS = {"--help", "--version", "--config", "--debug"}
OF_OTHER_PROGRAMS = {"--logdir", "--nproc-per-node"}
FIRST_WORDS = ("attiqa_core/", "isp_env/", "agents/", "experiments/", "docs/", "tests/", ".ci/")

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def verb_of(words: list[str]) -> tuple[str, list[str]]:
    """Return the verb that a command line begins with, and the rest."""
    for length in (2, 1):
        if " ".join(words[:length]) in cli.VERBS:
            return " ".join(words[:length]), words[length:]
    raise AssertionError(f"attiqa {' '.join(words)}: there is no such command")


@cache
def flags_of(verb: str) -> frozenset[str]:
    return frozenset(option.split()[0].rstrip(",") for option in help_options(verb)) | OF_ALL_COMMANDS


def flags_in(words: list[str]) -> list[str]:
    return [word.partition("=")[0] for word in words if word.startswith("--")]


def test_readme_has_less_than_120_lines():
    assert len(text_of(ROOT / "README.md").splitlines()) < 120


@every_page
def test_every_whole_command_line_parses(page):
    for words in command_lines(page):
        verb, rest = verb_of(words)
        options = importlib.import_module(f"experiments.options.{cli.module_of(verb)}").Config
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                tyro.cli(options, args=expand_config(rest, positional_fields(options)),
                         config=(tyro.conf.OmitArgPrefixes,))  # fmt: skip
        except SystemExit:
            pytest.fail(f"attiqa {' '.join(words)}: {said.getvalue()}")


@every_page
def test_every_command_and_option_named_in_prose_exists(page):
    for words in mentioned_commands(page):
        if words[0].isupper() or words[0] in OF_ALL_COMMANDS:  # `attiqa COMMAND --help`
            continue
        verb, rest = verb_of(words)
        assert not set(flags_in(rest)) - flags_of(verb), f"attiqa {' '.join(words)}: has no such option"
    known = frozenset().union(*map(flags_of, cli.VERBS)) | OF_OTHER_PROGRAMS
    alone = [word for span in spans(page) if span.startswith("--") for word in flags_in(span.split())]
    assert not set(alone) - known, f"{page.name} names options that no command has"


@every_page
def test_every_relative_link_leads_to_a_page_and_an_anchor_of_it(page):
    for target in links(page):
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{page.name}: {target} leads nowhere"
        assert not anchor or anchor in anchors(linked), f"{page.name}: {target}: no such heading"


@every_page
def test_every_path_in_the_repository_that_is_named_exists(page):
    named = [span.split("::")[0] for span in spans(page) if span.startswith(FIRST_WORDS) and " " not in span]
    for path in named:
        to_be_made = page.name == "extending.md" and f"New file `{path}`" in text_of(page)
        assert to_be_made or any(ROOT.glob(path.rstrip("/"))), f"{page.name}: {path} does not exist"


@every_page
def test_generated_tables_are_what_the_code_says_today(page):
    assert GENERATE["filled"](text_of(page)) == text_of(page), f"{page.name}: run `make docs` and commit it"


@every_page
def test_every_parameter_of_a_recipe_exists(page):
    for body in blocks(page, "json"):
        assert not set(json.loads(body)) - set(NAMES), f"{page.name}: no such parameter"


SNIPPETS = [(page, number, body) for page in PAGES if page.name != "extending.md"
            for number, body in enumerate(blocks(page, "python"))]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("page", "number", "body"), SNIPPETS, ids=lambda each: getattr(each, "name", ""))
def test_python_snippets_run(page, number, body, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(body, f"{page.name}, snippet {number}", "exec"), {"__name__": "snippet"})


def test_readme_has_a_snippet():
    assert any(page.name == "README.md" for page, _, _ in SNIPPETS)


def cited(text: str) -> set[int]:
    """Return the open points that a text cites, ranges filled: "open points 23 to 25", "6 and 8"."""
    found: set[int] = set()
    for words in re.findall(r"open points? ((?:\d+(?:, | to | and )?)+)", text):
        found |= {int(number) for number in re.findall(r"\d+", words)}
        for first, last in re.findall(r"(\d+) to (\d+)", words):
            found |= set(range(int(first), int(last) + 1))
    return found


def test_every_open_point_that_the_code_cites_is_a_row_of_the_method():
    assert cited("open points 23 to 25, and open point 8") == {8, 23, 24, 25}
    rows = {int(number) for number in re.findall(r"^\| (\d+) \|", text_of(ROOT / "docs" / "method.md"), re.MULTILINE)}
    assert rows == set(range(1, len(rows) + 1))
    everywhere = set().union(*(cited(path.read_text(encoding="utf-8")) for path in CODE))
    assert everywhere and not everywhere - rows


@pytest.mark.slow
def test_code_names_no_page_that_is_not_in_the_repository():
    for path in CODE:
        for name in re.findall(r"[\w./-]*\w\.md\b", path.read_text(encoding="utf-8")):
            places = (ROOT / name, path.parent / name, ROOT / "docs" / Path(name).name)
            assert any(place.exists() for place in places), f"{path.relative_to(ROOT)}: there is no {name}"


def test_every_format_that_the_code_writes_is_described_and_no_other():
    pattern = re.compile(r"attiqa-[a-z-]+/\d+")
    written = set().union(*(pattern.findall(path.read_text(encoding="utf-8")) for path in CODE))
    assert written == set(pattern.findall(text_of(ROOT / "docs" / "file-formats.md")))


def test_every_figure_of_the_results_stands_in_the_log_or_the_papers_tables():
    sources = ("LOG.md", "experiments/paper/README.md", "attiqa_core/weights/attiqa-mini/README.md")
    known = {number for source in sources for number in numbers(text_of(ROOT / source))}
    missing = []
    for figure in numbers(text_of(ROOT / "docs" / "results.md")):
        digits = len(figure.partition(".")[2])
        if not any(f"{float(number):.{digits}f}" == figure for number in known):
            missing.append(figure)
    assert not missing, "results.md has figures that were not logged"
