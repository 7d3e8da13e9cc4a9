"""The candidate adjectives that a search for antonym prompts chooses from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import InputError
from attiqa_core.files.described import read_toml

TEMPLATE = "{adjective} image"
ADJECTIVES_PER_SIDE = 50
SHIPPED_ADJECTIVES = Path(__file__).with_name("adjectives.toml")


@dataclass(frozen=True)
class Adjectives:
    """The candidates of one attribute: words for much of it (noisiness: for clean) and for little."""

    positive: tuple[str, ...]
    negative: tuple[str, ...]


def prompt(adjective: str) -> str:
    """Return the text that CLIP reads. Source: ATTIQA, section 3.3."""
    return TEMPLATE.format(adjective=adjective)


def read_adjectives(path: Path = SHIPPED_ADJECTIVES) -> dict[str, Adjectives]:
    """Return the candidates of each attribute from a TOML file: a table each, with the lists `positive` and `negative`.

    Raises: InputError if a list is missing, does not hold 50 words, or if a word comes twice within an attribute.
    """
    tables = read_toml(Path(path))
    if extra := [name for name in tables if name not in ATTRIBUTES]:
        raise InputError(f"{path}: [{extra[0]}] is not one of {', '.join(ATTRIBUTES)}; rename or remove it")
    return {attribute: _adjectives(path, attribute, tables.get(attribute)) for attribute in ATTRIBUTES}


def _adjectives(path: Path, attribute: str, table: Any) -> Adjectives:
    sides = []
    for side in ("positive", "negative"):
        words = table.get(side) if isinstance(table, dict) else None
        if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
            raise InputError(f"{path}: [{attribute}] needs `{side} = [...]`, a list of adjectives")
        sides.append(tuple(word.strip() for word in words))
    positive, negative = sides
    if not len(positive) == len(negative) == ADJECTIVES_PER_SIDE:
        raise InputError(
            f"{path}: [{attribute}] has {len(positive)} positive and {len(negative)} negative adjectives; "
            f"give {ADJECTIVES_PER_SIDE} of each"
        )
    seen: set[str] = set()
    for word in (each.casefold() for each in positive + negative):  # CLIP lower-cases
        if word in seen:
            raise InputError(f"{path}: [{attribute}] has {word!r} twice; keep each adjective once, on one side")
        seen.add(word)
    return Adjectives(positive, negative)
