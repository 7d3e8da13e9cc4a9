"""What `use.csv` says: the second list, read again by the analysis."""

from pathlib import Path

from attiqa_core.datasets.tables import read_csv

USE_FILE = Path("private") / "use.csv"


def not_used(path: Path) -> dict[str, str]:
    """Return rater -> why their votes are not to be used, of the list at `path`; nothing where there is none.

    Raises: InputError if the file is no such list.
    """
    if not path.is_file():
        return {}
    rows = read_csv(path, ("rater", "use"))
    return {row["rater"]: row.get("reason") or "no reason given" for _, row in rows if row["use"].strip() != "True"}
