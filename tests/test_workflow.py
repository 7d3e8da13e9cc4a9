"""The workflow's jobs are run on this machine by .ci/workflow.py: all that they name is known to it, and it stops where they would."""

import importlib.util
import re
import subprocess

import pytest
import yaml
from fixtures.pages import ROOT

SPEC = importlib.util.spec_from_file_location("workflow", ROOT / ".ci" / "workflow.py")
assert SPEC and SPEC.loader
workflow = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(workflow)

JOBS = yaml.safe_load(workflow.WORKFLOW.read_text())["jobs"]
STEPS = [
    pytest.param(workflow.filled(step, matrix), id=f"{name}-{'-'.join(matrix.values())}-{place}")
    for name, job in JOBS.items()
    for matrix in workflow.combinations(job)
    for place, step in enumerate(job["steps"])
]


@pytest.mark.parametrize("step", STEPS)
def test_every_step_is_known_here_and_what_it_runs_exists(step):
    if "uses" in step:
        assert step["uses"].partition("@")[0] in workflow.BRINGS
        return
    words = step["run"].split()
    if words[0] == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert set(words[1:]) <= set(targets)
    elif words[0] == "bash":
        assert (ROOT / words[1]).is_file()
    else:
        assert words[0] == "docker"


def test_the_gate_has_each_python_that_pyproject_names():
    named = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text())
    assert JOBS["gate"]["strategy"]["matrix"]["python"] == named


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """Where the clone of a tiny repository will be."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_text("committed")
    for words in (["init", "-q"], ["add", "file"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"]):
        subprocess.run(["git", *words], cwd=source, check=True)
    (source / "file").write_text("changed since")
    monkeypatch.setattr(workflow, "ROOT", source)
    return tmp_path / "clone"


def test_steps_see_what_is_committed_and_the_matrix_and_stop_at_the_first_that_fails(clone, capfd):
    steps = [
        {"uses": "actions/checkout@v4"},
        {"run": 'echo "$(cat file) $WHERE $CI ${{ matrix.which }} ${PYTHONPATH-unset}"'},
        {"run": "false\necho reached"},
        {"run": "echo later"},
    ]
    job = {"steps": steps, "env": {"WHERE": "here"}}
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": "mine"}
    assert not workflow.run(job, {"which": "second"}, clone, env)
    said = capfd.readouterr().out.splitlines()
    assert "committed here true second unset" in said and "reached" not in said and "later" not in said
    assert said[-2:] == ["--- false: FAILED, ends with 1", "--- not run: echo later"]


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ({"run": "echo ${{ github.sha }}"}, "is not known here"),
        ({"uses": "someone/else@v1"}, "nothing here stands for someone/else"),
        ({"uses": "actions/upload-artifact@v4", "with": {"path": "none/*"}}, "nothing fits none/*"),
        ({"uses": "actions/setup-python@v5", "with": {"python-version": "2.1"}}, "no python3 of version 2.1"),
    ],
)
def test_what_has_no_counterpart_here_fails_and_is_named(step, sentence, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(workflow, "folders_of_pythons", lambda: iter(()))
    assert not workflow.run({"steps": [step]}, {}, tmp_path, {"PATH": "/usr/bin"})
    assert sentence in capfd.readouterr().out


def test_a_matrix_is_every_combination_and_no_matrix_is_one():
    job = {"strategy": {"matrix": {"a": ["1", "2"], "b": ["3"]}}}
    assert workflow.combinations(job) == [{"a": "1", "b": "3"}, {"a": "2", "b": "3"}]
    assert workflow.combinations({}) == [{}]
