"""The RL-tuned ISP against Expert C: how often raters prefer it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.paper.markdown import grid
from experiments.paper.stored_results import read_json_below
from experiments.paper.targets import read_targets


def text(runs: Sequence[Path]) -> str:
    """Return the paper's win rate, and every stored study's beside it: other pictures and other raters, so no difference."""
    (target,) = read_targets("isp_win_rate")
    rows = [[f"{target.method} over {target.column.tested_on}, MIT-Adobe FiveK", f"{float(target.value):.0%}",
             "not given", "200 pairs, 60 people"]]  # fmt: skip
    ours = [row for study in read_json_below(runs, "analysis.json") for row in _rows(study)]
    if not ours:
        ours = [["**ours**", "not run", "-", "no study with people, no FiveK here"]]
    rows += ours
    note = "The interval holds for other raters and other images. A study: `attiqa study export`, then `attiqa study analyse`."
    heads = ["who over whom", "win rate", "95 %", "evidence"]
    return "\n".join(["## RL-tuned ISP against Expert C", "", note, "", *grid(heads, rows)]) + "\n"


def _rows(study: Mapping[str, Any]) -> list[list[str]]:
    """A row for each two arms of an analysis, without raters that its rules leave out; or the one of an analysis of the older form."""
    if "win_rate" in study:
        names = study["names"]
        return [_row(names["a"], names["b"], study["win_rate"], study["clustered_95"], study, study["images"])]
    arms, rows = study.get("arms", {}), []
    for pair in study.get("pairs", []):
        of = pair["kept"]
        if of is not None:
            first, second = (arms.get(pair[name], pair[name]) for name in ("first", "second"))
            rows.append(_row(first, second, of["win_rate"], of["intervals"][of["deciding"]], of, of["scenes"]))
    return rows


def _row(
    first: str, second: str, rate: float, interval: Sequence[float], counts: Mapping[str, Any], images: int
) -> list[str]:
    low, high = interval
    who = f"{counts['votes']} votes, {images} pairs, {counts['raters']} people"
    return [f"**ours: {first} over {second}**", f"{rate:.0%}", f"{low:.0%} to {high:.0%}", who]
