"""The scale as a picture: each arm's strength with its interval, and what share of votes a distance means."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy.special import expit

from attiqa_core.files.whole import replacing
from experiments.drawing.plots import COLOURS
from experiments.study.scale.bradley_terry import Scale
from experiments.study.scale.sentences import HOLDS_FOR

SHOWN_AS = ("png", "svg")
LONGEST_NAME = 32
"""Characters of an arm's name that fit beside the axis."""


def draw(scale: Scale, path: Path) -> Path:
    """Draw a scale of at least two arms, strongest on top, as the PNG or SVG that `path` ends in, and return it.

    Below the strengths stands the share of votes that an arm gets against one of mean strength.
    """
    kind = path.suffix.lstrip(".").lower()
    assert kind in SHOWN_AS and len(scale.strengths) > 1
    figure = Figure(figsize=(8, 1.9 + 0.42 * len(scale.strengths)), layout="constrained", dpi=110)
    axis = figure.subplots()
    for place, each in enumerate(scale.strengths):
        axis.plot([each.interval.low, each.interval.high], [place, place], color=COLOURS[0], linewidth=2.5)
        axis.plot([each.value], [place], "o", color=COLOURS[1], markersize=8)
    axis.axvline(0, color="grey", linewidth=0.8, linestyle=":")
    axis.set_yticks(range(len(scale.strengths)), [_named(each.arm, each.ranks) for each in scale.strengths])
    axis.set_ylim(len(scale.strengths) - 0.5, -0.5)
    axis.margins(x=0.06)
    axis.set_xlabel("strength (logits, mean 0) and its 95 % interval")
    figure.supxlabel(HOLDS_FOR[scale.clustered], fontsize=9)
    axis.grid(alpha=0.3, axis="x")
    against_the_mean = axis.secondary_xaxis("top", functions=(_share, _strength))  # pyright: ignore[reportArgumentType]
    against_the_mean.set_xlabel("% of votes against an arm of mean strength")
    against_the_mean.set_xticks(_ticks(*(_share(np.array(axis.get_xlim())))))
    with replacing(path) as temporary:
        figure.savefig(temporary, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return path


def _named(arm: str, ranks: tuple[int, int]) -> str:
    name = arm if len(arm) <= LONGEST_NAME else f"{arm[: LONGEST_NAME - 1]}…"
    best, worst = ranks
    return f"{name}  (rank {best})" if best == worst else f"{name}  (rank {best} to {worst})"


def _share(strength: np.ndarray) -> np.ndarray:
    return 100 * expit(strength)


def _strength(share: np.ndarray) -> np.ndarray:
    within = np.clip(np.asarray(share) / 100, 1e-6, 1 - 1e-6)
    return np.log(within / (1 - within))


def _ticks(low: float, high: float) -> list[float]:
    """Round shares between both ends, 5 points apart or 10, so that there are few."""
    step = 5 if high - low <= 40 else 10
    return [float(tick) for tick in range(0, 101, step) if low <= tick <= high]
