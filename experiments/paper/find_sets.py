"""Which of the paper's data sets lie in a folder: decides whether a missing cell could be filled here."""

from pathlib import Path

from attiqa_core.datasets import read_rated, recognise
from attiqa_core.errors import InputError, UsageError
from experiments.paper.targets import paper_name


def find_sets(data: Path | None) -> dict[str, str]:
    """Return paper's name -> how to name it to `attiqa evaluate`, for sets in `data` or its folders that have images."""
    if data is None:
        return {}
    if not data.is_dir():
        raise InputError(f"{data}: no such folder; name the folder that holds the data sets with --data")
    found: dict[str, str] = {}
    for folder in [data, *sorted(path for path in data.iterdir() if path.is_dir())]:
        try:
            name, _ = recognise(folder)
            if name is not None:
                rated = read_rated(folder, allow_missing=True)
                incomplete = " --allow-missing" if any("absent" in note for note in rated.notes) else ""
                found.setdefault(paper_name(name), f"{folder}{incomplete}")
        except (InputError, UsageError):
            continue  # no data set, or one without its images: its cells stay "not run"
    return found
