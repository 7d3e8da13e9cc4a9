"""The scripts for a GPU that is lent for minutes: what is packed, and a rehearsal on the CPU at toy size."""

import io
import os
import runpy
import subprocess
import sys
import tarfile
import zipfile
from itertools import pairwise

import pytest
import torch
from fixtures.pages import ROOT
from fixtures.seeded import random_pictures
from PIL import Image

FOLDER = ROOT / "docs" / "gpu"
PACK = runpy.run_path(str(FOLDER / "pack.py"))
TOY = (
    *("--backbone", "test_efficientnet", "--hidden", "4", "--init", "random", "--device", "cpu"),
    *("--resize", "72", "--crop", "64", "--sizes", "64", "72", "--batch", "4", "--ladder-scenes", "2"),
    *("--ladder-kinds", "photo", "peak"),
)


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


@pytest.mark.slow
def test_a_rehearsal_leaves_what_a_part_made_and_what_it_said(tmp_path):
    write_photos(tmp_path / "good", 3)
    photos = tmp_path / "rated"
    write_photos(photos, 8)
    rows = "".join(f"{index:02}.png,{10 * index + 5}\n" for index in range(8))
    (photos / "mos.csv").write_text(f"image,mos\n{rows}")
    pack, out = tmp_path / "pack", tmp_path / "out"
    (pack / "rated").parent.mkdir()
    photos.rename(pack / "rated")
    PACK["pack_good"](tmp_path / "good", pack / "good", 10**9)
    words = ["bash", FOLDER / "reward.sh", pack, out, *TOY]
    more = {"EPOCHS": "1", "PARTS": "split-0", "PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(words, cwd=ROOT, env={**os.environ, **more}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert sorted(path.name for path in out.iterdir()) == ["log", "split-0.tar"]
    assert "held-out SROCC" in (out / "log").read_text() and "== done" in ran.stdout
    with tarfile.open(out / "split-0.tar") as stored:
        assert {"scorer/scorer.safetensors", "scorer/scorer.json", "summary.json"} <= set(stored.getnames())
