"""CLIP-IQA+: the context of a pair of prompts learns from human scores, by CoOp; CLIP itself stays as it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from attiqa_core.attributes import PromptPair
from attiqa_core.evaluation.metrics import plcc, srocc
from attiqa_core.judges.clip_iqa import FrozenClip
from attiqa_core.judges.clip_iqa_plus import ContextPrompts, Views, predict
from attiqa_core.tensors import Scores
from attiqa_core.training.loop import batches, train
from attiqa_core.training.recipe import ClipIqaRecipe


@dataclass(frozen=True)
class Rated:
    """Embedded views of rated images and their MOS in [0, 1]."""

    views: Views
    mos: Scores


def new_prompts(clip: FrozenClip, pair: PromptPair, recipe: ClipIqaRecipe, seed: int = 0) -> ContextPrompts:
    """Return prompts with the recipe's context, drawn by the seed and not trained yet; errors as `ContextPrompts`."""
    generator = torch.Generator().manual_seed(seed)
    return ContextPrompts(clip, pair, tokens=recipe.tokens, shared=recipe.shared, generator=generator)


def train_prompts(
    prompts: ContextPrompts,
    rated: Rated,
    recipe: ClipIqaRecipe,
    *,
    held_out: Rated | None = None,
    seed: int = 0,
    run: Path | None = None,
    quiet: bool = False,
) -> None:
    """Fit the context in place to the MOS by mean squared error; each epoch draws one view of each image.

    CLIP is frozen, so that images are embedded once, before.
    """
    count = len(rated.mos)

    def losses(generator: torch.Generator) -> Iterator[Tensor]:
        for chosen in batches(torch.randperm(count, generator=generator), recipe.batch):
            view = torch.randint(rated.views.shape[1], (len(chosen),), generator=generator)
            yield functional.mse_loss(predict(prompts(), rated.views[chosen, view]), rated.mos[chosen].to(rated.views))

    train(
        prompts,
        torch.optim.AdamW(prompts.parameters(), lr=recipe.lr),
        losses,
        epochs=recipe.epochs,
        steps_per_epoch=len(batches(torch.arange(count), recipe.batch)),
        seed=seed,
        run=run,
        after_epoch=lambda: {"held_out": agreement(prompts, held_out)} if held_out else {},
        label="clip-iqa",
        quiet=quiet,
    )


@torch.no_grad()
def agreement(prompts: ContextPrompts, rated: Rated) -> dict[str, float | None]:
    """Return SROCC and PLCC with the MOS, of scores averaged over views."""
    scores = predict(prompts(), rated.views).mean(1).cpu()
    return {"srocc": srocc(scores, rated.mos), "plcc": plcc(scores, rated.mos)}
