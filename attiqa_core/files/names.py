"""Names of files as text: those that no table can hold are told, and shown so that one finds them."""

import os
from pathlib import Path


def is_utf8(name: Path | str) -> bool:
    """Return whether a name can be written down; one that another encoding made cannot."""
    return not any("\ud800" <= letter <= "\udfff" for letter in str(name))


def shown(name: Path | str) -> str:
    r"""Return a name as text of UTF-8, bytes that are none of it written out: b"caf\xe9" as "caf\\xe9"."""
    return str(name) if is_utf8(name) else os.fsencode(name).decode("utf-8", "backslashreplace")
