"""Label photos with the scores of a teacher on the five attributes, for pretraining."""

import contextlib
import itertools

from attiqa_core.labelling import cache as embeddings
from attiqa_core.labelling import labels
from attiqa_core.photos.sources import iterate_photos
from attiqa_core.runs.lock import only_run_in
from attiqa_core.runs.progress import progress
from experiments.options.label import Config
from experiments.options.outcome import Outcome, say
from experiments.scaling.label_work import LabelWork
from experiments.scaling.shared import run_shared


def run(config: Config) -> Outcome:
    """Label every photo that can be read; the others are the outcome's failures."""
    config.check()
    if config.scaling.is_shared:
        return run_shared("label", config, config.out)
    work = LabelWork(config)
    with only_run_in(config.out, "label"):
        if config.photos:
            _label(config, work)
        else:
            whole = embeddings.merge(work.cache)
            teacher = work.teacher()
            work.begin(resume=config.resume)
            labels.derive(whole, teacher, config.out)
    return work.outcome()


def _label(config: Config, work: LabelWork) -> None:
    photos = iterate_photos(config.photos)
    photos = itertools.chain([next(photos)], photos)  # nothing is written for photos that are not there
    teacher = work.teacher()
    work.begin(resume=config.resume)
    with contextlib.ExitStack() as stack:
        labels.label(
            config.photos,
            teacher,
            config.out,
            cache=work.cache,
            photos=photos,
            shard_size=config.shard_size,
            half=config.half,
            **work.reading,
            retry_errors=config.retry_errors,
            begin=lambda total: stack.enter_context(progress(total=total, label="label", unit="photo")).update,
            notice=say,
        )
