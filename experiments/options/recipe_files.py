"""Recipes and settings as JSON files: the one place where their content is read, by whoever renders, exports or shows them."""

from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json

LARGEST_BYTES = 1_000_000


def read_table(path: Path, otherwise: str = "holds no table") -> dict[str, Any]:
    """Return the table that a recipe's file holds. Raises: InputError naming the file; where it is no table, `otherwise` is said."""
    if path.is_file() and path.stat().st_size > LARGEST_BYTES:
        raise InputError(f"{path}: is no recipe, for it has more than {LARGEST_BYTES // 1_000_000} MB")
    content = read_json(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: {otherwise}")
    return content
