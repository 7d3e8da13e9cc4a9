"""Files that are not what was written: whatever that makes the code or the library that reads them raise is one sentence."""

import contextlib
import csv
import sqlite3
import struct
import tokenize
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from attiqa_core.errors import InputError, ResourceError, UsageError
from attiqa_core.machine.lacks import refuse_lack

RAISED = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,  # imagecodecs
    SyntaxError,
    EOFError,
    tokenize.TokenError,  # NumPy's reader of an array's head
    csv.Error,
    struct.error,
    zlib.error,
    sqlite3.Error,
)
"""What reading something else than expected ends in. Lacks of the machine are none of these."""
LONGEST_REASON = 200


@contextlib.contextmanager
def refusing(path: Path | str, cure: str) -> Iterator[None]:
    """A context in which one file is read and nothing else is done: what its content makes that raise is an InputError."""
    try:
        yield
    except (InputError, UsageError, ResourceError):
        raise
    except RAISED as error:
        refuse_lack(error, path)
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST_REASON]
        raise InputError(f"{path}: is damaged, or not as it was written ({reason}); {cure}") from error


def read_array(path: Path, cure: str, *, mapped: bool = False) -> np.ndarray:
    """Return the array of a .npy file, `mapped` without reading it. Nothing is unpickled.

    Raises: InputError for what is none, or whose head claims more than the file holds.
    """
    with refusing(path, cure):
        array = np.load(path, mmap_mode="r", allow_pickle=False)  # which compares the head with the file's size
        if not isinstance(array, np.ndarray):
            raise ValueError("an archive of arrays")
        return array if mapped else np.array(array)
