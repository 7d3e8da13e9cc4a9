"""The tree keeps its shape: no circles, few files at the top of a package, tests where the code is, telling names."""

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import grimp
import numpy as np
import pytest
from fixtures.gathered import GATHERED
from fixtures.pages import ROOT
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from experiments.cli import VERBS, module_of

PACKAGES = ("attiqa_isp", "attiqa_core", "isp_env", "agents", "experiments")
OF_THE_TESTS_ALONE = {"fixtures", "pins", "conformance", "hostile"}
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "base", "misc"}


def circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that import each other round and round; `imports` maps a module to what it imports."""
    names = sorted(imports)
    places = {name: place for place, name in enumerate(names)}
    arrows = [(places[one], places[other]) for one in names for other in imports[one]]
    starts, ends = np.array(arrows or np.empty((0, 2)), dtype=int).T
    graph = csr_array((np.ones(len(starts)), (starts, ends)), shape=(len(names), len(names)))
    _, labels = connected_components(graph, connection="strong")
    groups = [[names[place] for place in np.flatnonzero(labels == label)] for label in np.unique(labels)]
    return [group for group in groups if len(group) > 1]


def test_a_circle_of_three_is_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b"}, "b": set()}) == []


def test_no_modules_import_each_other_in_a_circle_not_even_inside_functions_or_for_types_alone():
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    assert circles({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}) == []


@pytest.mark.parametrize(("package", "most"), [("attiqa_core", 10), ("isp_env", 15), ("experiments", 3)])
def test_few_files_stand_at_the_top_of_a_package(package, most):
    found = sorted(path.name for path in (ROOT / package).glob("*.py"))
    assert len(found) <= most, f"{package} has {len(found)} Python files at its top, {most} are allowed: {found}"


def test_every_folder_of_tests_mirrors_a_folder_of_code():
    folders = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    strays = [str(each) for each in folders if each.parts and each.parts[0] not in OF_THE_TESTS_ALONE
              and not (ROOT / each).is_dir()]  # fmt: skip
    assert not strays, f"tests in folders that the code does not have: {strays}"


def quick_tests(path: Path) -> int:
    """Return how many tests of a file are not marked slow as a whole."""
    found = ast.parse(path.read_text(encoding="utf-8")).body
    slow = [each for each in found if "mark.slow" in "".join(map(ast.unparse, getattr(each, "decorator_list", ())))]
    return sum(getattr(each, "name", "").lower().startswith("test") for each in found if each not in slow)


@pytest.mark.slow
def test_every_folder_of_tests_has_some_that_make_quick_runs():
    count = Counter()
    for path in (ROOT / "tests").rglob("test_*.py"):
        count[path.parent.relative_to(ROOT)] += quick_tests(path)
    assert len(count) > 40 and not [str(folder) for folder, tests in count.items() if not tests]


def test_no_module_has_a_name_that_says_nothing():
    modules = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert not [str(path.relative_to(ROOT)) for path in modules if path.stem in SAYS_NOTHING]


ONLY_SOME_TESTS_NEED = ("jsonschema", "onnxscript", "optuna", "pyiqa", "ray", "sb3_contrib", "selenium")


def test_gathering_the_tests_loads_nothing_that_only_some_of_them_need(request):
    loaded = request.config.stash[GATHERED]
    found = [name for name in ONLY_SOME_TESTS_NEED if name in loaded]
    assert not found, (
        f"each worker of `make quick` loads {found} before its first test: import them where they are used"
    )


HEAVY = ("torch", "timm", "open_clip", "stable_baselines3", "huggingface_hub", "matplotlib")


@pytest.mark.slow
@pytest.mark.parametrize(
    "modules",
    [["attiqa_core.datasets"], [f"experiments.options.{module_of(verb)}" for verb in VERBS]],
    ids=["data sets", "options of every command"],
)
def test_what_has_to_load_fast_loads_without_torch_and_its_like(modules):
    script = f"import sys, {', '.join(modules)}; print([name for name in {HEAVY} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
