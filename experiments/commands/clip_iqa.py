"""Train CLIP-IQA+: learned prompts for a frozen CLIP, from images with human scores."""

import torch

from attiqa_core.attributes import PromptPair
from attiqa_core.datasets.rated import RatedImages
from attiqa_core.errors import InputError
from attiqa_core.judges.clip_iqa import frozen_clip
from attiqa_core.judges.clip_iqa_plus import embed_views, save_prompts
from attiqa_core.network.clip_weights import QUICK_GELU
from attiqa_core.photos.images import read_picture
from attiqa_core.runs.device import pick_device
from attiqa_core.runs.progress import progress
from attiqa_core.training.clip_iqa_plus import Rated, agreement, new_prompts, train_prompts
from attiqa_core.training.recipe import ClipIqaRecipe
from experiments.options.clip_iqa import Config
from experiments.options.outcome import Outcome, count
from experiments.options.recipe import recipe_of
from experiments.options.resume import begin_or_resume, inputs_of_rated


def run(config: Config) -> Outcome:
    """Train as configured; the run folder receives `clip_iqa.safetensors` and `clip_iqa.json`."""
    config.check()
    device = pick_device(config.device)
    rated = config.data.read(config.scores)
    learn, test = _split(config, rated)
    clip = frozen_clip(
        config.clip_model,
        config.clip_weights,
        config.view,
        QUICK_GELU[config.clip_activation],
        device,
    )
    recipe = recipe_of(ClipIqaRecipe, config)
    prompts = new_prompts(clip, PromptPair(*config.prompts), recipe, config.seed)
    folder = begin_or_resume(config, {**inputs_of_rated(rated), "clip": clip.sha256})
    paths = progress(rated.paths, label="embed", unit="image")
    views = embed_views(clip, (read_picture(path) for path in paths))
    mos = torch.from_numpy(rated.mos_range.normalise(rated.mos))
    held_out = Rated(views[test], mos[test]) if len(test) > 1 else None
    train_prompts(
        prompts,
        Rated(views[learn], mos[learn]),
        recipe,
        held_out=held_out,
        seed=config.seed,
        run=folder,
    )
    provenance = {
        "data": rated.name,
        "images": len(learn),
        "held_out": agreement(prompts, held_out) if held_out else None,
        "seed": config.seed,
    }
    done = f"prompts learned from {count(len(learn), 'picture')}, {count(len(test), 'picture')} held out"
    return Outcome(save_prompts(folder, clip, prompts, provenance), done)


def _split(config: Config, rated: RatedImages) -> tuple[list[int], list[int]]:
    """Indices to learn from and to measure on: official train and test, else drawn by the seed."""
    if rated.split is not None:
        learn, test = rated.part("train"), rated.part("test")
    else:
        order = torch.randperm(len(rated), generator=torch.Generator().manual_seed(config.seed)).tolist()
        kept = round(len(rated) * config.held_out)
        learn, test = order[kept:], order[:kept]
    if len(learn) < 2:
        raise InputError(f"{config.scores}: {len(learn)} image to learn from; CLIP-IQA+ needs at least 2")
    return learn, test
