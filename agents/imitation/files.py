"""From the files of a fit, and raws or a store, to the files of an imitation: prior.json, or a bundle with imitation.json."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.bundles.files import save_policy
from agents.imitation.imitate import Imitation, as_policy
from agents.imitation.prior import write_prior
from agents.imitation.recipe import ImitationRecipe
from agents.imitation.targets import Examples, examples_of
from agents.sides import SPLIT_SEED, Sides, describe_data
from attiqa_core.errors import InputError
from attiqa_core.files.whole import sha256, write_json
from attiqa_core.judges.judge import Judge
from isp_env.core import Task
from isp_env.fitting.files import FITS, Fits, read_fits
from isp_env.reward_weights import RewardWeights
from isp_env.stores.open_contexts import Contexts, open_contexts
from isp_env.stores.store import is_begun

PRIOR = "prior.json"
IMITATION = "imitation.json"


def leave_prior(fits: Path, out: Path) -> Path:
    """Write prior.json into the folder `out` from the fits of a file or folder, and return its path. Raises: InputError as `read_fits`."""
    return write_prior(out / PRIOR, read_fits(fits), source_of(fits))


def leave_policy(
    fits: Path,
    raws: Sequence[Path],
    out: Path,
    scorer: Judge,
    task: Task,
    *,
    recipe: ImitationRecipe = ImitationRecipe(),  # noqa: B008  frozen
    weights: RewardWeights = RewardWeights(),  # noqa: B008  frozen
    share: float = 0.2,
    scene: str = "",
    seed: int = 0,
    named: Sequence[Path] = (),
) -> Imitation:
    """Write the bundle of a policy that imitates fits into `out`, with imitation.json beside it, and return it.

    `raws`: those that were fitted, or one store of `attiqa bake` made of them, which has scenes and a split of its own; of raws
    a `share` of the scenes, which `scene` tells apart, is to judge by. The task's profile is the fits' own. `named`: what a user
    named to find these raws, a folder or an address of FiveK, for the bundle to say; else it is taken from their paths.
    Raises: InputError for what cannot be read, or contexts without a fit; UsageError as `as_policy`.
    """
    known = read_fits(fits)
    if known.profile != task.profile:
        raise InputError(
            f"{fits}: was fitted in profile {known.profile.name}, not {task.profile.name}; imitate in that one"
        )
    contexts = _opened(raws, task, share, scene)
    training, validation = (contexts.of(side) for side in ("training", "validation"))
    judging = examples_of(known, validation, task.profile) if len(validation) else None
    imitation = as_policy(
        examples_of(known, training, task.profile), judging, scorer, task, recipe=recipe, weights=weights, seed=seed,
        source=source_of(fits), recorded={"data": _data(named or raws, training, validation, contexts.failures)},
    )  # fmt: skip
    save_policy(out, imitation.policy)
    write_json(out / IMITATION, described(imitation, known, training, judging))
    return imitation


def described(imitation: Imitation, fits: Fits, training: Contexts, validation: Examples | None) -> dict[str, Any]:
    """Return the content of imitation.json: errors beside the constant's, and the rows of all epochs."""
    scenes = {
        "training": len(set(training.scenes)),
        "validation": 0 if validation is None else len(set(validation.scenes)),
    }
    return {
        "fits": len(fits.items),
        "scenes": scenes,
        "targets": imitation.policy.training["targets"],
        "errors": imitation.errors,
        "epochs": imitation.rows,
    }


def source_of(fits: Path) -> Mapping[str, str]:
    """Return name and hash of a file of fits, for what is made of them."""
    path = fits / FITS if fits.is_dir() else fits
    return {"fits": f"{path.resolve().parent.name}/{path.name}", "sha256": sha256(path)}


def _opened(raws: Sequence[Path], task: Task, share: float, scene: str) -> Contexts:
    shares = {"validation": share} if share and not is_begun(raws[0]) else {}
    return open_contexts(
        raws, task.proxy_px, task.crops, square=task.square, scene_pattern=scene, shares=shares, seed=SPLIT_SEED
    )


def _data(raws: Sequence[Path], training: Contexts, validation: Contexts, failures: tuple[str, ...]) -> dict[str, Any]:
    scenes = (len(set(side.scenes)) for side in (training, validation))
    return describe_data(raws, (), Sides(training.proxies, validation.proxies, failures, *scenes))
