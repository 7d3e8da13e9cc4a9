"""Label photos with the scores of a teacher on the five attributes, for pretraining."""

import contextlib
import itertools
import os

from attiqa_core.files import read_json
from attiqa_core.labelling import cache as embeddings
from attiqa_core.labelling import labels
from attiqa_core.photos.sources import iterate_photos
from attiqa_core.prompts.prompts import read_prompts
from attiqa_core.runs import pick_device, progress
from attiqa_core.teachers.clip import QUICK_GELU, ClipTeacher
from attiqa_core.teachers.qualiclip import QualiClipTeacher
from attiqa_core.teachers.statistics import StatisticsTeacher
from experiments.options.label import Config
from experiments.options.outcome import Outcome, count
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume, inputs_of_prompts

FREE = (*FREE_ON_RESUME, "batch", "threads", "max_error_rate", "retry_errors")
"""Options that may change between the parts of a run: the labels of a photo do not depend on them."""


def run(config: Config) -> Outcome:
    """Label every photo that can be read; the others are the outcome's failures."""
    config.check()
    cache = config.cache or config.out / "cache"
    if config.photos:
        photos = iterate_photos(config.photos)
        photos = itertools.chain([next(photos)], photos)  # nothing is written for photos that are not there
        teacher = _teacher(config)
        begin_or_resume(config, inputs_of_prompts(config.prompts), FREE)
        with contextlib.ExitStack() as stack:
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
                begin=lambda total: stack.enter_context(progress(total=total, label="label", unit="photo")).update,
            )
    else:
        whole = embeddings.merge(cache)
        teacher = _teacher(config)
        begin_or_resume(config, inputs_of_prompts(config.prompts), FREE)
        labels.derive(whole, teacher, config.out)
    described = read_json(config.out / "labels.json")
    return Outcome(config.out, f"{count(described['count'], 'photo')} labelled", tuple(described["errors"].values()))


def _teacher(config: Config):
    if config.teacher == "statistics":
        return StatisticsTeacher()
    if config.qualiclip is not None:
        return QualiClipTeacher(config.qualiclip, device=pick_device(config.device))

    return ClipTeacher(
        config.clip_model,
        config.clip_weights,
        prompts=read_prompts(config.prompts, config.prompt_set),
        device=pick_device(config.device),
        quick_gelu=QUICK_GELU[config.clip_activation],
        precision=config.precision,
        compiled=config.compile,
    )
