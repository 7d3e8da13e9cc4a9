"""Judges raw by raw: where one that nobody was tuned for does not agree with the score, and what is other about those pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from experiments.drawing.report_grid import cells, grid

SHOWN_OPEN, SHOWN = 8, 40
"""Raws in the table before it is folded, and at most: those that judges disagree about first."""
NAMED = 3  # raws that a sentence names

Row = Mapping[str, str]


@dataclass(frozen=True)
class JudgedRaw:
    """One raw under the row that is shown: by judge its score of the camera default and the gain over it, and the gain in reward.

    `chroma` and `noise`: ratios; `cast`: Lab, farther from neutral; `clipped`: more of the pixels.
    """

    image: str
    default: Mapping[str, float]
    gains: Mapping[str, float]
    reward: float
    chroma: float
    cast: float
    clipped: float
    noise: float

    def disagrees(self, judge: str, lead: str) -> bool:
        """Return whether a judge sees a gain where the score sees a loss, or the other way round."""
        return self.gains[judge] * self.gains[lead] < 0


def judges_of(stored: Mapping[str, Any], table: str, *, held_out: bool = False) -> list[str]:
    """Return the judges of a table of `standings.json`: the one that the score is by, then the others, or of those the held-out ones."""
    lead, verdicts = stored["judge"], stored["tables"][table]["standings"][0]["verdicts"]
    return [lead, *(name for name, told in verdicts.items() if name != lead and (told["held_out"] or not held_out))]


def judged_raws(results: Sequence[Row], shown: str, judges: Sequence[str]) -> list[JudgedRaw]:
    """Return the raws of a `results.csv` under a row; the first judge's column is "score"."""
    columns = {judge: judge if place else "score" for place, judge in enumerate(judges)}
    default = {row["image"]: row for row in results if row["tuner"] == "default"}
    return [_judged(row, default[row["image"]], columns) for row in results if row["tuner"] == shown]


def _judged(row: Row, default: Row, columns: Mapping[str, str]) -> JudgedRaw:
    def ratio(name: str) -> float:
        return float(row[name]) / max(float(default[name]), 1e-6)

    def more(name: str) -> float:
        return float(row[name]) - float(default[name])

    return JudgedRaw(
        row["image"],
        {judge: float(default[column]) for judge, column in columns.items()},
        {judge: more(column) for judge, column in columns.items()},
        more("reward"),
        ratio("picture_chroma"),
        more("picture_cast"),
        more("picture_clipped"),
        ratio("picture_noise"),
    )


def disagreements(raws: Sequence[JudgedRaw], judges: Sequence[str], shown: str) -> list[str]:
    """Return a sentence for each held-out judge that does not agree with the score, the first judge's, on some raw.

    It says on which, what it made of the camera default there, and what the row changes there beside the other raws: what
    goes along with it, not what it is due to.
    """
    lead, *others = judges
    found = []
    for judge in others:
        against = [raw for raw in raws if raw.disagrees(judge, lead)]
        if not against:
            continue
        agreeing = [raw for raw in raws if raw not in against]
        named = sorted(against, key=lambda raw: -abs(raw.gains[judge]))[:NAMED]
        which = "; ".join(f"{raw.image} {raw.gains[judge]:+.4f}, the score {raw.gains[lead]:+.4f}" for raw in named)
        more = f" and {len(against) - len(named)} more" if len(against) > len(named) else ""
        beside = f"; on the other {len(agreeing)}: {_about(agreeing, judge)}" if agreeing else ""
        found.append(
            f"{judge} says the opposite of the score on {len(against)} of {len(raws)} raws ({which}{more}). "
            f"There {shown} has, on average: {_about(against, judge)}{beside}."
        )
    return found


def _about(raws: Sequence[JudgedRaw], judge: str) -> str:
    def mean(values: Sequence[float]) -> float:
        return float(np.mean(values))

    return (
        f"a camera default that {judge} gives {mean([raw.default[judge] for raw in raws]):.3f}, "
        f"chroma {mean([raw.chroma for raw in raws]):.2f} times, noise {mean([raw.noise for raw in raws]):.2f} times, "
        f"cast {mean([raw.cast for raw in raws]):+.1f}, clipped {100 * mean([raw.clipped for raw in raws]):+.1f}%"
    )


def judges_part(raws: Sequence[JudgedRaw], judges: Sequence[str], shown: str) -> list[str]:
    """Return the table of judges raw by raw and the sentences beside it, as HTML; nothing without a second judge."""
    lead, *others = judges
    if not others or not raws:
        return []
    order = sorted(raws, key=lambda raw: (-sum(raw.disagrees(judge, lead) for judge in others), -raw.gains[lead]))
    titles = ["raw", f"score ({lead})", "reward", *others, "chroma", "cast", "clipped", "noise"]
    rows = [_row(raw, lead, others) for raw in order[:SHOWN]]
    table = grid(titles, rows)
    if len(rows) > SHOWN_OPEN:
        table = f"<details><summary>{len(rows)} of {len(raws)} raws</summary>{table}</details>"
    said = "".join(f"<p>{escape(each)}</p>" for each in disagreements(raws, judges, shown))
    return [
        f"<h3>Judges raw by raw: {escape(shown)} less the camera default</h3>",
        said or "<p>No judge says the opposite of the score on any raw.</p>",
        table,
        '<p class="note">≠: the opposite of the score. In brackets what a judge gives the camera default.</p>',
    ]


def _row(raw: JudgedRaw, lead: str, others: Sequence[str]) -> str:
    def told(judge: str) -> str:
        mark = "≠ " if raw.disagrees(judge, lead) else ""
        return f"{mark}{raw.gains[judge]:+.4f} ({raw.default[judge]:.3f})"

    picture = [f"{raw.chroma:.2f}×", f"{raw.cast:+.1f}", f"{100 * raw.clipped:+.1f}%", f"{raw.noise:.2f}×"]
    return cells([raw.image, told(lead), f"{raw.reward:+.4f}", *map(told, others), *picture])
