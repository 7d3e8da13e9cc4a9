"""Label photos with the scores of a teacher on the five attributes, for pretraining."""

import contextlib
import itertools
import os
import sys

from attiqa_core.files.whole import read_json
from attiqa_core.labelling import cache as embeddings
from attiqa_core.labelling import labels
from attiqa_core.photos.sources import iterate_photos
from attiqa_core.runs.device import pick_device
from attiqa_core.runs.progress import progress
from attiqa_core.teachers.teacher import LabellingTeacher
from experiments.options.label import Config
from experiments.options.outcome import Outcome, count
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume, inputs_of_prompts
from experiments.options.teachers import made

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
                notice=lambda sentence: print(f"attiqa: {sentence}", file=sys.stderr),
            )
    else:
        whole = embeddings.merge(cache)
        teacher = _teacher(config)
        begin_or_resume(config, inputs_of_prompts(config.prompts), FREE)
        labels.derive(whole, teacher, config.out)
    described = read_json(config.out / "labels.json")
    return Outcome(config.out, f"{count(described['count'], 'photo')} labelled", tuple(described["errors"].values()))


def _teacher(config: Config) -> LabellingTeacher:
    return made(config.teacher, config, pick_device(config.device), labelling=True)
