"""What can not be measured, and why: an optional package that is missing, or votes from which it is not defined."""

from importlib import import_module
from typing import Any

INSTALL = "pip install 'attiqa-isp[study]'"


class NotMeasured(Exception):
    """A number that these votes or this installation do not give; its text is the reason."""


def needed(module: str) -> Any:
    """Return the module of the extra `study`. Raises: NotMeasured with the line that installs it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise NotMeasured(INSTALL) from error
