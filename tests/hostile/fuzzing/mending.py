"""Hashes and seals made to fit what was damaged, so that what stands behind them is read."""

import hashlib
import json
from pathlib import Path

from attiqa_core.files.described import SEAL, sealed
from attiqa_core.tensor_files import SEALED, _seal_of


def fit_again(folder: Path, damaged: Path, before: dict[Path, bytes]) -> None:
    """Make the damaged file's own seal fit, and its hash wherever a description in the folder has the former one."""
    _seal(damaged)
    former, content = before[damaged], damaged.read_bytes()
    old, new = (hashlib.sha256(each).hexdigest().encode() for each in (former, content))
    for path, described in before.items():
        if path != damaged and path.suffix in (".json", ".jsonl") and old in described:
            described = described.replace(old, new).replace(b'"bytes": %d' % len(former), b'"bytes": %d' % len(content))
            path.write_bytes(described)
            _seal(path)


def _seal(path: Path) -> None:
    content = path.read_bytes()
    if path.suffix == ".safetensors" and len(SEALED.findall(content[: 1 << 20])) == 1:
        place, digest = _seal_of(path)
        path.write_bytes(content[:place] + digest + content[place + len(digest) :])
    if path.suffix != ".json":
        return
    try:
        told = json.loads(content)
        if isinstance(told, dict) and SEAL in told:
            del told[SEAL]
            path.write_text(json.dumps(sealed(told)))
    except (ValueError, RecursionError):
        return
