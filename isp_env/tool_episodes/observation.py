"""What an agent that picks tools sees: statistics of the picture, what the judge says of it, tools used, time left."""

from collections.abc import Sequence

from attiqa_core.attributes import ATTRIBUTES
from isp_env.tool_episodes.statistics import STATISTICS

JUDGED = ("score", *(f"attribute_{name}" for name in ATTRIBUTES))
"""What the judge says of the picture, where there is one."""


def tool_observation_names(tools: Sequence[str], *, judged: bool) -> tuple[str, ...]:
    """Return the names of an observation's entries, in order, up to the small picture."""
    return (*STATISTICS, *(JUDGED if judged else ()), *(f"used_{name}" for name in tools), "time_left")
