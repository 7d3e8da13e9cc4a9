"""The page's texts by language: TOML files, those that ship and a user's own, checked against the English one."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.files.described import read_toml

FOLDER = Path(__file__).parent
SHIPPED = ("en", "de", "fr")
Texts = Mapping[str, str]
"""From "table.key" to the text; `{name}` stands for a value, what is between backticks is a key of the keyboard."""


def languages_of(entries: Sequence[str]) -> dict[str, Texts]:
    """Return the texts of each language that a protocol offers, by its name; the first is the default.

    An entry is a name that ships or the path of a TOML file, whose name without `.toml` is then the language's.
    Raises: InputError naming the file, and the text that it lacks, does not need, or fills with other values.
    """
    if not entries:
        raise InputError(f"languages: name at least one of {', '.join(SHIPPED)}, or a TOML file of your own")
    return {language_name(entry): read_language(entry) for entry in entries}


def language_name(entry: str) -> str:
    """Return a language's name, as the page and the votes say it. Raises: InputError if it cannot be a tag of a language."""
    name = Path(entry).name.removesuffix(".toml")
    if not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", name):
        raise InputError(f"{entry}: call a language file by its language's tag, such as nl.toml or pt-BR.toml")
    return name


def read_language(entry: str) -> Texts:
    """Return one language's texts. Raises: InputError."""
    path = FOLDER / f"{entry}.toml" if entry in SHIPPED else Path(entry)
    if entry not in SHIPPED and path.suffix != ".toml":
        raise InputError(f"{entry}: is no language that ships ({', '.join(SHIPPED)}); give a TOML file of your own")
    texts, wanted = _flat(path), _flat(FOLDER / "en.toml")
    if missing := [key for key in wanted if key not in texts]:
        raise InputError(f"{path}: lacks {missing[0]}; {FOLDER / 'en.toml'} has every text")
    if strange := [key for key in texts if key not in wanted]:
        raise InputError(f"{path}: {strange[0]}: the page has no such text; {FOLDER / 'en.toml'} has every text")
    for key, text in texts.items():
        if _values(text) != _values(wanted[key]):
            named = ", ".join(sorted(_values(wanted[key]))) or "no values"
            raise InputError(f"{path}: {key}: its text has to hold {named} in braces, as the English one does")
    return texts


def _flat(path: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    for table, rows in read_toml(path).items():
        for key, text in (rows if isinstance(rows, dict) else {"": rows}).items():
            if not isinstance(text, str) or not text.strip():
                raise InputError(
                    f"{path}: {table}.{key}: is not a text; write it in quotes, in a table such as [trial]"
                )
            texts[f"{table}.{key}"] = re.sub(r"[ \t\r\n]+", " ", text).strip()  # spaces that do not break stay
    return texts


def _values(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))
