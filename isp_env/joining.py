"""Parts of a store, each baked on its own, joined to the store that one process would have written."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attiqa_core.files.whole import replacing
from isp_env.store import CONTEXTS, INDEX, STORE, index_line, read_contexts, read_written_index

Part = tuple[Path, Path]
"""The index and the contexts of some sources in order."""


def join(folder: Path, parts: Iterable[Part]) -> None:
    """Write the store in `folder` from its parts in order; `baking.describe` finishes it.

    The same bytes as if everything had been baked at once; the contexts of one source are in memory at a time.
    Raises: InputError if a part is not what was written; ResourceError if the disk is full.
    """
    for path in (folder / STORE, folder / CONTEXTS, folder / INDEX):
        path.unlink(missing_ok=True)
        for left in folder.glob(f".{path.stem}.*{path.suffix}"):  # of one that was killed
            left.unlink()
    with replacing(folder / INDEX) as new_index, replacing(folder / CONTEXTS) as new_contexts:
        _write(new_index, new_contexts, parts)


def _write(new_index: Path, new_contexts: Path, parts: Iterable[Part]) -> None:
    with new_index.open("wb") as index, new_contexts.open("wb") as contexts:
        for of_part, contexts_of_part in parts:
            lines = read_written_index(of_part)
            for line, content in zip(lines, read_contexts(contexts_of_part, lines), strict=True):
                index.write(index_line(_moved(line, contexts.tell())))
                contexts.write(content)


def _moved(line: Mapping[str, Any], start: int) -> dict[str, Any]:
    """A line whose contexts begin at `start` instead."""
    items = line["items"]
    return {**line, "items": [{**each, "offset": each["offset"] - items[0]["offset"] + start} for each in items]}
