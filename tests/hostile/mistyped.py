"""Values of the wrong type in every description, sealed again as if we had written them: refused in one sentence, or not minded.

PYTHONPATH=.:tests python -m hostile.mistyped
"""

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hostile.artefacts import ARTEFACTS

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.described import SEAL, sealed

WRONG: Sequence[Any] = (7, "x", None, True, [], [7], {}, {"x": 7}, -1.5, 10**18)
MOST = 3
"""Elements of a list that are tried; the others are as they are."""


@dataclass(frozen=True)
class Crash:
    """Where a wrong value ended in something else than a sentence."""

    artefact: str
    file: str
    place: str
    value: str
    said: str


def crashes(folder: Path, names: Sequence[str] = tuple(ARTEFACTS), most: int = MOST) -> Iterator[Crash]:
    """Yield each wrong value that broke a reader, of all descriptions of these artefacts."""
    for number, name in enumerate(names):
        own = folder / str(number)
        own.mkdir()
        ARTEFACTS[name].make(own)
        for path in sorted(own.rglob("*.json")):
            yield from _of_file(own, name, path, most)


def _of_file(folder: Path, name: str, path: Path, most: int) -> Iterator[Crash]:
    whole = path.read_text()
    content = json.loads(whole)
    has_seal = isinstance(content, dict) and content.pop(SEAL, None) is not None
    for place, changed, value in _changed(content, most):
        path.write_text(json.dumps(sealed(changed) if has_seal and isinstance(changed, dict) else changed))
        try:
            ARTEFACTS[name].read(folder)
        except (InputError, UsageError):
            pass
        except Exception as error:
            yield Crash(name, path.name, place, repr(value), repr(error)[:100])
    path.write_text(whole)


def _changed(content: Any, most: int) -> Iterator[tuple[str, Any, Any]]:
    """Each place, the content with a wrong value there (or without it), and that value."""
    for place in _places(content, (), most):
        for value in (*WRONG, ...):
            changed = deepcopy(content)
            table = changed
            for key in place[:-1]:
                table = table[key]
            if not place:
                changed = None if value is ... else value
            elif value is ...:
                del table[place[-1]]
            else:
                table[place[-1]] = value
            yield "$" + "".join(f"[{key!r}]" for key in place), changed, value


def _places(content: Any, place: tuple, most: int) -> Iterator[tuple]:
    yield place
    keys = list(content) if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ()
    for key in keys[:most] if isinstance(content, list) else keys:
        yield from _places(content[key], (*place, key), most)


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="mistyped-"))
    counted: Counter[str] = Counter()
    for crash in crashes(folder):
        counted[f"{crash.artefact}: {crash.file}"] += 1
        print(f"{crash.artefact}: {crash.file} {crash.place} = {crash.value}: {crash.said}", flush=True)
    shutil.rmtree(folder)
    print(dict(counted) or "none")
    raise SystemExit(bool(counted))


if __name__ == "__main__":
    main()
