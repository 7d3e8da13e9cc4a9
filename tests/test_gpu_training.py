"""The scripts for a GPU that is lent for minutes: what is packed, and what is asked for."""

import io
import os
import runpy
import subprocess
import tarfile
import zipfile
from itertools import pairwise

import torch
from fixtures.pages import ROOT
from fixtures.seeded import random_pictures
from PIL import Image

from experiments.running.command_line import parse

FOLDER = ROOT / "docs" / "gpu"
PACK = runpy.run_path(str(FOLDER / "pack.py"))


def write_photos(folder, count):
    folder.mkdir()
    for index, picture in enumerate(random_pictures(count, 40, 48)):
        Image.fromarray(picture.permute(1, 2, 0).numpy()).save(folder / f"{index:02}.png")


def test_good_photos_are_packed_up_to_a_size_and_evenly_spread(tmp_path):
    write_photos(tmp_path / "photos", 20)
    assert PACK["pack_good"](tmp_path / "photos", tmp_path / "all", 10**9) == 20
    most = PACK["size_of"](tmp_path / "all") // 2
    kept = PACK["pack_good"](tmp_path / "photos", tmp_path / "half", most)
    names = sorted(int(path.stem) for path in (tmp_path / "half").iterdir())
    assert len(names) == kept and 8 <= kept <= 10 and PACK["size_of"](tmp_path / "half") <= most
    assert max(after - before for before, after in pairwise(names)) <= 3


def test_a_wheel_keeps_what_is_imported_and_its_weights_in_half_the_bytes(tmp_path):
    weights = {"kernel": torch.linspace(-1, 1, 1000), "steps": torch.tensor([3])}
    stored = io.BytesIO()
    torch.save(weights, stored)
    members = {
        "imagecodecs/__init__.py": b"",
        "imagecodecs/_png.abi3.so": b"needed",
        "imagecodecs/_avif.abi3.so": b"not needed",
        "imagecodecs.libs/liblcms2-1.so": b"needed",
        "imagecodecs.libs/libaom-1.so": b"not needed",
        "lite/models/lite.pth": stored.getvalue(),
    }
    with zipfile.ZipFile(tmp_path / "whole.whl", "w") as whole:
        for name, content in members.items():
            whole.writestr(name, content)
    PACK["slim_wheel"](tmp_path / "whole.whl", tmp_path / "slim" / "whole.whl")
    with zipfile.ZipFile(tmp_path / "slim" / "whole.whl") as slim:
        assert set(slim.namelist()) == {name for name, content in members.items() if content != b"not needed"}
        read = torch.load(io.BytesIO(slim.read("lite/models/lite.pth")), weights_only=True)
    assert read["kernel"].dtype == torch.float16 and torch.equal(read["steps"], weights["steps"])
    torch.testing.assert_close(read["kernel"].float(), weights["kernel"], atol=1e-3, rtol=0)


STAND_IN = """#!/bin/bash
printf '%s\\n' "${@:3}" > "$SAID.$(ls "$SAID".* 2> /dev/null | wc -l)"
while [ "$1" != --out ]; do shift; done
[[ $2 != *split-1 ]] || { echo out of memory; exit 5; }
mkdir -p "$2/scorer"
touch "$2/metrics.jsonl" "$2/meta.json"
echo held-out SROCC 0.5
"""
"""In the place of Python: keeps the words of the command, leaves what a run does, and fails at one split."""


def test_each_part_is_asked_for_in_words_that_are_understood_and_leaves_what_it_made(tmp_path, monkeypatch):
    """The trainings themselves were rehearsed by hand: LOG, 2026-11-28."""
    write_photos(tmp_path / "good", 1)
    write_photos(tmp_path / "rated", 2)
    (tmp_path / "rated" / "mos.csv").write_text("image,mos\n00.png,5\n01.png,6\n")
    python, out = tmp_path / "python", tmp_path / "out"
    python.write_text(STAND_IN)
    python.chmod(0o755)
    more = {
        "PYTHON": str(python),
        "SAID": str(tmp_path / "said"),
        "PARTS": "split-0 all split-1 split-2",
        "EPOCHS": "3",
    }
    words = ["bash", FOLDER / "reward.sh", tmp_path, out, "--lr", "1e-4"]
    ran = subprocess.run(words, cwd=ROOT, env={**os.environ, **more}, capture_output=True, text=True, check=False)
    assert ran.returncode == 5 and "out of memory" in (out / "log").read_text()
    assert sorted(path.name for path in out.iterdir()) == ["all.tar", "log", "split-0.tar"], "what was made is kept"
    with tarfile.open(out / "all.tar") as stored:
        assert set(stored.getnames()) == {"scorer", "metrics.jsonl", "meta.json"}
    verb, *first = (tmp_path / "said.0").read_text().splitlines()
    config = parse(verb, first)
    config.recipe.check()
    config.data.check(config.scores)
    assert (config.hold_out, config.seed, config.recipe.epochs, config.recipe.lr) == (0.2, 0, 3, 1e-4)
    assert config.recipe.ladder_kinds == ("photo", "peak", "isp", "attack") and config.recipe.best_rated == 0.33
    assert "--hold-out" not in (tmp_path / "said.1").read_text()
