"""What a comparison of agents that pick tools leaves: a table, a CSV, and a sheet of the best, the median and the worst picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from agents.tools.records import Record
from agents.tools.tallies import CLEAN, Share
from experiments.drawing.score_table import as_csv
from experiments.drawing.sheets import comparison_sheet
from isp_env.tool_episodes.core import ToolCore

COLUMNS = (("right_first", "right first", 100), ("stops_on_clean", "stops on clean", 100), ("restored", "restored", 100),
           ("psnr_gain", "PSNR gained, dB", 1), ("tools", "tools", 1), ("queries", "queries", 1))  # fmt: skip
SHOWN = 3  # pictures at most from each of the best, the median and the worst


def table_of(
    records: Sequence[Record], figures: Mapping[str, Mapping[str, Share]], firsts: Mapping[str, Mapping[str, int]]
) -> str:
    """Return the table as text: honest rows, then oracles; under it the agent's right first tools and first kinds by defect."""
    lines = [
        "  ".join(["row".ljust(18), "asks".ljust(9), *(title.rjust(23) for _, title, _ in COLUMNS), "CPU s".rjust(8)])
    ]
    for each in sorted(records, key=lambda one: one.asks == "reference"):
        cells = [_cell(figures[each.chooser][name], scale) for name, _, scale in COLUMNS]
        lines.append("  ".join([each.chooser.ljust(18), each.asks.ljust(9), *cells, f"{each.seconds:8.1f}"]))
    lines += ["", "right first, stops on clean, restored in %, with 95 % intervals over photos; an oracle knows the undamaged photo.",
              "restored: of the PSNR that the oracle of one step restores where a defect is planted.", "",
              f"first tools of {records[0].chooser}, by kind:"]  # fmt: skip
    for defect, kinds in firsts.items():
        right = figures[records[0].chooser].get("stops_on_clean" if defect == CLEAN else f"right_first_{defect}")
        share = "" if right is None else f"{100 * right.mean:4.0f} % right"
        lines.append(f"  {defect:<8}{share:<14}" + ", ".join(f"{kind} {number}" for kind, number in kinds.items()))
    return "\n".join(lines) + "\n"


def _cell(share: Share, scale: float) -> str:
    if not share.count or share.mean != share.mean:
        return "".rjust(23)
    mean, low, high = (scale * value for value in (share.mean, share.low, share.high))
    return f"{mean:.1f} ({low:.1f} to {high:.1f})".rjust(23) if low != high else f"{mean:.1f}".rjust(23)


def records_csv(core: ToolCore, records: Sequence[Record]) -> str:
    """Return a line for each picture and row: what was planted, tools, PSNR before and after in dB, queries."""
    header = ("picture", "planted", "row", "asks", "tools", "psnr_before", "psnr_after", "queries")
    lines = []
    for place, (name, planted) in enumerate(zip(core.names, core.contexts.planted, strict=True)):
        for each in records:
            decibels = [f"{float(column[place]):.3f}" for column in (each.before, each.after)]
            cells = (name, planted or CLEAN, each.chooser, each.asks, said(each.used[place]), *decibels)
            lines.append((*cells, str(int(each.queries[place]))))
    return as_csv(header, lines)


def said(used: Sequence[tuple[str, float]]) -> str:
    """Return the tools of one picture on one line, strengths where they are not whole."""
    return " > ".join(name if strength == 1 else f"{name} at {strength:g}" for name, strength in used) or "stop"


def shown_of(order: Sequence[int]) -> dict[int, str]:
    """Return the places that a sheet shows of those in order, best first, and as what: each once, of few pictures fewer of each."""
    some = min(SHOWN, max(1, len(order) // 3))
    middle = len(order) // 2 - some // 2
    worst = dict.fromkeys(order[-some:], "worst")
    median = dict.fromkeys(order[middle : middle + some], "median")
    best = dict.fromkeys(order[:some], "best")
    titles = {**median, **worst, **best}
    return {place: titles[place] for place in order if place in titles}


def draw_tool_sheet(path: Path, core: ToolCore, records: Sequence[Record]) -> Path:
    """Draw the pictures that gained most, middling and least by the first record; beside them what all others but nothing made."""
    agent = records[0]
    others = [each for each in records if each.chooser != "nothing"]
    order = np.argsort(-agent.gains.numpy(), kind="stable").tolist()
    places = shown_of(order)
    references = core.contexts.references
    assert references is not None
    rows, captions, titles = [], [], []
    for place, title in places.items():
        rows.append([references[place], core.contexts.images[place], *(each.images[place] for each in others)])
        before = f"{float(agent.before[place]):.1f} dB"
        captions.append(["", before, *(f"{float(one.after[place]):.1f} dB\n{said(one.used[place])}" for one in others)])
        titles.append(f"{title}: {core.names[place]}, {core.contexts.planted[place] or CLEAN}")
    columns = ("photo", "as given", *(each.chooser for each in others))
    return comparison_sheet(path, rows, column_titles=columns, row_titles=titles, captions=captions, cell_px=200)
