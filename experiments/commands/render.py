"""Render raws at full size with a trained policy, given parameters, or the camera default; a recipe beside each picture."""

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from agents.audit.verdict import in_a_sentence
from attiqa_core.errors import InputError
from attiqa_core.runs.device import pick_device
from experiments.drawing.freed_memory import give_large_blocks_back
from experiments.gallery.gallery import write_gallery
from experiments.options.lens import LensOptions
from experiments.options.outcome import Outcome
from experiments.options.raw_words import STDIN
from experiments.options.render import Config
from experiments.options.render_folder import PAGE
from experiments.rendering.batch import usual_jobs
from experiments.rendering.benchmarked import Benchmarked, read_benchmark
from experiments.rendering.inputs import Source, find_in_folders, find_sources
from experiments.rendering.one_picture import Making
from experiments.rendering.run import render_all, render_arrivals
from experiments.rendering.settings import Settings, as_json, versions
from experiments.rendering.tally import Tally
from experiments.rendering.tuning import of_policy, of_values, on_program
from isp_env.lens_profiles.choice import with_lens
from isp_env.lens_profiles.lensfun import refuse_missing
from isp_env.lens_profiles.own import read_lens_file
from isp_env.raw import RawFrame


def run(config: Config) -> Outcome:
    """Render every readable raw that is not finished; those that are not readable are reported and skipped."""
    config.check()
    give_large_blocks_back()
    jobs = config.jobs or usual_jobs()
    if config.watch:
        making = _making(config)
        render_arrivals(making, lambda: find_in_folders(config.raws), jobs=jobs, as_json=config.json)
    sources = find_sources(config.raws, sys.stdin.buffer.read() if STDIN in config.raws else b"")
    if config.benchmark is not None:
        return _as_benchmarked(config, read_benchmark(config.benchmark), sources, jobs)
    return _outcome(config, _rendered(config, _making(config), sources, jobs), len(sources))


def _rendered(config: Config, making: Making, sources: Sequence[Source], jobs: int) -> Tally:
    tally = render_all(making, sources, jobs=jobs, sheet=config.sheet, as_json=config.json)
    if config.look and tally.has_pictures:
        write_gallery(making.out / PAGE, making.out, title=making.out.resolve().name)
    return tally


def _as_benchmarked(config: Config, found: Benchmarked, sources: Sequence[Source], jobs: int) -> Outcome:
    """Render what each tuner of a benchmark found to a folder of its name, ready for a study with people."""
    found.check_names(sources)
    tuners = found.chosen(config.tuners)
    making = _making(config)
    outcomes = []
    for tuner in tuners:
        tuning = found.tuning(tuner)
        settings = replace(making.settings, chosen=as_json(tuning.chosen))
        own = replace(making, out=config.out / tuner, tuning=tuning, settings=settings)
        outcomes.append(_outcome(config, _rendered(config, own, sources, jobs), len(sources)))
    failures = tuple(dict.fromkeys(failure for each in outcomes for failure in each.failures))
    done = "; ".join(f"{tuner}: {each.done}" for tuner, each in zip(tuners, outcomes, strict=True))
    folders = " ".join(shlex.quote(str(config.out / tuner)) for tuner in tuners)
    ask = f"; ask people: attiqa study export {folders}" if len(tuners) > 1 else ""
    return Outcome(None if config.json else config.out, done + ask, failures)


def _making(config: Config) -> Making:
    device = pick_device(config.device)
    isp = config.program.opened_program()
    if config.policy is not None:
        tuning = of_policy(config.policy, config.scorer, device, config.goals(), isp)
        print(f"attiqa: {in_a_sentence(config.policy)}", file=sys.stderr)
    else:
        tuning = of_values(config.profile if isp is None else isp.profile, config.params, config.values())
    if isp is not None:
        tuning = on_program(tuning, isp, config.program.isp)
    settings = Settings(as_json(tuning.chosen), as_json(config.decides_pictures()), versions())
    return Making(
        config.out,
        tuning,
        settings,
        device,
        config.output,
        own=config.reading.description(),
        correct=_lens(config.lens_correction),
        sidecars=config.sidecars.sidecar,
        look=config.look,
        isp=isp,
    )


def _lens(options: LensOptions) -> Callable[[RawFrame], RawFrame]:
    """Return what gives a frame the corrections that are asked for."""
    if options.lens == "lensfun":
        refuse_missing()
    own = None if options.lens_file is None else read_lens_file(options.lens_file)
    return partial(with_lens, source=options.lens, lens_name=options.lens_name, own=own, scale=options.scale())


def _outcome(config: Config, tally: Tally, raws: int) -> Outcome:
    failures = tuple(tally.failures.values())
    if config.json:
        tally.say_totals()
    if len(failures) == raws:
        for failure in failures[1:]:
            print(f"attiqa: skipped: {failure}", file=sys.stderr)
        raise InputError(f"{failures[0]} (none of {raws} raws can be read)" if raws > 1 else failures[0])
    return Outcome(None if config.json else config.out, tally.sentence, failures)
