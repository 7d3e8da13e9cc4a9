"""Placeholders such as {raw} in the words of a command line and in the text of a sidecar."""

import re
from collections.abc import Iterable, Mapping

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
OF_A_RUN = {
    "raw": "the raw's path",
    "out": "where the picture has to be written",
    "sidecar": "the filled sidecar's path",
    "folder": "an empty folder that is gone afterwards",
    "here": "the folder of the description",
    "python": "the Python that runs attiqa",
}
"""What every run has besides its parameters, and what stands there."""


def placeholders_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the placeholders in some texts, in order, each once."""
    return tuple(dict.fromkeys(name for text in texts for name in PLACEHOLDER.findall(text)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with each placeholder's value in its place; braces around anything else stay. What is filled in is not read again."""
    return PLACEHOLDER.sub(lambda found: values[found[1]], text)
