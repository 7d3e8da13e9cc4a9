"""Splits that mean harm: arrays of objects, lists and files that lie, each beside photos that are there."""

import io
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from hostile.descriptions import DEEP, later, picture
from hostile.tensors import Bomb, bomb

PARTS = ("train", "val", "test")
PHOTOS = 9


def _data(folder: Path, given: Path) -> list:
    """Nine rated photos, and the command that is to divide them as `given` says."""
    for number in range(PHOTOS):
        picture(folder / "photos", f"{number}.png")
    (folder / "photos.csv").write_text("image,mos\n" + "".join(f"photos/{n}.png,{n}\n" for n in range(PHOTOS)))
    return ["evaluate", folder / "photos.csv", "--mos-range", "0", "9", "--split-file", given, "--splits", "1",
            "--protocols", "ridge", "--out", folder / "out"]  # fmt: skip


def _arrays(content: Callable[[Path], bytes]) -> Callable[[Path, Path], list]:
    """ARNIQA's arrays, all of this content."""

    def make(folder: Path, canary: Path) -> list:
        (folder / "splits").mkdir()
        for name in PARTS:
            (folder / "splits" / f"{name}.npy").write_bytes(content(canary))
        return _data(folder, folder / "splits")

    return make


def _saved(array: Callable[[Path], np.ndarray]) -> Callable[[Path], bytes]:
    def content(canary: Path) -> bytes:
        file = io.BytesIO()
        np.save(file, array(canary), allow_pickle=True)
        return file.getvalue()

    return content


def _head(text: str) -> Callable[[Path], bytes]:
    return lambda canary: b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text.encode()


def _json(text: str) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        (folder / "splits.json").write_text(text)
        return _data(folder, folder / "splits.json")

    return make


def _splits(splits: Any) -> str:
    return json.dumps({"format": "attiqa-splits/1", "data": "photos", "first": 0, "splits": splits})


def _list(content: bytes) -> Callable[[Path, Path], list]:
    """LIQE's lists, all of this content."""

    def make(folder: Path, canary: Path) -> list:
        (folder / "splits").mkdir()
        for name in PARTS:
            (folder / "splits" / f"a_{name}_clip.txt").write_bytes(content)
        return _data(folder, folder / "splits")

    return make


MAKERS = {
    "--split-file: .npy of objects": _arrays(_saved(lambda canary: np.array([[Bomb(canary)]], dtype=object))),
    "--split-file: a pickle as .npy": _arrays(bomb),
    "--split-file: .npy of 2^62 numbers": _arrays(
        _head("{'descr': '<i8', 'fortran_order': False, 'shape': (4611686018427387904, 1), }\n")
    ),
    "--split-file: .npy of 100 GB that is not there": _arrays(
        _head("{'descr': '<i8', 'fortran_order': False, 'shape': (1, 12500000000), }\n")
    ),
    "--split-file: .npy whose head is a program": _arrays(_head("__import__('os').system('touch canary')\n")),
    "--split-file: .npy whose head is 60,000 brackets": _arrays(_head("(" * 60_000 + "\n")),
    "--split-file: .npy of numbers below 0": _arrays(_saved(lambda canary: np.full((1, 3), -(2**62)))),
    "--split-file: .npy of NaN": _arrays(_saved(lambda canary: np.full((1, 3), np.nan))),
    "--split-file: .npy of one number": _arrays(_saved(lambda canary: np.array(3))),
    "--split-file: 100,000 brackets": _json(DEEP),
    "--split-file: numbers for names": _json(_splits([{"train": [1], "test": [2]}])),
    "--split-file: names that lead out": _json(_splits([{"train": ["../../etc/passwd"], "test": ["/dev/zero"]}])),
    "--split-file: a name a million times": later(
        lambda: _json(_splits([{"train": ["0.png"] * 1_000_000, "test": ["1.png"]}]))
    ),
    "--split-file: a list of 60 MB in one line": later(lambda: _list(b"a" * 60_000_000)),
    "--split-file: a list of NUL bytes": _list(bytes(1000)),
}
