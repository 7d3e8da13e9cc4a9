"""Tuners by name, readable without torch: what `attiqa benchmark --tuners` takes."""

from attiqa_core.errors import UsageError

TUNERS: dict[str, str] = {
    "default": "agents.baselines.default:build",
    "sobol-N": "agents.baselines.search:build",
    "cma-N": "agents.baselines.cma:build",
    "gradient-N": "agents.baselines.gradient:build",
}
"""Name -> "module:function" from queries per raw, task and seed to a `Tuner`.

A name that ends in -N is asked for with its number of queries: "sobol-16". A new tuner is a file and a row here.
"""

REFINED = "refined-N"
"""Gradient ascent from the answer of each policy of the benchmark."""
FEWEST_QUERIES = 2  # of a name with -N: the camera default and something to compare it with


def find_tuner(spec: str) -> tuple[str, int]:
    """Return the row that "default" or "sobol-16" names, and the number of queries (0 without one).

    Raises: UsageError with the names there are.
    """
    kind, queries = named(spec)
    if kind not in TUNERS:
        *others, last = TUNERS
        raise UsageError(
            f"--tuners {spec}: is not {', '.join(others)} or {last} with N >= {FEWEST_QUERIES}, nor, beside a --policy, "
            f"{REFINED}"
        )
    return TUNERS[kind], queries


def named(spec: str) -> tuple[str, int]:
    """Return "sobol-N" and 16 for "sobol-16", "default" and 0 for "default", "" and 0 for what is no tuner's name."""
    kind, _, number = spec.rpartition("-")
    known = {*TUNERS, REFINED}
    if number.isdecimal() and int(number) >= FEWEST_QUERIES and f"{kind}-N" in known:
        return f"{kind}-N", int(number)
    return (spec, 0) if spec in known and not spec.endswith("-N") else ("", 0)
