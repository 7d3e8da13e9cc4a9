"""How raws are named on the command line: files, folders, globs, and `-` for a list on standard input."""

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from attiqa_core.errors import UsageError
from experiments.options import checks
from isp_env.fivek.address import is_address

STDIN = Path("-")
"""Stands for the list on standard input."""


def is_glob(word: Path) -> bool:
    """Return whether a word is a pattern, which shells that expand none leave to us."""
    return glob.has_magic(str(word)) and not os.path.lexists(word)


def check_words(words: Sequence[Path]) -> None:
    """Raises: UsageError if nothing is named, InputError for the first word that is no file, folder, glob, address or `-`."""
    if not words:
        raise UsageError("no raws named; give raw files, a folder that holds some, or - for a list on standard input")
    for word in words:
        if is_address(word) or (word != STDIN and not is_glob(word)):
            checks.present(word)
