"""Write the tables of the docs that the code already holds: `python docs/generate.py` after a row is added.

A table stands between `<!-- generated: NAME -->` and `<!-- end -->`; tests/test_docs.py compares each with what this file gives.
"""

import dataclasses
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))  # the tree that these docs are of, whatever is installed
PLACE = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def parameters() -> str:
    """Return the table of the ISP's controls: a column for each field of a row of `PARAMETERS`."""
    from isp_env.params import PARAMETERS

    titles = [field.name.replace("_", " ") for field in dataclasses.fields(PARAMETERS[0])]
    return _table(titles, [_parameter(row) for row in PARAMETERS])


def further_parameters() -> str:
    """Return the table of what only some profiles set; the segments of one curve, which differ in their place alone, as one row."""
    from isp_env.parameters.table import CURVE, EXPOSURE8, LENS

    titles = [field.name.replace("_", " ") for field in dataclasses.fields(CURVE[0])]
    rows = []
    for first in (each for each in (*LENS, *CURVE, *EXPOSURE8) if not re.search(r"_[2-9]$", each.name)):
        row, is_curve = _parameter(first), first.name.endswith("_1")
        row[0] += f" to `{first.name[:-1]}8`" if is_curve else ""
        row[-2] = f"{row[-2]}, and so on" if is_curve else row[-2]
        rows.append(row)
    return _table(titles, rows)


def profiles() -> str:
    """Return the table of the profiles that ship."""
    from isp_env.parameters.profiles import PROFILES

    rows = [[_code(name), str(len(each.controls)), f"{_code(each.names[0])} to {_code(each.names[-1])}"]
            for name, each in PROFILES.items()]  # fmt: skip
    return _table(["profile", "entries of an action", "parameters"], rows)


def commands() -> str:
    """Return the table of the commands and what each is for."""
    from experiments.cli import VERBS

    return _table(["command", "what it does"], [[_code(f"attiqa {verb}"), text] for verb, text in VERBS.items()])


def verbs() -> str:
    """Return the table of what there is to do, and the commands for each."""
    from experiments.cli import GROUPS

    rows = [[what, ", ".join(map(_code, group))] for what, group in GROUPS.items()]
    return _table(["to", "`attiqa` ..."], rows)


def judges() -> str:
    """Return the table of the kinds of judges and how each is referred to."""
    from attiqa_core.judges import JUDGES

    return _table(["judge", "reference"], [[kind.about, kind.reference] for kind in JUDGES.values()])


def baselines() -> str:
    """Return the table of published methods and the names that pyiqa has for them."""
    from attiqa_core.judges import PUBLISHED_BASELINES

    names = [", ".join(_code(f"pyiqa:{name}") for name in each.pyiqa) or "none" for each in PUBLISHED_BASELINES]
    rows = [[each.method, name, each.note] for each, name in zip(PUBLISHED_BASELINES, names, strict=True)]
    return _table(["method", "judge", "note"], rows)


def data_sets() -> str:
    """Return the table of the known data sets: what is looked for, the scale of the scores, the official split."""
    from attiqa_core.datasets import DATASETS

    rows = [
        [_code(name), each.title, _code(each.tables[0]), _code(each.images), str(each.count),
         f"{each.mos_range.low:g} to {each.mos_range.high:g}",
         ", ".join(f"{part} {count}" for part, count in each.parts.items()) or "none"]
        for name, each in DATASETS.items()
    ]  # fmt: skip
    return _table(["name", "data set", "score file", "images in", "images", "MOS", "official split"], rows)


def spoiled() -> str:
    """Return the table of what the gate shows a scorer."""
    from attiqa_core.judges.trials import TRIALS

    rows = [[name, each.about, each.origin, f"{each.limit:.0%}"] for name, each in TRIALS.items()]
    return _table(["trial", "what it is", "in training", "may reach the photo's score"], rows)


def tools() -> str:
    """Return the table of the tools: each kind, and the names of its tools."""
    from isp_env.tools.catalogue import find_tools

    names: dict[str, list[str]] = {}
    for tool in find_tools(["all"]):
        names.setdefault(tool.kind, []).append(_code(tool.name))
    return _table(["kind", "tools"], [[kind, ", ".join(of_kind)] for kind, of_kind in names.items()])


TABLES: dict[str, Callable[[], str]] = {
    "parameters": parameters,
    "further-parameters": further_parameters,
    "profiles": profiles,
    "commands": commands,
    "verbs": verbs,
    "judges": judges,
    "baselines": baselines,
    "data-sets": data_sets,
    "spoiled": spoiled,
    "tools": tools,
}


def filled(text: str) -> str:
    """Return a page with every generated table as the code has it now."""
    return PLACE.sub(lambda found: f"{found[1]}{TABLES[found['name']]()}\n{found[3]}", text)


def pages() -> list[Path]:
    """Return the pages that may hold generated tables."""
    return [DOCS.parent / "README.md", *sorted(DOCS.glob("*.md"))]


def _parameter(row: Any) -> list[str]:
    """Return the cells of a parameter: every field in order, with the limits of its stage for `allowed`."""
    low, high = row.limits
    return [_code(row.name), *map(_cell, dataclasses.astuple(row)[1:-1]), f"{low:g} to {high:g}"]


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(text: str) -> str:
    return f"`{text}`"


def _cell(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


if __name__ == "__main__":
    for page in pages():
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
