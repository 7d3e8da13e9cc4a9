"""Tuners by name, readable without torch: what `attiqa benchmark --tuners` takes."""

from attiqa_core.errors import UsageError

TUNERS: dict[str, str] = {
    "default": "agents.baselines.default:build",
    "sobol-N": "agents.baselines.search:build",
    "gradient-N": "agents.baselines.gradient:build",
}
"""Name -> "module:function" from scorer, queries per raw, task, reward weights and seed to a `Tuner`.

A name that ends in -N is asked for with its number of queries: "sobol-16". A new tuner is a file and a row here.
"""

FEWEST_QUERIES = 2  # of a name with -N: the camera default and something to compare it with


def find_tuner(spec: str) -> tuple[str, int]:
    """Return the row that "default" or "sobol-16" names, and the number of queries (0 without one).

    Raises: UsageError with the names there are.
    """
    kind, _, number = spec.rpartition("-")
    if number.isdecimal() and int(number) >= FEWEST_QUERIES and f"{kind}-N" in TUNERS:
        return TUNERS[f"{kind}-N"], int(number)
    if spec not in TUNERS or spec.endswith("-N"):
        *others, last = TUNERS
        raise UsageError(f"--tuners {spec}: is not {', '.join(others)} or {last} with N >= {FEWEST_QUERIES}")
    return TUNERS[spec], 0
