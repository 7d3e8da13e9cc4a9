"""What can go wrong because of a user's input, machine or command line: each class is one exit code."""

from collections.abc import Sequence


class InputError(ValueError):
    """A file or its content cannot be used (exit code 3). The message names the file and the cure."""


class UsageError(ValueError):
    """Options contradict each other or the configuration is not valid (exit code 2)."""


class ResourceError(RuntimeError):
    """The machine ran out of disk or memory (exit code 5)."""


def first_of(names: Sequence[str], shown: int = 3) -> str:
    """Return the first names as a sentence has them, and how many are left: "a, b, c and 2 more"."""
    return ", ".join(names[:shown]) + (f" and {len(names) - shown:,} more" if len(names) > shown else "")


def one_line(text: str) -> str:
    """Return a message with the control characters that a file's name may hold written out, as \\n."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
