"""The scorer that a policy was trained against: given, inside the bundle, or by its name; with that hash or not at all."""

from pathlib import Path
from typing import Any

import torch

from agents.bundles.names import SCORER
from agents.policy import Policy
from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges.joined import parts_of
from attiqa_core.judges.judge import Judge, create_metric, parts_of_reference
from attiqa_core.sharing.references import is_repository, split_revision
from attiqa_core.sharing.shipped import DESCRIPTION, HELD_OUT, shipped_names


def recorded_scorer(scorer: Judge) -> dict[str, Any]:
    """Return what a bundle says of its scorer: `name` and `sha256`, and those of its `parts` if it is several joined."""
    name, *parts = ({"name": each.reference, "sha256": each.sha256} for each in (scorer, *parts_of(scorer)))
    return {**name, "parts": parts} if len(parts) > 1 else name


def open_scorer(
    policy: Policy, folder: Path, given: str | Path | None = None, device: str | torch.device = "cpu"
) -> Judge:
    """Return the scorer of the bundle in `folder`: the `given` one, else the bundle's own copy, else that of its name.

    Raises: InputError if there is none here, in a sentence that says where to get it, or its hash is another.
    """
    inside = folder / SCORER
    reference = given or (inside if (inside / DESCRIPTION).is_file() else policy.scorer["name"])
    try:
        scorer = create_metric(reference, device)
    except (InputError, UsageError) as error:
        if given is not None:
            raise
        raise InputError(f"{folder}: {where_to_get(policy)} ({error})") from error
    if scorer.sha256 != policy.scorer["sha256"]:
        raise InputError(
            f"{folder}: trained against scorer {policy.scorer['name']} {policy.scorer['sha256'][:12]}, "
            f"but {scorer.name} is {scorer.sha256[:12]}{_changed(policy, scorer)}; give the right one with --scorer, or train again"
        )
    return scorer


def _changed(policy: Policy, scorer: Judge) -> str:
    """Which of the parts that a scorer is joined of are others; nothing where there are none, or more or fewer."""
    recorded, found = policy.scorer.get("parts", ()), parts_of(scorer)
    if len(recorded) != len(found):
        return ""
    others = [
        f"{each.reference} is {each.sha256[:12]} and was {was['sha256'][:12]}"
        for was, each in zip(recorded, found, strict=True)
        if was["sha256"] != each.sha256
    ]
    return f" ({', '.join(others)})"


def where_to_get(policy: Policy) -> str:
    """Return a sentence about where the scorer of a policy is to be had, for whoever has the bundle alone."""
    name, digest = policy.scorer["name"], policy.scorer["sha256"][:12]
    if name in (*shipped_names(), *HELD_OUT):
        return f"its scorer {name} {digest} comes with attiqa-isp"
    if is_repository(split_revision(name)[0]) and "@" in name:
        return f"its scorer is {name} on the Hugging Face hub; fetch it once online, or give a copy with --scorer"
    parts = [each["name"] for each in policy.scorer.get("parts", ())] or parts_of_reference(name)
    if len(parts) > 1:
        return (
            f"its scorer {digest} is {len(parts)} judges joined, of which one at least is not here; name all of them with "
            f"--scorer, in this order and a + between two: they were {', '.join(parts)} where the policy was trained"
        )
    return (
        f"its scorer {Path(name).name} {digest} is not in the bundle; give its folder with --scorer, the one whose "
        f"{DESCRIPTION} says that hash: it was {name} where the policy was trained, and "
        "`attiqa export RUN --with-scorer` there puts it into the bundle"
    )
