"""The RL-tuned ISP against Expert C: how often raters prefer it."""

from collections.abc import Sequence
from pathlib import Path

from experiments.paper.markdown import grid
from experiments.paper.stored_results import read_json_below
from experiments.paper.targets import read_targets


def text(runs: Sequence[Path]) -> str:
    """Return the paper's win rate, and every stored study's beside it: other pictures and other raters, so no difference."""
    (target,) = read_targets("isp_win_rate")
    rows = [[f"{target.method} over {target.column.tested_on}, MIT-Adobe FiveK", f"{float(target.value):.0%}",
             "not given", "200 pairs, 60 people"]]  # fmt: skip
    results = [
        (study["arms"][pair["first"]], study["arms"][pair["second"]], pair["kept"])
        for study in read_json_below(runs, "analysis.json")
        if study.get("format") == "attiqa-study-analysis"
        for pair in study["pairs"]
        if pair["kept"]
    ]
    for one, other, kept in results:
        low, high = kept["intervals"][kept["deciding"]]
        who = f"{kept['votes']} votes, {kept['scenes']} pairs, {kept['raters']} people"
        rows.append([f"**ours: {one} over {other}**", f"{kept['win_rate']:.0%}", f"{low:.0%} to {high:.0%}", who])
    if not results:
        rows.append(["**ours**", "not run", "-", "no study with people, no FiveK here"])
    note = "The interval is clustered by rater and image. A study: `attiqa study export`, then `attiqa study analyse`."
    heads = ["who over whom", "win rate", "95 %", "evidence"]
    return "\n".join(["## RL-tuned ISP against Expert C", "", note, "", *grid(heads, rows)]) + "\n"
