"""`attiqa study serve` and `attiqa study remove`, as they are typed."""

import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest
from fixtures.pages import ROOT
from fixtures.studies import small_study

from attiqa_core.runs.lock import only_writer_of
from experiments.study.folder import PICTURES
from experiments.study.rehearsal.client import Client
from experiments.study.server.links import read_links


@contextmanager
def serving(folder, *words):
    """The command in a process of its own, and the lines that it printed before it began."""
    command = [sys.executable, "-m", "experiments.cli", "study", "serve", folder, "--port", 0, *words]
    process = subprocess.Popen(
        [*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    lines = []
    while not (lines and (not lines[-1] or lines[-1].startswith("Ctrl-C"))):
        lines.append(process.stdout.readline().strip())
    try:
        yield process, lines
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_study_is_served_until_a_signal_and_says_what_it_has(tmp_path, succeed):
    small_study(tmp_path)
    with serving(tmp_path, "--raters", 2) as (process, lines):
        assert lines[0].split() == ["2", "invited", "raters", str(tmp_path / "private" / "links.csv")]
        address, _, token = lines[1].split()[-1].partition("experimenter#")
        client = Client(address, read_links(tmp_path / "private" / "links.csv")["rater-002"])
        state = client.begin()
        client.answer_all(state, lambda trial: {"choice": "left", "ms": 700})
        client.post("finish", {})
        client.token = token
        assert client.ask("GET", "/api/progress")[0] == 200
        process.send_signal(signal.SIGINT)  # SIGTERM ends the soak's server
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and f"10 votes by 1 rater in {tmp_path}" in err and "interrupted" in err
    assert "Traceback" not in err and not (tmp_path / "private" / ".attiqa").exists()
    assert "rater-002: 10 votes" in succeed("study", "remove", tmp_path, "rater-002")


def test_a_store_that_is_served_already_is_not_served_twice(tmp_path, attiqa):
    small_study(tmp_path)
    with only_writer_of(tmp_path / "private" / "votes.sqlite", "study serve"):
        code, out, err = attiqa("study", "serve", tmp_path, "--port", 0)
    assert (
        (code, out) == (2, "")
        and "votes.sqlite: another `attiqa study serve` (process" in err
        and "--store" in err
        and err.count("\n") == 1
    )


def test_a_port_in_use_is_one_sentence(tmp_path, attiqa):
    small_study(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = attiqa("study", "serve", tmp_path, "--port", taken.getsockname()[1])
    assert code == 2 and "is in use on 127.0.0.1" in err and err.count("\n") == 1


def test_a_study_that_raters_would_stumble_over_is_not_served(tmp_path, attiqa):
    study = small_study(tmp_path)
    file = sorted(study.scenes["scene-00"].files.values())[0]
    (tmp_path / PICTURES / file).unlink()
    code, _, err = attiqa("study", "serve", tmp_path, "--port", 0)
    assert code == 3 and f"lacks {file}; copy the whole export here" in err
    small_study(tmp_path, session={"per_rater": 99})
    code, _, err = attiqa("study", "serve", tmp_path, "--port", 0)
    assert code == 3 and "per_rater = 99" in err


def test_nobody_is_removed_where_nobody_is(tmp_path, attiqa):
    small_study(tmp_path)
    code, _, err = attiqa("study", "remove", tmp_path, "rater-001")
    assert code == 3 and "no such store of votes" in err and err.count("\n") == 1


def test_without_the_extra_it_says_what_to_install(tmp_path, attiqa, monkeypatch):
    small_study(tmp_path)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "experiments.study.server.web.serving", raising=False)
    code, out, err = attiqa("study", "serve", tmp_path)
    assert (code, out) == (2, "") and "uvicorn is not installed" in err and "pip install 'attiqa-isp[study]'" in err
