"""The parts of a model card: Hugging Face's head, tables, words and numbers as Markdown takes them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any


def front_matter(licence: str, pipeline: str, tags: Iterable[str], further: Iterable[str] = ()) -> str:
    """Return the YAML head of a card; `further` are lines of its own, such as metrics and the model index."""
    lines = [
        f"license: {licence}",
        "library_name: attiqa-isp",
        f"pipeline_tag: {pipeline}",
        f"tags: [{', '.join(tags)}]",
    ]
    return "\n".join(["---", *lines, *further, "---"])


def model_index(name: str, results: Iterable[str]) -> list[str]:
    """Return the lines of a model index about these results, none without any."""
    lines = list(results)
    return ["model-index:", f"- name: {json.dumps(name)}", "  results:", *lines] if lines else []


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a table of Markdown."""
    names = list(head)
    lines = [names, ["---"] * len(names), *([plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def facts(rows: Mapping[str, Any]) -> str:
    """Return a table of two columns, what and value."""
    return table(("what", "value"), rows.items())


def plain(value: Any) -> str:
    """Return what stands in a cell of a table; lists are written out."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return " ".join(str(value).replace("|", "\\|").split())
