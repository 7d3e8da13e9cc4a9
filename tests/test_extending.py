"""docs/extending.md followed to the letter in a copy of the repository: one file and one row each, nothing else touched."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from fixtures.pages import ROOT

PAGE = ROOT / "docs" / "extending.md"
COPIED = ("attiqa_isp", "attiqa_core", "isp_env", "agents", "experiments", "docs", "pyproject.toml", "README.md")
OF_THE_TESTS = ("conftest.py", "fixtures", "experiments/conftest.py")

STEP = re.compile(
    r"^(?:New file `(?P<new>[\w/.]+)`"
    r"|Row of `(?P<table>\w+)` in `(?P<of>[\w/.]+)`(?:, after `(?P<beside>[^`]+)`)?"
    r"|Import in `(?P<importer>[\w/.]+)`"
    r"|Line of the fold in `(?P<fold>[\w/.]+)`, after `(?P<after>[^`]+)`):\n\n```(?:python|toml)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


class Step(NamedTuple):
    """One block of code of a recipe and where it goes; `file` is new if `place` is None."""

    recipe: str
    file: str
    place: tuple[str, str] | None
    code: str


def steps() -> Iterator[Step]:
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        for found in STEP.finditer(body):
            if found["new"]:
                yield Step(title, found["new"], None, found["code"])
            elif found["table"]:
                yield Step(title, found["of"], ("table", found["beside"] or found["table"]), found["code"])
            elif found["importer"]:
                yield Step(title, found["importer"], ("import", ""), found["code"])
            else:
                yield Step(title, found["fold"], ("after", found["after"]), found["code"])


STEPS = list(steps())
RECIPES = list(dict.fromkeys(step.recipe for step in STEPS))


def followed(step: Step, source: str) -> str:
    """Return a file with the step's code put where the recipe says."""
    assert step.place is not None
    kind, name = step.place
    lines, tree = source.splitlines(keepends=True), ast.parse(source)
    if kind == "import":
        at = max(node.end_lineno or 0 for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    elif kind == "table" and name.isidentifier():  # at its end
        (table,) = (node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and name in _names(node))
        at = (table.end_lineno or 0) - 1
    else:
        (at,) = (number for number, line in enumerate(lines, start=1) if line.strip() == name)
    return "".join([*lines[:at], step.code, *lines[at:]])


def _names(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def contents(tree: Path) -> dict[str, str]:
    paths = [path for kind in ("*.py", "*.toml") for path in sorted(tree.rglob(kind))]
    return {path.relative_to(tree).as_posix(): path.read_text(encoding="utf-8") for path in paths}


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    tree = tmp_path_factory.mktemp("copy")
    for name in (*COPIED, *(f"tests/{each}" for each in OF_THE_TESTS)):
        source, target = ROOT / name, tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return tree


@pytest.fixture(scope="module")
def extended(copy) -> tuple[Path, dict[str, str]]:
    """The copy with every recipe followed, and what its files were before."""
    before = contents(copy)
    for step in STEPS:
        path = copy / step.file
        if step.place is None:
            assert not path.exists(), f"{step.file}: is there already; a recipe makes a new file"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.code, encoding="utf-8")
        else:
            path.write_text(followed(step, path.read_text(encoding="utf-8")), encoding="utf-8")
    return copy, before


def test_every_kind_of_extension_has_a_recipe_with_a_test():
    assert RECIPES == [
        "A control of the ISP", "A teacher", "A judge", "A data set", "A tuner", "An algorithm", "A tool", "A learned tool",
        "An algorithm for tools", "A check of the audit", "A split of FiveK", "A protocol of FiveK", "Another ISP", "A command",
    ]  # fmt: skip
    for recipe in RECIPES:
        assert any(step.file.startswith("tests/") for step in STEPS if step.recipe == recipe), recipe


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_one_file_and_one_row(recipe):
    code = [step for step in STEPS if step.recipe == recipe and not step.file.startswith("tests/")]
    files = [step.file for step in code if step.place is None]
    rows = [step for step in code if step.place is not None and step.place[0] == "table"]
    others = [step.place[0] for step in code if step.place is not None and step.place[0] != "table"]
    counts = {
        "A command": (2, 1),  # options and work
        "An algorithm": (2, 1),  # code and preset
        "An algorithm for tools": (2, 1),
        "A learned tool": (0, 1),  # what it needs is trained
        "A split of FiveK": (0, 1),  # data
        "A protocol of FiveK": (0, 1),
        "Another ISP": (1, 0),  # a file of the user's
    }
    assert (len(files), len(rows)) == counts.get(recipe, (1, 1))
    assert others in ([], ["import"], ["import", "after"]), "an import for the row, and a control's line in the fold"
    assert ("after" in others) == (recipe == "A control of the ISP")


def test_nothing_else_is_touched(extended):
    tree, before = extended
    after = contents(tree)
    assert set(after) - set(before) == {step.file for step in STEPS if step.place is None}
    for file, text in after.items():
        if file not in before or text == before[file]:
            continue
        added = "".join(step.code for step in STEPS if step.file == file)
        assert sorted(text.splitlines()) == sorted([*before[file].splitlines(), *added.splitlines()]), file
        assert file in {step.file for step in STEPS}


@pytest.mark.slow
def test_the_recipes_own_tests_pass_in_the_tree_that_has_them_all(extended):
    tree, _ = extended
    tests = [step.file for step in STEPS if step.place is None and step.file.startswith("tests/")]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-ra", *tests],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert "skipped" not in ran.stdout and "xfail" not in ran.stdout
