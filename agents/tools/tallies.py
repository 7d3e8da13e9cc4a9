"""What records come to: right first tools, stops on clean photos, PSNR restored, each with an interval over photos."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.tools.records import Record
from isp_env.tool_episodes.core import ToolCore
from isp_env.tools.defects import DEFECTS

DRAWS = 2000
CLEAN, STOPPED = "clean", "stop"
"""What the confusion table calls no defect, and no tool at all."""


def photo_of(name: str) -> str:
    """Return the photo that a context is of: contexts are called "photo#0", "photo#1"."""
    return name.rpartition("#")[0] or name


@dataclass(frozen=True)
class Share:
    """A mean, its 95 % interval over photos (bootstrap), and how many values it is of."""

    mean: float
    low: float
    high: float
    count: int


def over_photos(values: Sequence[float], photos: Sequence[str], over: Sequence[float] | None = None) -> Share:
    """Return the mean of values, or their sum over that of others, with an interval that resamples photos; NaN without any.

    Values of one photo are drawn together: they are not independent.
    """
    if not len(values):
        return Share(np.nan, np.nan, np.nan, 0)
    names, where = np.unique(np.asarray(photos), return_inverse=True)
    below = np.ones(len(values)) if over is None else np.asarray(over, float)
    sums = np.stack([np.bincount(where, np.asarray(each, float), len(names)) for each in (values, below)])
    drawn = np.random.default_rng(0).integers(len(names), size=(DRAWS, len(names)))
    tops, bottoms = sums[:, drawn].sum(2)
    means = (tops / np.where(bottoms == 0, np.nan, bottoms))[bottoms != 0]
    low, high = np.percentile(means, (2.5, 97.5)) if len(means) else (np.nan, np.nan)
    total = sums[1].sum()
    return Share(float(sums[0].sum() / total) if total else np.nan, float(low), float(high), len(values))


def right_first(core: ToolCore, record: Record) -> dict[int, bool]:
    """Return, of the contexts with a defect, whether the first tool mends it, by the place of the context."""
    tools = {tool.name: tool for tool in core.tools}
    right = {
        (name, each): DEFECTS[name].mends(tools[each]) for name in set(core.contexts.planted) - {""} for each in tools
    }
    places = enumerate(zip(core.contexts.planted, record.firsts, strict=True))
    return {place: bool(first) and right[planted, first] for place, (planted, first) in places if planted}


def stopped_clean(core: ToolCore, record: Record) -> dict[int, bool]:
    """Return, of the contexts without a defect, whether no tool was used, by the place of the context."""
    places = enumerate(zip(core.contexts.planted, record.firsts, strict=True))
    return {place: not first for place, (planted, first) in places if not planted}


def confusion(core: ToolCore, record: Record) -> dict[str, dict[str, int]]:
    """Return for each defect, and for clean, how often each kind of tool was the first, the most frequent first."""
    kinds = {tool.name: tool.kind for tool in core.tools} | {"": STOPPED}
    counts: dict[str, Counter] = {}
    for planted, first in zip(core.contexts.planted, record.firsts, strict=True):
        counts.setdefault(planted or CLEAN, Counter())[kinds[first]] += 1
    return {name: dict(counts[name].most_common()) for name in sorted(counts)}


def summary_of(core: ToolCore, record: Record, oracle: Record) -> dict[str, Share]:
    """Return a record's figures: `right_first`, overall and by defect; `stops_on_clean`; `psnr_gain` over all contexts, in dB;
    `restored`, the share of the PSNR that the oracle restores on those with a defect; `queries`, `tools` of a context."""
    photos = [photo_of(name) for name in core.names]

    def share(places: Sequence[int], values: Sequence[float], over: Sequence[float] | None = None) -> Share:
        return over_photos(values, [photos[place] for place in places], over)

    right, stops = right_first(core, record), stopped_clean(core, record)
    spoiled, everywhere = [*right], range(len(photos))
    figures = {"right_first": share(spoiled, [*right.values()])}
    for name in sorted({core.contexts.planted[place] for place in spoiled}):
        own = [place for place in spoiled if core.contexts.planted[place] == name]
        figures[f"right_first_{name}"] = share(own, [right[place] for place in own])
    figures["stops_on_clean"] = share([*stops], [*stops.values()])
    gains, best = record.gains.tolist(), oracle.gains.tolist()
    figures["psnr_gain"] = share(everywhere, gains)
    figures["psnr_gain_spoiled"] = share(spoiled, [gains[place] for place in spoiled])
    figures["restored"] = share(spoiled, [gains[place] for place in spoiled], [best[place] for place in spoiled])
    figures["queries"] = share(everywhere, record.queries.tolist())
    figures["tools"] = share(everywhere, [len(each) for each in record.used])
    return figures
