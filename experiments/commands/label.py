"""Label photos with the scores of a teacher on the five attributes, for pretraining.

Every photo is embedded once, into a cache. Labels of other prompts are derived from the cache of an earlier run
(--cache) without another pass over the photos.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from experiments.options.outcome import Outcome
from experiments.options.refuse_unused import refuse_unused
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume, inputs_of_prompts

FREE = (*FREE_ON_RESUME, "batch", "threads", "max_error_rate", "retry_errors")
"""Options that may change between the parts of a run: the labels of a photo do not depend on them."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Options of `attiqa label`."""

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()
    """Image files, webdataset .tar shards, or folders that are searched to any depth; not needed with a whole --cache."""
    out: Path
    """Run folder to write: labels.csv and labels.json."""
    cache: Path | None = None
    """Folder of the embeddings, shared by runs with other prompts; out/cache if left out."""
    prompts: str = "table1"
    """table1 (the paper's pairs), single ("Good image"/"Bad image"), or a prompts.json or run of `attiqa prompts`."""
    prompt_set: Literal["joint", "worst", "median", "task1", "task2"] = "joint"
    """Which set of a prompts.json."""
    teacher: Literal["clip", "statistics", "qualiclip"] = "clip"
    """CLIP's antonym prompts; classical measures, which need no weights; or a CLIP tuned by `attiqa qualiclip`."""
    qualiclip: Path | None = None
    """Run of `attiqa qualiclip`, for that teacher; it labels overall quality."""
    clip_model: str = "ViT-B-16"
    """An architecture of open_clip, or hf-hub:org/name, or local-dir:/folder."""
    clip_weights: str = "openai"
    """A set of weights that open_clip knows, or the path of a file."""
    clip_activation: Literal["auto", "gelu", "quick-gelu"] = "auto"
    """What the weights were trained with, needed for a file: quick-gelu (OpenAI's) or gelu (LAION's)."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Of CLIP's image tower; auto is bf16 on CUDA and on CPUs with AMX, else fp32."""
    compile: bool = False
    """Compile CLIP's image tower: minutes to begin with, faster for very many photos on CUDA."""
    half: bool = False
    """Cache embeddings as float16, half the size; refused if that changes the labels of the first shard."""
    shard: int = 1024
    """Photos in each file of the cache; an interrupt loses at most one file's work."""
    max_error_rate: float = 0.05
    """Stop when more than this share of the photos cannot be read."""
    retry_errors: bool = False
    """Read again the photos of a --cache that could not be read before."""
    batch: int = 64
    """Photos encoded at a time."""
    threads: int = 0
    """Threads that decode photos ahead of the encoder; 0 is one for each processor."""
    device: str = "auto"
    """auto, cpu or cuda."""
    resume: bool = False
    """Go on with an interrupted run in the same folder."""


def run(config: Config) -> Outcome:
    """Label every photo that can be read; the others are the outcome's failures."""
    import itertools
    import os

    from attiqa_core import runs
    from attiqa_core.labelling import cache as embeddings
    from attiqa_core.labelling import labels
    from attiqa_core.photos.sources import iterate_photos

    _check(config)
    cache = config.cache or config.out / "cache"
    if config.photos:
        photos = iterate_photos(config.photos)
        photos = itertools.chain([next(photos)], photos)  # nothing is written for photos that are not there
        teacher = _teacher(config)
        begin_or_resume(config, inputs_of_prompts(config.prompts), FREE)
        with _bar() as bar:
            labels.label(
                config.photos,
                teacher,
                config.out,
                cache=cache,
                photos=photos,
                shard_size=config.shard,
                half=config.half,
                batch=config.batch,
                threads=config.threads or os.cpu_count() or 1,
                max_error_rate=config.max_error_rate,
                retry_errors=config.retry_errors,
                begin=lambda total: _begin(bar, total),
            )
    else:
        whole = embeddings.merge(cache)
        teacher = _teacher(config)
        begin_or_resume(config, inputs_of_prompts(config.prompts), FREE)
        labels.derive(whole, teacher, config.out)
    return Outcome(config.out, tuple(runs.read_json(config.out / "labels.json")["errors"].values()))


def _bar():
    from tqdm import tqdm

    return tqdm(desc="label", unit="photo", disable=None)


def _begin(bar, total: int):
    bar.reset(total)
    return bar.update


def _check(config: Config) -> None:
    """Raises: UsageError for numbers out of range and for options that contradict each other."""
    from attiqa_core.errors import UsageError

    if config.batch < 1 or config.threads < 0 or config.shard < 1:
        raise UsageError("--batch and --shard: give at least 1; --threads: give 0 or more")
    if not 0 <= config.max_error_rate <= 1:
        raise UsageError(f"--max-error-rate {config.max_error_rate}: give a share between 0 and 1")
    if config.retry_errors and not config.photos:
        raise UsageError("--retry-errors: name the photos too")
    if not config.photos and config.cache is None:
        raise UsageError("no photos named; give image files, folders or .tar shards, or a finished --cache")
    if config.teacher != "clip":
        of_clip = ("prompts", "prompt_set", "clip_model", "clip_weights", "clip_activation", "precision", "compile")
        refuse_unused(config, of_clip, f"is about --teacher clip, not {config.teacher}")
    if (config.teacher == "qualiclip") != (config.qualiclip is not None):
        raise UsageError("--teacher qualiclip and --qualiclip RUN: go together")


def _teacher(config: Config):
    from attiqa_core.runs import pick_device

    if config.teacher == "statistics":
        from attiqa_core.teachers.statistics import StatisticsTeacher

        return StatisticsTeacher()
    if config.qualiclip is not None:
        from attiqa_core.teachers.qualiclip import QualiClipTeacher

        return QualiClipTeacher(config.qualiclip, device=pick_device(config.device))
    from attiqa_core.prompts.prompts import read_prompts
    from attiqa_core.teachers.clip import QUICK_GELU, ClipTeacher

    return ClipTeacher(
        config.clip_model,
        config.clip_weights,
        prompts=read_prompts(config.prompts, config.prompt_set),
        device=pick_device(config.device),
        quick_gelu=QUICK_GELU[config.clip_activation],
        precision=config.precision,
        compiled=config.compile,
    )
