"""The scorers and judges that come with the package, found without loading a network."""

from importlib import resources
from pathlib import Path

DESCRIPTION = "scorer.json"
HELD_OUT = ("niqe", "colour-naturalness")
"""The shipped judges of other families than a reward: fitted on pristine photos alone, by `attiqa naturalness`."""
BENCHMARK_JUDGES = (*HELD_OUT, "attiqa-judge")
"""Those a benchmark asks: beside them a scorer that judges and is never a reward, of another backbone than attiqa-mini and
taught by half of its rated photos. It is of the same family, so no evidence to an audit, and agrees with people far better.
"""
SHIPPED = Path(str(resources.files("attiqa_core"))) / "weights"


def shipped_names() -> list[str]:
    """Return the names of the shipped scorers, sorted."""
    return sorted(path.parent.name for path in SHIPPED.glob(f"*/{DESCRIPTION}"))
