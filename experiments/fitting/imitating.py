"""What `attiqa fit` makes of its fits besides: a prior, and a policy."""

from collections.abc import Sequence
from pathlib import Path

from agents.imitation.files import leave_policy, leave_prior
from agents.imitation.imitate import Imitation
from attiqa_core.judges.judge import create_metric
from attiqa_core.runs.device import pick_device
from experiments.options.imitating import Imitating
from isp_env.core import Task
from isp_env.parameters.profiles import Profile
from isp_env.stores.store import BakedStore

POLICY = "policy"


def leave_imitations(
    options: Imitating,
    folder: Path,
    raws: Sequence[Path],
    profile: Profile,
    scene: str,
    seed: int,
    named: Sequence[Path] = (),
) -> str:
    """Write what is asked for into the folder of a fit, and return a phrase that says so, empty where nothing is.

    `named`: what the raws were found by.

    Raises: InputError for a store without contexts of the raws, or another one than a finished one.
    """
    said = ""
    if options.as_prior:
        leave_prior(folder, folder)
        said = ", and a prior"
    if not options.as_policy:
        return said
    task, contexts = Task(profile=profile), raws
    if options.contexts is not None:
        store = BakedStore.open(options.contexts)
        task = Task(profile=profile, proxy_px=store.proxy_px, crops=store.crops, square=store.square)
        contexts, scene = [options.contexts], ""
    scorer = create_metric(options.scorer, pick_device("cpu"), crops=1)
    imitation = leave_policy(
        folder, contexts, folder / POLICY, scorer, task, recipe=options.recipe(), scene=scene, seed=seed,
        named=() if options.contexts else named,
    )  # fmt: skip
    return f"{said}, and a policy{judged(imitation)}"


def judged(imitation: Imitation) -> str:
    """Return how far the policy is from the fits on scenes that it never saw, beside the constant."""
    if imitation.errors is None:
        return ", which no other scene judges"
    whole = imitation.errors["delta_e"]
    return f" off the fits by Delta E 1976 {whole['policy']:.1f} on scenes that chose it (the constant: {whole['constant']:.1f})"
