"""The scorer that a policy was trained against: given, inside the bundle, or by its name; with that hash or not at all."""

from pathlib import Path

import torch

from agents.bundles.names import SCORER
from agents.policy import Policy
from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges.judge import Judge, create_metric
from attiqa_core.sharing.references import is_repository, split_revision
from attiqa_core.sharing.shipped import DESCRIPTION, HELD_OUT, shipped_names


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
            f"but {scorer.name} is {scorer.sha256[:12]}; give the right one with --scorer, or train again"
        )
    return scorer


def where_to_get(policy: Policy) -> str:
    """Return a sentence about where the scorer of a policy is to be had, for whoever has the bundle alone."""
    name, digest = policy.scorer["name"], policy.scorer["sha256"][:12]
    if name in (*shipped_names(), *HELD_OUT):
        return f"its scorer {name} {digest} comes with attiqa-isp"
    if is_repository(split_revision(name)[0]) and "@" in name:
        return f"its scorer is {name} on the Hugging Face hub; fetch it once online, or give a copy with --scorer"
    return (
        f"its scorer {Path(name).name} {digest} is not in the bundle; give its folder with --scorer, the one whose "
        f"{DESCRIPTION} says that hash: it was {name} where the policy was trained, and "
        "`attiqa export RUN --with-scorer` there puts it into the bundle"
    )
