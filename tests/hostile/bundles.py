"""Bundles and programs that mean harm: policies that lead elsewhere, stores that lie, words for a shell."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fixtures.policies import random_policy
from hostile.artefacts import ARTEFACTS
from hostile.descriptions import picture, raw

from agents.bundles.files import save_policy
from attiqa_core.files.whole import read_json, write_json
from isp_env.task import Task


def _policy(**changes: Any) -> Callable[[Path, Path], list]:
    """A policy.json in which a key says something else; "task.proxy_px" is one of a table."""

    def make(folder: Path, canary: Path) -> list:
        save_policy(folder / "policy", random_policy(Task()))
        described = read_json(folder / "policy/policy.json")
        for key, value in changes.items():
            table, _, name = key.rpartition("__")
            (described[table] if table else described)[name] = value
        write_json(folder / "policy/policy.json", described)
        return ["render", raw(folder), "--policy", folder / "policy", "--out", folder / "out"]

    return make


def _store(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        (folder / "store").mkdir()
        ARTEFACTS["store"].make(folder / "store")
        path = folder / "store" / name
        path.write_bytes(change(path.read_bytes()))
        if name != "store.json":
            from attiqa_core.files.whole import sha256

            described = read_json(folder / "store/store.json")
            size = (folder / "store/contexts.bin").stat().st_size
            digest = sha256(folder / "store/index.jsonl")
            write_json(folder / "store/store.json", {**described, "bytes": size, "index_sha256": digest})
        return ["train", folder / "store", "--algo", "constant", "--proxy-px", "32", "--crops", "0", "--allow-ungated",
                "--timesteps", "4", "--constant-samples", "4", "--out", folder / "out"]  # fmt: skip

    return make


def _edited(**changes: Any) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        described = json.loads(content)
        described.pop("sealed", None)
        return json.dumps({**described, **changes}).encode()

    return change


def _offsets(content: bytes) -> bytes:
    lines = [json.loads(line) for line in content.splitlines()]
    for line in lines:
        for item in line["items"]:
            item["offset"] = 2**40
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def _program(command: str, **more: str) -> Callable[[Path, Path], list]:
    """A black box whose names and values hold words for a shell; its own program is one that there is not."""

    def make(folder: Path, canary: Path) -> list:
        text = command.replace("CANARY", str(canary))
        (folder / "isp.toml").write_text(text)
        return ["render", raw(folder), "--isp", folder / "isp.toml", "--out", folder / "out"]

    return make


def _tools(**changes: Any) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        (folder / "run").mkdir()
        ARTEFACTS["bundle of tools"].make(folder / "run")
        path = folder / "run/tool_policy.json"
        write_json(path, {**read_json(path), **changes})
        return ["tools", "apply", folder / "run", picture(folder), "--out", folder / "out"]

    return make


def _copy(**changes: Any) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        (folder / "copy").mkdir()
        ARTEFACTS["learned ISP"].make(folder / "copy")
        path = folder / "copy/learned_isp.json"
        write_json(path, {**read_json(path), **changes})
        return ["train", raw(folder), "--isp", folder / "copy", "--out", folder / "out", "--algo", "constant"]

    return make


def _report(folder: Path, canary: Path) -> list:
    (folder / "bench").mkdir()
    write_json(
        folder / "bench/standings.json",
        {"format": "attiqa-benchmark/1", "tables": {"a": {"results": "../../etc/passwd"}}},
    )
    write_json(folder / "bench/meta.json", {})
    return ["report", folder / "bench", "--out", folder / "report.html"]


def _look(folder: Path, canary: Path) -> list:
    name = "<img src=x onerror=alert(1)>&\"'.png".replace("/", "")
    picture(folder / "pictures", name)
    (folder / "pictures/failures.json").write_text(json.dumps(["</script><script>alert(2)</script>"]))
    return ["look", folder / "pictures", "--out", folder / "look.html"]


MAKERS = {
    "policy.json: another version": _policy(format="attiqa-policy/9"),
    "policy.json: proxy_px 10^6": _policy(task__proxy_px=10**6),
    "policy.json: a horizon of 10^9": _policy(task__horizon=10**9, task__formulation="iterative"),
    "policy.json: weights that lead elsewhere": _policy(weights="../../../etc/passwd"),
    "policy.json: a scorer that leads elsewhere": _policy(scorer={"name": "../../../../etc", "sha256": "a" * 64}),
    "policy.json: a scorer of /dev/zero": _policy(scorer={"name": "/dev/zero", "sha256": "a" * 64}),
    "policy.json: a network of 10^9 units": _policy(architecture__hidden=[10**9]),
    "policy.json: a reach of 10^300": _policy(reach=1e300),
    "policy.json: numbers for tables": _policy(task=5, training=7),
    "store.json: proxy_px 10^9": _store("store.json", _edited(proxy_px=10**9)),
    "store.json: numbers for names": _store("store.json", _edited(scenes=5, splits=7)),
    "index.jsonl: offsets beyond the file": _store("index.jsonl", _offsets),
    "contexts.bin: a head of another size": _store("contexts.bin", lambda content: b"9" * 60 + content[60:]),
    "contexts.bin: zeros": _store("contexts.bin", lambda content: bytes(len(content))),
    "--isp: words for a shell in the program": _program(
        '[program]\nname = "x"\ncommand = ["/nowhere/none; touch CANARY", "$(touch CANARY)", "`touch CANARY`"]\n'
    ),
    "--isp: a command as one text": _program('[program]\nname = "x"\ncommand = "touch CANARY"\n'),
    "--isp: 100,000 brackets": _program("a = " + "[" * 100_000),
    "tool_policy.json: a million tools": _tools(tools={f"t{n}": "" for n in range(100_000)}),
    "tool_policy.json: weights that lead elsewhere": _tools(weights="../../../../etc/passwd"),
    "tool_policy.json: size_px 10^9": _tools(size_px=10**9),
    "learned_isp.json: weights that lead elsewhere": _copy(weights="/etc/passwd"),
    "learned_isp.json: proxy_px 10^9": _copy(proxy_px=10**9),
    "learned_isp.json: a network of 10^9 units": _copy(
        architecture={"controls": 10**9, "width": 1, "detail": 1, "gates": 1}
    ),
    "standings.json: a table that leads elsewhere": _report,
    "names and failures of HTML in a page": _look,
}
