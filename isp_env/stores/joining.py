"""Parts of a store, each baked on its own, joined to the store that one process would have written."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attiqa_core.files.whole import replacing
from isp_env.stores.store import CONTEXTS, INDEX, STORE, index_line, read_contexts, read_written_index

Part = tuple[Path, Path]
"""The index and the contexts of some sources in order."""


def join(folder: Path, parts: Iterable[Part]) -> None:
    """Write the store in `folder` from its parts in order; `baking.describe` finishes it.

    The same bytes as if everything had been baked at once; the contexts of one source are in memory at a time. The index is
    written last: without one nobody takes the folder for a store.
    Raises: InputError if a part is not what was written.
    """
    for name in (STORE, INDEX):
        (folder / name).unlink(missing_ok=True)
    try:
        lines = _write_contexts(folder / CONTEXTS, parts)
        with replacing(folder / INDEX) as index:
            index.write_bytes(b"".join(lines))
    except BaseException:
        (folder / CONTEXTS).unlink(missing_ok=True)
        raise


def _write_contexts(path: Path, parts: Iterable[Part]) -> list[bytes]:
    """Write the contexts of all parts one after the other; return the lines of their index."""
    joined = []
    with path.open("wb") as contexts:
        for of_part, contexts_of_part in parts:
            lines = read_written_index(of_part)
            for line, content in zip(lines, read_contexts(contexts_of_part, lines), strict=True):
                joined.append(index_line(_moved(line, contexts.tell())))
                contexts.write(content)
        contexts.flush()
        os.fsync(contexts.fileno())
    return joined


def _moved(line: Mapping[str, Any], start: int) -> dict[str, Any]:
    """A line whose contexts begin at `start` instead."""
    items = line["items"]
    return {**line, "items": [{**each, "offset": each["offset"] - items[0]["offset"] + start} for each in items]}
