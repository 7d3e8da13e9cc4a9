"""The whole chain on your own machine, offline: raws, an agent trained against attiqa-mini, pictures, benchmark, A/B page."""

import shutil
import time
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.files import write_text
from experiments.commands import benchmark, render, train
from experiments.commands import study_export as export
from experiments.demo_set import make_demo_set
from experiments.options.demo import MARK, Config
from experiments.options.outcome import Outcome, count
from isp_env.raw_io.raw_files import find_raws

HELD_OUT_EVERY = 4  # of a user's own raws, sorted by name, every fourth is held out


def run(config: Config) -> Outcome:
    """Make or read the raws, train, benchmark, render, export the study, and say where to look."""
    config.check()
    start = time.perf_counter()
    out = _fresh_folder(config)
    training, held_out = _raws(config, out)
    say(1, f"{len(training)} training and {len(held_out)} held-out raws")
    shared = {"scorer": config.scorer, "seed": config.seed, "device": config.device}
    say(2, f"training a one-shot PPO agent for {config.timesteps} steps against {config.scorer}")
    failures = list(
        train.run(
            train.Config(
                training,
                out / "agent",
                timesteps=config.timesteps,
                profile=config.profile,
                allow_ungated=config.allow_ungated,
                reward=config.reward,
                **shared,
            )
        ).failures
    )
    say(3, "benchmark on the held-out raws")
    tuners = ("sobol-16", "gradient-32")
    pattern = "" if config.raws else r"^(.+)_\d+$"
    benchmark.run(benchmark.Config(held_out, out / "benchmark", (out / "agent",), tuners, scene=pattern, **shared))
    say(4, "rendering the held-out raws at full size")
    failures += render.run(render.Config(held_out, out / "default", sheet=False, device=config.device)).failures
    render.run(render.Config(held_out, out / "tuned", policy=out / "agent", device=config.device))
    say(5, "blind A/B study of camera default against tuned")
    export.run(export.Config(out / "default", out / "tuned", out / "study", seed=config.seed))
    print(_where_to_look(out, time.perf_counter() - start))
    done = f"{count(len(training), 'raw')} trained on, {count(len(held_out), 'raw')} rendered and compared"
    return Outcome(out, done, tuple(dict.fromkeys(failures)))


def say(step: int, text: str) -> None:
    """Announce one of the demo's steps on stdout."""
    print(f"[{step}/5] {text}", flush=True)


def _raws(config: Config, out: Path) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    if config.raws is None:
        made = make_demo_set(out / "raws", config.seed)
        return tuple(find_raws([made.training])), tuple(find_raws([made.held_out]))
    found = find_raws([config.raws])
    if len(found) < 2:
        raise InputError(
            f"{config.raws}: {len(found)} raw; the demo needs at least 2, one to train on and one to judge by"
        )
    held_out = tuple(found[HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY]) or (found[-1],)
    return tuple(path for path in found if path not in held_out), held_out


def _fresh_folder(config: Config) -> Path:
    if config.replaces_a_demo():
        shutil.rmtree(config.out)
    write_text(config.out / MARK, "This folder was made by `attiqa demo` and may be replaced by it.\n")
    return config.out


def _where_to_look(out: Path, seconds: float) -> str:
    return "\n".join(
        [
            "",
            f"Done in {seconds:.0f} s. Where to look:",
            f"  {out / 'tuned' / 'sheet.jpg'}       camera default and tuned, side by side",
            f"  {out / 'benchmark' / 'sheet.jpg'}   the same raws by every tuner, with scores",
            f"  {out / 'benchmark' / 'table.txt'}   gains over the camera default and what they cost",
            f"  {out / 'study' / 'public' / 'index.html'}   blind A/B page: open it in a browser, vote, then run",
            f"      attiqa study analyse {out / 'study'} VOTES.json",
            f"  tensorboard --logdir {out / 'agent'}   training curves",
            "",
        ]
    )
