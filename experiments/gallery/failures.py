"""The raws that a render run could not make pictures of, as it left them in its `FAILURES`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json
from experiments.drawing.shown_names import shown_name
from experiments.options.render_folder import FAILURES

LONGEST = 400  # characters of a sentence


def read_failures(folder: Path) -> list[str]:
    """Return a sentence for each raw that failed, from a list of sentences or of tables with `raw` and `reason`; none without the file."""
    path = folder / FAILURES
    if not path.is_file():
        return []
    try:
        content = read_json(path)
    except (InputError, RecursionError) as error:
        return [shown_name(str(error), LONGEST)]
    rows = content.get("failures") if isinstance(content, Mapping) else content
    return [_sentence(row) for row in rows] if isinstance(rows, list) else []


def _sentence(row: Any) -> str:
    if isinstance(row, Mapping):
        row = ": ".join(str(row[key]) for key in ("raw", "reason") if row.get(key))
    return shown_name(str(row), LONGEST)
