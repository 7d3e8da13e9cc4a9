"""Fine-tuning a scorer on people's choices: its head is solved for, then, unless the encoder is frozen, all of it learns."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.distortions.rungs import Ladders
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.network.guarded_regressor import SpoiledViews
from attiqa_core.network.model import AttiqaNet
from attiqa_core.photos.images import Picture
from attiqa_core.tensors import Scores
from attiqa_core.training.checkpoint import is_begun
from attiqa_core.training.finetune import PAPER, finetune_end_to_end
from attiqa_core.training.frozen_features import five_crop_features, spoiled_features
from attiqa_core.training.preferences import Preferences, PreferenceTerm
from attiqa_core.training.recipe import VOTES_WEIGHT, FinetuneRecipe
from attiqa_core.training.solve_preferences import (
    HeadVotes,
    Rated,
    Solved,
    head_inputs,
    linear_head,
    solve_preferences,
)

SPOILED = 2
"""Spoiled versions of each picture whose scores the head is to keep."""
SOLVED = "votes.json"
"""What a run keeps of the head's solution: a run that goes on takes the temperature from there."""


def finetune_on_preferences(
    net: AttiqaNet,
    preferences: Preferences,
    scenes: Sequence[str],
    pictures: Sequence[Picture],
    mos: Scores,
    recipe: FinetuneRecipe = PAPER,
    *,
    weight: float = VOTES_WEIGHT,
    temperature: float | None = None,
    keep: float | None = None,
    ladders: Ladders | None = None,
    seed: int = 0,
    run: Path | None = None,
    quiet: bool = False,
) -> Solved:
    """Train a stored scorer's network in place on votes and MOS, and return what its head was solved with.

    `pictures` and their `mos` in [0, 1] are people's, or those voted on and the scorer's own before: what it is not to leave.
    `scenes` names each vote's scene. The head is solved for on the encoder as it is; where it learns, it begins there
    (Kumar et al. 2022: so features are distorted less). Weight, temperature and keep are those of `solve_preferences` and
    `PreferenceTerm`; seed and run those of `attiqa_core.training.loop.train`.
    """
    linear_head(net)
    goes_on = is_begun(run) and run is not None and (run / SOLVED).is_file()
    solved = Solved(**read_json(run / SOLVED)) if goes_on and run is not None else None
    if solved is None or (recipe.blend < 1 and not net.encoder_is_frozen):
        solved = _solve_head(net, preferences, scenes, (pictures, mos), recipe, weight, temperature, keep, seed)
        if run is not None:
            write_json(run / SOLVED, asdict(solved), seal=True)
    if not net.encoder_is_frozen:
        term = PreferenceTerm(preferences, solved.temperature, weight, max(1, recipe.batch // 2))
        finetune_end_to_end(
            net,
            pictures,
            mos,
            recipe,
            ladders=ladders,
            preferences=term,
            seed=seed,
            run=run,
            quiet=quiet,
        )
    return solved


def _solve_head(
    net: AttiqaNet,
    preferences: Preferences,
    scenes: Sequence[str],
    rated: tuple[Sequence[Picture], Scores],
    recipe: FinetuneRecipe,
    weight: float,
    temperature: float | None,
    keep: float | None,
    seed: int,
) -> Solved:
    """The head, held back by scores of pictures, and by its own of spoiled versions of them: voters do not see any, and a
    scorer that forgot them would be a bad reward."""
    inputs = head_inputs(net, five_crop_features(net, preferences.pictures, recipe.crop))
    pictures, mos = rated
    seen = inputs
    if pictures is not preferences.pictures:
        seen = head_inputs(net, five_crop_features(net, pictures, recipe.crop))
    known = kept_scores(net, seen, mos, spoiled_features(net, pictures, recipe.crop, SPOILED, seed), weight)
    votes = HeadVotes(inputs, preferences.pairs, preferences.wanted.double(), scenes)
    return solve_preferences(linear_head(net), votes, rated=known, temperature=temperature, keep=keep)


@torch.no_grad()
def kept_scores(
    net: AttiqaNet, seen: Float[Tensor, "batch inputs"], mos: Scores, spoiled: SpoiledViews, weight: float
) -> Rated:
    """Return what a head is to keep: the MOS of pictures, as it sees them, and the network's own scores of their spoiled versions.

    Each counts as one of the MOS would by itself, at 1 / `weight` of what votes do.
    """
    views = spoiled.flatten(0, 1)
    own = net.eval().mos(views.to(net.device)).cpu()
    rows = torch.cat([seen, head_inputs(net, views[:, None])])
    return Rated(rows, torch.cat([mos, own]).double(), len(rows) / len(seen) / weight)
