"""Names that raters gave themselves, as told apart by people: what cannot be seen makes no other rater. Pure."""

import unicodedata

UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Blank letters that are not of Unicode's category of formats: joiners, fillers, an empty Braille cell."""


def name_as_counted(text: str) -> str:
    """Return a name as it counts: compatible forms as one (NFKC), invisible characters gone, spaces as one, in lower case.

    Names that differ by more than that are other names: a Cyrillic letter that looks like a Latin one is not seen through.
    Empty where nothing can be seen. Source: Unicode Standard Annex 15 (NFKC), Technical Standard 39 on what is ignorable.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(each for each in folded if not _is_unseen(each)).split())


def _is_unseen(character: str) -> bool:
    is_selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    is_mark = unicodedata.category(character) in ("Cf", "Cc", "Co", "Cn") and not character.isspace()
    return is_mark or is_selector or character in UNSEEN
