"""The doctor's parts: what each says of a machine that is made up, and that one which cannot be looked at stops no other."""

import json
import os
import subprocess
import sys
import threading
import tomllib

import pytest
from fixtures.pages import ROOT
from huggingface_hub import constants

from experiments.doctor import extras, installation, models, processors, room
from experiments.doctor.fact import Fact, Places
from experiments.doctor.survey import as_json, lines, survey


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path / "out")


def test_a_part_that_cannot_be_imported_or_read_is_broken_and_the_others_are_told(places):
    def no_torch(places):
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    def no_disk(places):
        raise OSError("input/output error")

    facts = survey(places, (no_torch, no_disk, lambda places: [Fact("threads", "2 cores")]))
    assert facts[0].broken.startswith("torch: cannot be imported") and "input/output error" in facts[1].broken
    assert lines(facts)[1:] == [
        "    no torch  BROKEN: cannot be looked at",
        "    no disk   BROKEN: cannot be looked at",
        "    threads   2 cores",
    ]
    assert json.loads(json.dumps(as_json(facts)))[2] == {
        "topic": "threads",
        "text": "2 cores",
        "broken": None,
        "values": {},
    }


def test_a_part_that_waits_does_so_beside_the_others_and_is_told_in_its_place(places):
    looked = threading.Event()

    def waits(places):
        return [Fact("hub", "answers" if looked.wait(60) else "the others were not looked at meanwhile")]

    def looks(places):
        looked.set()
        return [Fact("threads", "2 cores")]

    assert [fact.text for fact in survey(places, (waits, looks), waiting=(waits,))] == ["answers", "2 cores"]


def test_more_threads_than_a_container_allows_are_told(places, tmp_path, monkeypatch):
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert processors.cpu_limit(tmp_path / "cpu.max") == 1.5
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert processors.cpu_limit(tmp_path / "cpu.max") is None is processors.cpu_limit(tmp_path / "none")
    monkeypatch.setenv("OMP_NUM_THREADS", "640")
    assert "more threads than the" in processors.threads(places)[0].text
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert "more threads" not in processors.threads(places)[0].text
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert processors.threads(places)[0].broken == "OMP_NUM_THREADS=many: is no number of threads; unset it"


def test_a_containers_memory_is_told_from_no_limit(tmp_path):
    limit = tmp_path / "memory.max"
    for text, answer in (("max\n", None), (f"{2**33}\n", 2**33), (f"{2**63 - 4096}\n", None)):
        limit.write_text(text)
        assert room.memory_limit((tmp_path / "none", limit)) == answer


def test_a_folder_that_is_full_not_ours_or_nowhere_is_broken(places, tmp_path, monkeypatch):
    assert not any(fact.broken for fact in room.disk(places))
    monkeypatch.setattr(room.os, "access", lambda path, mode: False)
    assert room.disk(places)[0].broken == f"{places.out}: cannot be written to; choose another folder for results"
    monkeypatch.undo()
    monkeypatch.setattr(room, "LEAST_DISK", 2**70)
    assert "MiB are free for results" in room.disk(places)[0].broken
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(room, "user_cache", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert "cache: have no folder (no home); set HOME" in room.disk(places)[1].broken


def test_few_open_files_are_broken_with_the_line_that_helps(places, monkeypatch):
    monkeypatch.setattr(room.resource, "getrlimit", lambda which: (64, 4096))
    assert room.open_files(places)[0].broken.startswith("open files: only 64 are allowed; `ulimit -n 1024`")


def test_versions_that_are_absent_or_too_old_are_named_and_absent_extras_are_not(places, monkeypatch):
    wanted = ["torch>=2.11", "numpy>=1.26", "tqdm>=4", "onnx>=1.17; extra == 'onnx'", "choix>=1; extra == 'study'"]
    here = {"torch": "2.9.1", "numpy": "2.4.6", "choix": "0.4"}
    monkeypatch.setattr(installation.metadata, "requires", lambda name: wanted)
    monkeypatch.setattr(installation, "_version", lambda name: here.get(name, ""))
    (fact,) = installation.old_versions(places)
    assert fact.values == {"below": ["choix", "torch", "tqdm"]} and "torch 2.9.1 (>=2.11 is needed)" in fact.text
    assert fact.broken.endswith("; `pip install --upgrade torch tqdm choix`")


def test_every_extra_of_pyproject_has_a_line_and_an_absent_one_its_pip_line(places, monkeypatch):
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(extras.FOR) == set(stated) - {"dev"}
    monkeypatch.setattr(extras, "_is_there", lambda name: name != "lensfunpy")
    shown = {fact.topic: fact.text for fact in extras.extras(places)}
    assert shown["extra lens"] == "absent: pip install 'attiqa-isp[lens]' (lensfun's lenses)"
    assert shown["extra onnx"].startswith("installed")


def test_weights_in_caches_are_found_by_name(places, tmp_path, monkeypatch):
    snapshot = tmp_path / "huggingface/hub/models--timm--resnet50.a1_in1k/snapshots/abc"
    snapshot.mkdir(parents=True)
    (tmp_path / "huggingface/hub/models--org--only-a-config/snapshots/abc").mkdir(parents=True)
    (tmp_path / "torch/hub/checkpoints").mkdir(parents=True)
    for path in (snapshot / "model.safetensors", tmp_path / "torch/hub/checkpoints/resnet18-f37072fd.pth"):
        path.touch()
    for name in ("HF_HOME", "HF_HUB_CACHE", "TORCH_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert models.hub_cache() == ["timm/resnet50.a1_in1k"]
    names = models.backbones(places)[0].values["names"]
    assert {"resnet50.a1_in1k", "torchvision's resnet18-f37072fd"} <= set(names)
    assert "attiqa-mini" in models.shipped_judges(places)[0].text


def test_where_a_variable_says_offline_no_hub_is_asked(places, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(threading, "Thread", None)
    assert models.hub(places)[0].text.startswith("HF_HUB_OFFLINE is set")


def test_another_distribution_with_a_package_of_our_name_is_broken(places, monkeypatch):
    monkeypatch.setattr(installation, "also_in_other_distributions", lambda: ["agents of openai-agents 0.6.1"])
    assert installation.clashes(places)[0].broken.startswith(
        "agents of openai-agents 0.6.1: has the name of a package of ours; give"
    )


@pytest.mark.slow
def test_the_doctor_looks_at_an_installation_whose_torch_does_not_load(tmp_path):
    (tmp_path / "torch").mkdir()
    broken = "raise ImportError('libcudart.so.13: cannot open shared object file', name='torch._C')\n"
    (tmp_path / "torch" / "__init__.py").write_text(broken)
    python = [sys.executable, "-m", "attiqa_isp", "doctor", "--json"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    ended = subprocess.run(python, cwd=tmp_path, capture_output=True, text=True, env=environment)
    told = json.loads(ended.stdout)
    assert ended.returncode == 4 and any(
        said.startswith("torch: cannot be imported (libcudart") for said in told["broken"]
    )
    assert {"threads", "LibRaw", "codecs"} <= {fact["topic"] for fact in told["machine"] if not fact["broken"]}
