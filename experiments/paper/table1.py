"""Table 1: the prompt pair that the search selects for each attribute, and where the paper's pair stands in our search."""

from collections.abc import Sequence
from pathlib import Path

from attiqa_core.teachers.prompt_sets import FORMAT
from experiments.paper.markdown import grid
from experiments.paper.stored_results import read_json_below
from experiments.paper.targets import read_targets

COMMAND = "attiqa prompts --help"


def text(runs: Sequence[Path]) -> str:
    """Return the paper's pairs, and the last stored search's beside them."""
    searches = [content for content in read_json_below(runs, "prompts.json") if content.get("format") == FORMAT]
    pairs: dict[str, dict[str, str]] = {}
    for target in read_targets("table1"):
        pairs.setdefault(target.column.condition, {})[target.column.metric] = target.value
    rows = [
        [attribute, f"{pair['positive']} / {pair['negative']}", *_ours(searches[-1] if searches else None, attribute)]
        for attribute, pair in pairs.items()
    ]
    lines = [
        "## Table 1: selected prompts",
        "",
        "Best of 2,500 pairs by the sum of both proxy tasks' SROCC; the rank is that of the paper's pair in our search.",
        "",
        *grid(["attribute", "paper", "ours", "score", "rank of the paper's pair"], rows),
    ]
    if not searches:
        lines += ["", f"Not run: no search is stored among the runs; it needs CLIP weights and SPAQ (`{COMMAND}`)."]
    return "\n".join(lines) + "\n"


def _ours(search: dict | None, attribute: str) -> list[str]:
    if search is None:
        return ["not run"] * 3
    places = search["ranking"][attribute]
    deciding = places.get("joint") or next(iter(places.values()))
    best, paper = deciding["best"], deciding["table1"]
    rank = f"{paper['rank']} of {paper['of']}" if paper and paper["rank"] else "not a candidate"
    return [" / ".join(best["prompts"]), f"{best['score']:.3f}", rank]
