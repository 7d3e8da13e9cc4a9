"""Render raws at full size with a trained policy, given parameters, or the camera default; a recipe beside each picture."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace

from experiments.drawing.freed_memory import give_large_blocks_back
from experiments.gallery.gallery import write_gallery
from experiments.options.outcome import Outcome
from experiments.options.raw_words import STDIN
from experiments.options.render import Config
from experiments.options.render_folder import PAGE
from experiments.rendering.batch import usual_jobs
from experiments.rendering.benchmarked import Benchmarked, read_benchmark
from experiments.rendering.inputs import Source, find_in_folders, find_sources
from experiments.rendering.making import making_of
from experiments.rendering.one_picture import Making
from experiments.rendering.outcome import outcome_of
from experiments.rendering.run import render_all, render_arrivals
from experiments.rendering.settings import as_json
from experiments.rendering.tally import Tally
from experiments.scaling.shared import run_shared


def run(config: Config) -> Outcome:
    """Render every readable raw that is not finished; those that are not readable are reported and skipped."""
    config.check()
    give_large_blocks_back()
    if config.scaling.is_shared:
        return run_shared("render", config, config.out)
    jobs = config.jobs or usual_jobs()
    if config.watch:
        making = making_of(config)
        render_arrivals(making, lambda: find_in_folders(config.raws), jobs=jobs, as_json=config.json)
    sources = find_sources(config.raws, sys.stdin.buffer.read() if STDIN in config.raws else b"")
    if config.benchmark is not None:
        return _as_benchmarked(config, read_benchmark(config.benchmark), sources, jobs)
    return outcome_of(config, _rendered(config, making_of(config), sources, jobs), len(sources))


def _rendered(config: Config, making: Making, sources: Sequence[Source], jobs: int) -> Tally:
    tally = render_all(making, sources, jobs=jobs, sheet=config.sheet, as_json=config.json)
    if config.look and tally.has_pictures:
        write_gallery(making.out / PAGE, making.out, title=making.out.resolve().name)
    return tally


def _as_benchmarked(config: Config, found: Benchmarked, sources: Sequence[Source], jobs: int) -> Outcome:
    """Render what each tuner of a benchmark found to a folder of its name, ready for a study with people."""
    found.check_names(sources)
    tuners = found.chosen(config.tuners)
    making = making_of(config)
    outcomes = []
    for tuner in tuners:
        tuning = found.tuning(tuner)
        settings = replace(making.settings, chosen=as_json(tuning.chosen))
        own = replace(making, out=config.out / tuner, tuning=tuning, settings=settings)
        outcomes.append(outcome_of(config, _rendered(config, own, sources, jobs), len(sources)))
    failures = tuple(dict.fromkeys(failure for each in outcomes for failure in each.failures))
    done = "; ".join(f"{tuner}: {each.done}" for tuner, each in zip(tuners, outcomes, strict=True))
    folders = " ".join(shlex.quote(str(config.out / tuner)) for tuner in tuners)
    ask = f"; ask people: attiqa study export {folders}" if len(tuners) > 1 else ""
    return Outcome(None if config.json else config.out, done + ask, failures)
