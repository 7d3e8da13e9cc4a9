"""Antonym prompts: the candidate adjectives that a search chooses from, and the sets of pairs that it chose."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attiqa_core.attributes import ATTRIBUTES, TABLE_1_PROMPTS, PromptPair
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files import read_json

TEMPLATE = "{adjective} image"
ADJECTIVES_PER_SIDE = 50
SHIPPED_ADJECTIVES = Path(__file__).with_name("adjectives.toml")
FORMAT = "attiqa-prompts/1"
SINGLE_PROMPT = {"quality": PromptPair("Good image", "Bad image")}
"""Source: ATTIQA, section 4.6: one pair for overall quality instead of five for attributes."""


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
    try:
        tables = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, IsADirectoryError) as error:
        raise InputError(f"{path}: cannot be read as TOML ({error})") from error
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


def read_prompts(source: str, which: str = "joint") -> dict[str, PromptPair]:
    """Return the prompt pair of each attribute, in the order of `ATTRIBUTES`.

    `source` is "table1" (the paper's winners), "single" (one pair for an attribute called quality), or a run folder of
    `attiqa prompts` or its prompts.json, of which `which` names the set.
    Raises: UsageError for a set that does not exist, InputError for a file that is missing or is not whole.
    """
    if source in ("table1", "single"):
        if which != "joint":
            raise UsageError(f"prompts {source!r}: has no set {which!r}; name a run of `attiqa prompts` for it")
        return dict(TABLE_1_PROMPTS if source == "table1" else SINGLE_PROMPT)
    path = Path(source)
    if not path.exists():
        raise InputError(f"{path}: no such file; name table1, single or a run folder of `attiqa prompts`")
    path = path / "prompts.json" if path.is_dir() else path
    content = read_json(path)
    sets = content.get("sets") if isinstance(content, dict) and content.get("format") == FORMAT else None
    if not isinstance(sets, dict):
        raise InputError(f"{path}: is not of the format {FORMAT}; write it with `attiqa prompts`")
    if which not in sets:
        raise UsageError(f"{path}: has no set {which!r}, only {', '.join(sets)}; run `attiqa prompts` with both tasks")
    return {attribute: _pair(path, which, attribute, sets[which]) for attribute in ATTRIBUTES}


def _pair(path: Path, which: str, attribute: str, pairs: Any) -> PromptPair:
    pair = pairs.get(attribute) if isinstance(pairs, dict) else None
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(text, str) and text for text in pair):
        given = "no pair" if pair is None else repr(pair)
        raise InputError(f"{path}: the set {which!r} has {given} for {attribute}; it needs [positive, negative]")
    return PromptPair(*pair)
