"""The command as a process of its own, which finds the same packages as this one, whatever folder it is started in."""

import os
import sys


def command(*words: object) -> list[str]:
    """Return the words that start `attiqa WORDS`. -P: with -m alone the current folder would come before ours."""
    return [sys.executable, "-P", "-m", "attiqa_isp", *map(str, words)]


def environment() -> dict[str, str]:
    """Return this process's environment, with the places where it finds packages, for `command`."""
    places = os.pathsep.join([path or os.getcwd() for path in sys.path])  # noqa: PTH109
    return {**os.environ, "PYTHONPATH": places}
