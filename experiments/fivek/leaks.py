"""Photos that a policy was trained on or chosen by, by the addresses that its bundle records: figures of those are no test."""

from collections.abc import Mapping, Sequence
from typing import Any

from attiqa_core.errors import InputError, UsageError
from isp_env.fivek.address import SCHEME, raws_at
from isp_env.fivek.folder import FiveKFolder

RECORDED = SCHEME.removesuffix(":")


def seen_in_training(training: Mapping[str, Any], folder: FiveKFolder, numbers: Sequence[int]) -> dict[str, int]:
    """Return how many of these photos a policy saw, by the address it was trained on or chosen by, "fivek@upe/train"; none are left out.

    `training` is what the bundle says of it. Of raws that no address of FiveK named nothing is known.
    """
    data = training.get("data", {})
    named = {each for side in ("raws", "validate") for each in data.get(side, ()) if str(each).startswith(RECORDED)}
    seen = {each: len(set(numbers) & _meant(each, folder)) for each in sorted(named)}
    return {each: count for each, count in seen.items() if count}


def _meant(name: str, folder: FiveKFolder) -> set[int]:
    """The photos of an address, of those that are in this folder; none for a folder of raws that is only called so."""
    rest = name.removeprefix(RECORDED)
    if rest and rest[0] not in "@?":
        return set()
    try:
        return set(raws_at(f"{SCHEME}{folder.path}{rest}"))
    except (InputError, UsageError):
        return set()
