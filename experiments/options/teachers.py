"""Which teachers the commands offer, and which options are about which of them: all read from TEACHERS."""

from collections.abc import Sequence
from typing import Any

from attiqa_core.errors import UsageError
from attiqa_core.teachers import TEACHERS
from experiments.options.refuse_unused import refuse_unused

LABELLING = tuple(name for name, row in TEACHERS.items() if row.labels_photos)
TEACHING = tuple(name for name, row in reversed(TEACHERS.items()) if row.teaches_crops)
"""Of `attiqa pretrain`: the later rows first, as its help has always listed them."""

ABOUT_LABELLING = "; ".join([TEACHERS[name].about for name in LABELLING[:-1]] + [f"or {TEACHERS[LABELLING[-1]].about}"])


def options_of(name: str, labelling: bool) -> tuple[str, ...]:
    """Return the names of a teacher's options, in `attiqa label` or elsewhere."""
    row = TEACHERS[name]
    return (*row.options, *row.labelling_options) if labelling else row.options


def refuse_foreign_options(config: Any, taking_part: Sequence[str], why: str, labelling: bool = False) -> None:
    """Refuse options of teachers that take no part; `why` says so with their {name}.

    Raises: UsageError for the first one, or for an option without a default that a teacher needs.
    """
    used = {option for name in taking_part for option in options_of(name, labelling)}
    for name in TEACHERS:
        unused = [option for option in options_of(name, labelling) if option not in used]
        refuse_unused(config, unused, why.format(name=name))
    for name in taking_part:
        for option in options_of(name, labelling):
            if getattr(config, option) is None:
                raise UsageError(f"the {name} teacher needs --{option.replace('_', '-')}; give it too")


def made(name: str, config: Any, device: Any, labelling: bool = False) -> Any:
    """Return the teacher that the options describe. Errors as its maker's."""
    row = TEACHERS[name]
    options = {option: getattr(config, option) for option in options_of(name, labelling)}
    return row.make(**options, **({"device": device} if row.on_device else {}))
