"""Label photos with the scores of a teacher on the five attributes, for pretraining."""

import itertools
import os
import sys
from collections.abc import Callable

from tqdm import tqdm

from attiqa_core.errors import UsageError
from attiqa_core.files import read_json
from attiqa_core.labelling import cache as embeddings
from attiqa_core.labelling import labels
from attiqa_core.photos.sources import iterate_photos
from attiqa_core.runs import pick_device
from attiqa_core.teachers.teacher import LabellingTeacher
from experiments.options.label import Config
from experiments.options.outcome import Outcome
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume, inputs_of_prompts
from experiments.options.teachers import made, refuse_foreign_options

FREE = (*FREE_ON_RESUME, "batch", "threads", "max_error_rate", "retry_errors")
"""Options that may change between the parts of a run: the labels of a photo do not depend on them."""


def run(config: Config) -> Outcome:
    """Label every photo that can be read; the others are the outcome's failures."""
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
                notice=lambda sentence: tqdm.write(f"attiqa: {sentence}", file=sys.stderr),
            )
    else:
        whole = embeddings.merge(cache)
        teacher = _teacher(config)
        begin_or_resume(config, inputs_of_prompts(config.prompts), FREE)
        labels.derive(whole, teacher, config.out)
    return Outcome(config.out, tuple(read_json(config.out / "labels.json")["errors"].values()))


def _bar() -> tqdm:
    return tqdm(desc="label", unit="photo", disable=None)


def _begin(bar: tqdm, total: int) -> Callable[[int], object]:
    bar.reset(total)
    return bar.update


def _check(config: Config) -> None:
    """Raises: UsageError for numbers out of range and for options that contradict each other."""
    if config.batch < 1 or config.threads < 0 or config.shard < 1:
        raise UsageError("--batch and --shard: give at least 1; --threads: give 0 or more")
    if not 0 <= config.max_error_rate <= 1:
        raise UsageError(f"--max-error-rate {config.max_error_rate}: give a share between 0 and 1")
    if config.retry_errors and not config.photos:
        raise UsageError("--retry-errors: name the photos too")
    if not config.photos and config.cache is None:
        raise UsageError("no photos named; give image files, folders or .tar shards, or a finished --cache")
    why = f"is about --teacher {{name}}, not {config.teacher}"
    refuse_foreign_options(config, (config.teacher,), why, labelling=True)


def _teacher(config: Config) -> LabellingTeacher:
    return made(config.teacher, config, pick_device(config.device), labelling=True)
