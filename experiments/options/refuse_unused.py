"""Options that have no effect in some combination are refused there, so that nobody believes they had one."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from attiqa_core.errors import UsageError


def refuse_unused(options: Any, names: Sequence[str], why: str) -> None:
    """Raises: UsageError naming the first of these options that was changed from its default; `why` says when it counts."""
    for option in fields(options):
        given = getattr(options, option.name)
        if option.name in names and given != option.default:
            raise UsageError(f"--{'no-' * (given is False)}{option.name.replace('_', '-')}: {why}; leave it out")
