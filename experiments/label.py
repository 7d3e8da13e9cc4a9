"""Label photos with the scores of a teacher on the five attributes, for pretraining."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from experiments.outcome import Outcome


@dataclass(frozen=True)
class Config:
    """Options of `attiqa label`."""

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Image files, or folders that are searched to any depth."""
    out: Path
    """Run folder to write: labels.csv, labels.json and, with CLIP, embeddings.safetensors."""
    teacher: Literal["clip", "statistics"] = "clip"
    """CLIP's antonym prompts (the paper's Table 1), or classical measures, which need no weights."""
    clip_model: str = "ViT-B-16"
    """An architecture of open_clip, or hf-hub:org/name, or local-dir:/folder."""
    clip_weights: str = "openai"
    """A set of weights that open_clip knows, or the path of a file."""
    clip_activation: Literal["auto", "gelu", "quick-gelu"] = "auto"
    """What the weights were trained with, needed for a file: quick-gelu (OpenAI's) or gelu (LAION's)."""
    batch: int = 32
    """Photos decoded and scored at a time."""
    threads: int = 2
    """Threads that decode photos."""
    device: str = "auto"
    """auto, cpu or cuda."""
    resume: bool = False
    """Go on with an interrupted run in the same folder."""


def run(config: Config) -> Outcome:
    """Label every photo that can be read; the others are the outcome's failures."""
    from tqdm import tqdm

    from attiqa_core import labels, runs
    from attiqa_core.errors import UsageError
    from attiqa_core.images import find_images

    if config.batch < 1 or config.threads < 1:
        raise UsageError("--batch and --threads: give at least 1")
    paths = find_images(config.photos)
    teacher = _teacher(config)
    folder = runs.new_run(config.out, config, seed=0, resume=config.resume)
    if (folder / "labels.json").exists():
        finished = labels.read(folder)
    else:

        def progress(batches, count):
            return tqdm(batches, total=count, desc="label", unit="batch", disable=None)

        finished = labels.label(paths, teacher, folder, batch=config.batch, threads=config.threads, progress=progress)
    return Outcome(folder, tuple(finished.errors.values()))


def _teacher(config: Config):
    from attiqa_core.runs import pick_device

    if config.teacher == "statistics":
        from attiqa_core.teachers.statistics import StatisticsTeacher

        return StatisticsTeacher()
    from attiqa_core.teachers.clip import QUICK_GELU, ClipTeacher

    device = pick_device(config.device)
    return ClipTeacher(
        config.clip_model, config.clip_weights, device=device, quick_gelu=QUICK_GELU[config.clip_activation]
    )
