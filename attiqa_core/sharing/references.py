"""How something on the Hugging Face hub is named, readable without its client: "organisation/name@commit"."""

import re

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
COMMIT = re.compile(r"[0-9a-f]{40}")

JOINT = "+"
"""Between the judges of a reference that names several."""


def is_repository(name: str) -> bool:
    """Return whether `name` reads like "organisation/name"."""
    return REPOSITORY.fullmatch(name) is not None


def split_revision(name: str) -> tuple[str, str | None]:
    """Return "org/name@commit" as ("org/name", "commit"); without an @ the second is None."""
    repository, _, revision = name.partition("@")
    return repository, revision or None


def names_revision(name: str) -> bool:
    """Return whether `name` reads like "organisation/name@something", which no file or folder is called by accident."""
    repository, revision = split_revision(name)
    return revision is not None and is_repository(repository)
