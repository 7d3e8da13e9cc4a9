"""What a verdict is about: everything in a bundle's description that changes what its policy does."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SAID_ONLY = ("format", "weights", "training", "scorer", "isp")
"""Fields that say what the policy is and was; of the last three counts what decides, below. A field that a later version adds counts."""


def behaviour_sha256(described: Mapping[str, Any]) -> str | None:
    """Return a hash of what decides the policy's answers; None for what is no description of a bundle.

    The weights' own hash, reach, constant, network, observation, parameters and ranges, task, reward weights, which scorer it sees the
    opinion of and which program makes its pictures; and the algorithm, by which the audit asks. Not where the scorer lies, what
    the weights' file is called, or what the training was like.
    """
    if not isinstance(described.get("sha256"), str):
        return None
    deciding = {name: value for name, value in described.items() if name not in SAID_ONLY}
    deciding |= {name: _table(described, name).get("sha256") for name in ("scorer", "isp")}
    deciding["algorithm"] = algorithm_of(described)
    return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()


def algorithm_of(described: Mapping[str, Any]) -> str:
    """Return by what a bundle says that its policy was made; "" where it does not say."""
    return str(_table(described, "training").get("algorithm", ""))


def _table(described: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = described.get(name)
    return found if isinstance(found, dict) else {}
