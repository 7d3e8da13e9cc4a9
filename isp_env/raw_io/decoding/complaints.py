"""What LibRaw prints of a file: it warns of damaged data on the standard error stream, and decodes on."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

DAMAGED = ("data corrupted", "unexpected end of file")


@contextmanager
def heard() -> Iterator[list[str]]:
    """Yield a list that holds, once the block has ended, the lines that it printed on the standard error stream."""
    lines: list[str] = []
    before = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield lines
        finally:
            os.dup2(before, 2)
            os.close(before)
            file.seek(0)
            lines += file.read(1 << 16).decode(errors="replace").splitlines()


def damage(lines: list[str]) -> str | None:
    """Return what LibRaw said of damaged data, as "data corrupted at 1234"; None if it said nothing of the kind."""
    for line in lines:
        found = next((words for words in DAMAGED if words in line.lower()), None)
        if found:
            return line[line.lower().index(found) :].strip()
    return None
