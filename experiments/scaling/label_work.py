"""`attiqa label` as work in shards: its cache of embeddings."""

import itertools
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json
from attiqa_core.labelling import cache as embeddings
from attiqa_core.labelling import cache_plan, encoding, labels
from attiqa_core.photos.sources import common_root, iterate_photos
from attiqa_core.runs.device import pick_device
from attiqa_core.shards.commit import Commit
from attiqa_core.shards.manifest import SHARDS, Manifest, Shard, about_of, is_planned
from attiqa_core.teachers.teacher import LabellingTeacher
from experiments.options.label import Config
from experiments.options.outcome import Outcome, count, say
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume, inputs_of_prompts
from experiments.options.scaling import NAMES, ScalingOptions
from experiments.options.teachers import made, options_of
from experiments.scaling import record


class LabelWork:
    """The labels of photos, made as rows of a cache. What is decided by the first shard, the planner decides for all."""

    free = ("batch", "threads", "max_error_rate", "retry_errors")

    def __init__(self, config: Config):
        self.config = config
        self.cache = config.cache or config.out / "cache"

    @property
    def reading(self) -> labels.Reading:
        """How photos are read, as the options say."""
        threads = self.config.threads or os.cpu_count() or 1
        return {"batch": self.config.batch, "threads": threads, "max_error_rate": self.config.max_error_rate}

    def teacher(self, *, settled: bool = False) -> LabellingTeacher:
        """Return the teacher; an automatic precision is that which is `settled`, or in which the cache was begun."""
        config, automatic = self.config, self.config.precision == "auto"
        settled = settled or (is_planned(self.cache) and (self.cache / SHARDS / "000000.json").is_file())
        if settled and automatic and "precision" in options_of(config.teacher, True):
            config = replace(config, precision=about_of(self.cache)["encoder"]["precision"])
        return made(config.teacher, config, pick_device(config.device), labelling=True)

    def begin(self, *, resume: bool) -> None:
        """Write the run's folder if it is not there. Raises: as `begin_or_resume`."""
        stored = replace(self.config, scaling=ScalingOptions(), resume=resume)
        begin_or_resume(stored, inputs_of_prompts(self.config.prompts), (*FREE_ON_RESUME, *self.free, *NAMES))

    def plan(self) -> Manifest:
        if (self.config.out / record.FILE).exists():  # then a worker planned these very photos, and settled the encoder
            self.begin(resume=True)
            return cache_plan.read_plan(self.cache)
        photos = iterate_photos(self.config.photos)
        photos = itertools.chain([next(photos)], photos)  # nothing is written for photos that are not there
        teacher, root = self.teacher(), common_root(self.config.photos)
        self.begin(resume=True)
        size, half = self.config.shard_size, self.config.half
        planned = cache_plan.plan(self.cache, root, photos, teacher, shard_size=size, half=half)
        planned, _ = labels.settle(planned, teacher, self.reading, notice=say)
        return planned

    def worker(self) -> Callable[[Shard], Commit]:
        planned = cache_plan.read_plan(self.cache)
        root = Path(planned.about["root"])
        if not record.is_address(root) and not root.exists():
            raise InputError(f"{root}: the photos are not on this machine; all workers have to see the same disk")
        return encoding.worker(planned, self.teacher(settled=True), **self.reading)

    def merge(self) -> Outcome:
        whole = embeddings.merge(self.cache)
        if len(whole.errors) > self.config.max_error_rate * whole.manifest.count:
            raise InputError(
                f"{self.config.out}: {len(whole.errors):,} of {whole.manifest.count:,} photos cannot be read, more than "
                "--max-error-rate allows; mend them and run `attiqa label --resume --retry-errors`"
            )
        labels.derive(whole, self.teacher(settled=True), self.config.out)
        return self.outcome()

    def outcome(self) -> Outcome:
        """Return what was labelled, once it was."""
        described = read_json(self.config.out / "labels.json")
        done = f"{count(described['count'], 'photo')} labelled"
        return Outcome(self.config.out, done, tuple(described["errors"].values()))
