"""Train CLIP-IQA+: learned prompts for a frozen CLIP, from images with human scores."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from experiments.options.outcome import Outcome
from experiments.options.rated_data import RatedData
from experiments.options.resume import begin_or_resume, inputs_of


@dataclass(frozen=True)
class Config:
    """Options of `attiqa clip-iqa`."""

    scores: Annotated[Path, tyro.conf.Positional]
    """A data set in its original files, or a CSV with the columns image,mos."""
    out: Path = Path("runs/clip-iqa")
    """Run folder to write; it is a judge that names the CLIP weights it needs."""
    clip_model: str = "RN50"
    """An architecture of open_clip."""
    clip_weights: str = "openai"
    """open_clip weights: a hub tag or a local file."""
    clip_activation: Literal["auto", "gelu", "quick-gelu"] = "auto"
    """What CLIP weights from a file were trained with: quick-gelu (OpenAI's) or gelu (LAION's)."""
    view: Literal["native", "crop"] = "native"
    """The whole picture at its own resolution (ResNets only, as the original), or CLIP's own crops."""
    prompts: tuple[str, str] = ("Good photo.", "Bad photo.")
    """Positive and negative prompt that the learned words stand before."""
    tokens: int = 16
    """Learned vectors before each prompt."""
    shared: bool = False
    """Learn one set of vectors for both prompts instead of two."""
    held_out: float = 0.2
    """Share of images set apart, drawn by the seed, whose SROCC is printed; an official split is used instead if there is one."""
    epochs: int = 50
    """Passes over the images, which are embedded once."""
    batch: int = 64
    """Images per step."""
    lr: float = 2e-3
    """Learning rate of AdamW."""
    data: RatedData = field(default_factory=RatedData)
    """How the scores are read."""
    seed: int = 0
    """Seed of everything random."""
    device: str = "auto"
    """auto, cpu or cuda."""
    resume: bool = False
    """Go on from the last finished epoch in --out."""


def run(config: Config) -> Outcome:
    """Train as configured; the run folder receives `clip_iqa.safetensors` and `clip_iqa.json`."""
    import torch
    from tqdm import tqdm

    from attiqa_core.attributes import PromptPair
    from attiqa_core.judges.clip_iqa import frozen_clip
    from attiqa_core.judges.clip_iqa_plus import (
        ContextPrompts,
        Rated,
        agreement,
        embed_views,
        save_prompts,
        train_prompts,
    )
    from attiqa_core.photos.images import read_picture
    from attiqa_core.runs import pick_device
    from attiqa_core.teachers.clip_weights import QUICK_GELU

    rated = config.data.read(config.scores)
    learn, test = _split(config, rated)
    clip = frozen_clip(
        config.clip_model,
        config.clip_weights,
        config.view,
        QUICK_GELU[config.clip_activation],
        pick_device(config.device),
    )
    generator = torch.Generator().manual_seed(config.seed)
    prompts = ContextPrompts(clip, PromptPair(*config.prompts), config.tokens, config.shared, generator)
    folder = begin_or_resume(config, inputs_of("images", rated.names))
    progress = tqdm(rated.paths, desc="embed", unit="image", disable=None)
    views = embed_views(clip, (read_picture(path) for path in progress))
    mos = rated.mos_range.normalise(rated.mos)
    held_out = Rated(views[test], mos[test]) if len(test) > 1 else None
    train_prompts(
        prompts,
        Rated(views[learn], mos[learn]),
        held_out=held_out,
        epochs=config.epochs,
        batch=config.batch,
        lr=config.lr,
        seed=config.seed,
        run=folder,
    )
    provenance = {
        "data": rated.name,
        "images": len(learn),
        "held_out": agreement(prompts, held_out) if held_out else None,
        "seed": config.seed,
    }
    return Outcome(save_prompts(folder, clip, prompts, provenance))


def _split(config: Config, rated) -> tuple[list[int], list[int]]:
    """Indices to learn from and to measure on: official train and test, else drawn by the seed."""
    import torch

    from attiqa_core.errors import InputError, UsageError

    if not 0 <= config.held_out < 1:
        raise UsageError(f"--held-out {config.held_out:g}: is a share of the images, from 0 to below 1")
    if rated.split is not None:
        learn, test = rated.part("train"), rated.part("test")
    else:
        order = torch.randperm(len(rated), generator=torch.Generator().manual_seed(config.seed)).tolist()
        kept = round(len(rated) * config.held_out)
        learn, test = order[kept:], order[:kept]
    if len(learn) < 2:
        raise InputError(f"{config.scores}: {len(learn)} image to learn from; CLIP-IQA+ needs at least 2")
    return learn, test
