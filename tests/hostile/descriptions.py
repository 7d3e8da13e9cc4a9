"""Descriptions that mean harm: JSON and TOML nested, long, twofold, in other alphabets, or no file at all."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from fixtures.fitted import frame_of
from fixtures.tiny_net import tiny_net
from PIL import Image

from attiqa_core.scorer import MosRange, Preprocessing, save_scorer
from isp_env.raw_io.dng import write_frame


def picture(folder: Path, name: str = "photo.png") -> Path:
    """Write a small photo of noise and return it."""
    pixels = np.random.default_rng(0).integers(0, 255, (80, 90, 3), dtype=np.uint8)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / name)
    return folder / name


def raw(folder: Path) -> Path:
    """Write a small raw and return it."""
    write_frame(folder / "r.dng", frame_of(0, 64))
    return folder / "r.dng"


def scorer(folder: Path) -> Path:
    """Write a whole scorer of random weights and return its folder."""
    return save_scorer(folder / "scorer", tiny_net(8), Preprocessing(72, 64), MosRange(), {})


def later(maker: Callable[[], Callable[[Path, Path], list]]) -> Callable[[Path, Path], list]:
    """A maker whose content is large: made when its file is, not whenever this module is loaded, and then kept for good."""
    return lambda folder, canary: maker()(folder, canary)


def _scorer_json(text: str | bytes) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        path = scorer(folder) / "scorer.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return ["score", picture(folder), "--scorer", folder / "scorer"]

    return make


def changed(table: str, **changes: Any) -> Callable[[Path, Path], list]:
    """A scorer.json without a seal in which one table says something else; "" is the whole."""

    def make(folder: Path, canary: Path) -> list:
        path = scorer(folder) / "scorer.json"
        described = {key: value for key, value in json.loads(path.read_text()).items() if key != "sealed"}
        (described[table] if table else described).update(changes)
        path.write_text(json.dumps(described))
        return ["score", picture(folder), "--scorer", folder / "scorer"]

    return make


def _params(text: str) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        (folder / "p.json").write_text(text)
        return ["render", raw(folder), "--params", folder / "p.json", "--out", folder / "out"]

    return make


def _toml(option: str, text: str, *words: str) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        (folder / "f.toml").write_text(text)
        return ["render", raw(folder), "--out", folder / "out", option, folder / "f.toml", *words]

    return make


def _special(how: Callable[[Path], object]) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        path = scorer(folder) / "scorer.json"
        path.unlink()
        how(path)
        return ["score", picture(folder), "--scorer", folder / "scorer"]

    return make


def _hub(folder: Path, canary: Path) -> list:
    return ["score", picture(folder), "--scorer", f"../..@{'a' * 40}"]


DEEP = "[" * 100_000
MAKERS = {
    "scorer.json: 100,000 brackets": _scorer_json(DEEP),
    "scorer.json: 100,000 tables": _scorer_json('{"a":' * 100_000 + "1" + "}" * 100_000),
    "scorer.json: 900 closed brackets": _scorer_json("[" * 900 + "]" * 900),
    "scorer.json: a number of 400 digits": changed("preprocessing", resize=int("9" * 400)),
    "scorer.json: a number of 10,000 digits": _scorer_json('{"format": ' + "9" * 10_000 + "}"),
    "scorer.json: 1e999": _scorer_json('{"format": 1e999}'),
    "scorer.json: NaN": _scorer_json('{"format": NaN}'),
    "scorer.json: a key twice": _scorer_json('{"format": 1, "format": 2}'),
    "scorer.json: UTF-16": _scorer_json('{"format": 1}'.encode("utf-16")),
    "scorer.json: NUL bytes": _scorer_json(b'{"format":\0"x"}'),
    "scorer.json: half a surrogate": _scorer_json('{"format": "\\ud800"}'),
    "scorer.json: 100 MB of blanks": later(lambda: _scorer_json(b" " * 100_000_000)),
    "scorer.json: 20 million lists": later(lambda: _scorer_json("[" + "[]," * 20_000_000 + "[]]")),
    "scorer.json: a YAML tag": _scorer_json('!!python/object/apply:os.system ["touch canary"]'),
    "scorer.json: a FIFO": _special(os.mkfifo),
    "scorer.json: /dev/zero": _special(lambda path: path.symlink_to("/dev/zero")),
    "scorer.json: a loop of links": _special(lambda path: path.symlink_to(path)),
    "scorer.json: a folder": _special(Path.mkdir),
    "scorer.json: a later version": changed("", format="attiqa-scorer/2"),
    "scorer.json: std 0": changed("architecture", std=[0, 0, 0]),
    "scorer.json: resize 30000": changed("preprocessing", resize=30_000),
    "scorer.json: an extra key": changed("preprocessing", extra=1),
    "scorer.json: attributes 5": changed("", attributes=5),
    "scorer.json: a range upside down": changed("mos_range", low=1.0, high=0.0),
    "scorer.json: a backbone of the hub": changed("architecture", backbone="hf-hub:evil/code"),
    "scorer.json: a backbone in a folder": changed("architecture", backbone="local-dir:/tmp/evil"),
    "scorer.json: a backbone of a billion weights": changed("architecture", backbone="eva_giant_patch14_560"),
    "scorer.json: hidden 10^9": changed("architecture", hidden=10**9),
    "--scorer: a name of the hub that leads up": _hub,
    "--params: 100,000 brackets": _params(DEEP),
    "--params: a number of 400 digits": _params('{"exposure_ev": ' + "9" * 400 + "}"),
    "--params: a text for a number": _params("{\"exposure_ev\": \"__import__('os').system('touch canary')\"}"),
    "--config: 100,000 brackets": _toml("--config", f"a = {DEEP}"),
    "--config: a million dotted keys": _toml("--config", "a." * 400_000 + "b = 1"),
    "--config: a number of 400 digits": _toml("--config", f"quality = {'9' * 400}"),
    "--sensor: infinity": _toml("--sensor", "[levels]\nwhite = inf\n"),
    "--sensor: 100,000 brackets": _toml("--sensor", f"a = {DEEP}"),
    "--lens-file: 10^5 tables": _toml("--lens-file", "".join(f"[t{n}]\n" for n in range(100_000))),
}
