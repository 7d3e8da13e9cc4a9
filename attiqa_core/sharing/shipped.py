"""The scorers and judges that come with the package, found without loading a network."""

from importlib import resources
from pathlib import Path

DESCRIPTION = "scorer.json"
HELD_OUT = ("niqe", "colour-naturalness")
"""The shipped judges of other families than a reward: fitted on pristine photos alone, by `attiqa naturalness`."""
SECOND_SCORER = "attiqa-judge"
"""A scorer that is to judge and never to be a reward: another backbone, half of the rated photos, other corruptions."""
SHIPPED = Path(str(resources.files("attiqa_core"))) / "weights"


def shipped_names() -> list[str]:
    """Return the names of the shipped scorers, sorted."""
    return sorted(path.parent.name for path in SHIPPED.glob(f"*/{DESCRIPTION}"))
