"""The scorers that come with the package, found without loading a network."""

from importlib import resources
from pathlib import Path

DESCRIPTION = "scorer.json"
SHIPPED = Path(str(resources.files("attiqa_core"))) / "weights"


def shipped_names() -> list[str]:
    """Return the names of the shipped scorers, sorted."""
    return sorted(path.parent.name for path in SHIPPED.glob(f"*/{DESCRIPTION}"))
