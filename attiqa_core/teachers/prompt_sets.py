"""The antonym prompts that a teacher is asked by: the paper's pairs, a single pair, or a set that `attiqa prompts` chose."""

from pathlib import Path
from typing import Any

from attiqa_core.attributes import ATTRIBUTES, TABLE_1_PROMPTS, PromptPair
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json

FORMAT = "attiqa-prompts/1"
SINGLE_PROMPT = {"quality": PromptPair("Good image", "Bad image")}
"""Source: ATTIQA, section 4.6: one pair for overall quality instead of five for attributes."""


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
