"""The whole chain on your own machine, offline: raws, contexts, a policy, benchmark, verdict, pictures, A/B page, report."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.whole import write_text
from attiqa_core.judges.niqe import NIQE
from attiqa_core.judges.scene_statistics import PATCH_PX
from attiqa_core.sharing.shipped import HELD_OUT
from experiments.commands import audit, bake, benchmark, render, report, train
from experiments.commands import study_export as export
from experiments.demo_set import SCENE, make_demo_set
from experiments.options.demo import MARK, Config
from experiments.options.outcome import Outcome, count
from isp_env.raw_io.find import find_raws
from isp_env.stores.store import BakedStore, Item

STEPS = 7
VALIDATION_SHARE, TEST_SHARE = 0.2, 0.25  # of the scenes of a user's raws
CONSTANT_SAMPLES = 320
BASELINES = ("sobol-16", "cma-16", "gradient-16")
AUDIT = {"errors": 0, "steps": 8, "permutations": 1}  # a small one: a quarter of the time of the usual one
CROPS = 1  # beside each proxy: two would take half as long again


class Demo:
    """One demo: its folders, and what could not be read so far."""

    def __init__(self, config: Config, out: Path):
        self.config, self.out = config, out
        self.failures: list[str] = []

    def bake(self, name: str, raws: Sequence[Path], **options: Any) -> Path:
        """Return the store of contexts of raws."""
        folder = self.out / "contexts" / name
        about = {
            "proxy_px": self.config.proxy_px,
            "crops": CROPS,
            "seed": self.config.seed,
            "workers": 2,
            "sheet": False,
        }
        self._run(bake, bake.Config(raws=tuple(raws), out=folder, **about, **options))
        return folder

    def train(self, store: Path, validate: tuple[Path, ...]) -> None:
        """Train the policy on a store."""
        config = self.config
        self._run(
            train,
            train.Config(
                (store,),
                self.out / "agent",
                algo=config.algo,
                validate=validate,
                timesteps=config.timesteps,
                constant_samples=train.Config.constant_samples if config.algo == "constant" else CONSTANT_SAMPLES,
                proxy_px=config.proxy_px,
                crops=CROPS,
                profile=config.profile,
                allow_ungated=config.allow_ungated,
                reward=config.reward,
                **self._shared(),
            ),
        )

    def benchmark(self, held_out: Sequence[Path], scene: str) -> None:
        """Compare the policy with its controls and with search at equal budgets."""
        folder = self.out / "benchmark"
        options = benchmark.Config(
            tuple(held_out), folder, (self.out / "agent",), BASELINES, scene=scene, **self._shared()
        )
        self._run(benchmark, options)

    def audit(self, held_out: Sequence[Path], scene: str) -> None:
        """Ask whether the policy's gain on the held-out raws is real, and leave a verdict beside it."""
        judges = tuple(name for name in HELD_OUT if name != NIQE or self.config.proxy_px >= PATCH_PX)
        options = audit.Config(self.out / "agent", tuple(held_out), judges, scene=scene, **AUDIT, **self._shared())
        self._run(audit, options)

    def render(self, raws: Sequence[Path]) -> None:
        """Render every raw at full size, as the camera would and as the policy does."""
        config = self.config
        self._run(render, render.Config(tuple(raws), self.out / "default", sheet=False, device=config.device))
        self._run(
            render, render.Config(tuple(raws), self.out / "tuned", policy=self.out / "agent", device=config.device)
        )

    def study_and_report(self) -> None:
        """Make the blind A/B study of all rendered pairs, and the report of the benchmark."""
        self._run(
            export,
            export.Config((self.out / "default", self.out / "tuned"), self.out / "study", seed=self.config.seed),
        )
        self._run(report, report.Config((self.out / "benchmark", self.out / "agent"), self.out / "report.html"))

    def _shared(self) -> dict:
        return {"scorer": self.config.scorer, "seed": self.config.seed, "device": self.config.device}

    def _run(self, command: ModuleType, options: Any) -> None:
        self.failures += command.run(options).failures


def run(config: Config) -> Outcome:
    """Make or read the raws, bake, train, benchmark, render all of them, export the study, write the report, and say where to look."""
    config.check()
    start = time.perf_counter()
    demo = Demo(config, _fresh_folder(config))
    raws, store, validate, held_out = _contexts(demo)
    say(3, f"training: the best constant, then {config.timesteps} steps of {config.algo}, against {config.scorer}")
    demo.train(store, validate)
    say(4, f"benchmark on {count(len(held_out), 'held-out raw')}")
    scene = "" if config.raws else SCENE
    demo.benchmark(held_out, scene)
    say(5, "audit: is the gain real? a verdict on the policy")
    demo.audit(held_out, scene)
    say(6, f"rendering {count(len(raws), 'raw')} at full size, as the camera would and as the policy does")
    demo.render(raws)
    say(7, "blind A/B study and report")
    demo.study_and_report()
    print(_where_to_look(demo.out, time.perf_counter() - start))
    done = f"{count(len(raws), 'raw')} rendered, {len(held_out)} of them held out and compared"
    return Outcome(demo.out, done, tuple(dict.fromkeys(demo.failures)))


def say(step: int, text: str) -> None:
    """Announce one of the demo's steps on stdout."""
    print(f"[{step}/{STEPS}] {text}", flush=True)


def _contexts(demo: Demo) -> tuple[list[Path], Path, tuple[Path, ...], list[Path]]:
    """The raws to render, the store to train on, what judges the training, and the raws that nobody learns from."""
    if demo.config.raws is None:
        made = make_demo_set(demo.out / "raws", demo.config.seed)
        training, validation, held_out = (find_raws([each]) for each in (made.training, made.validation, made.held_out))
        say(1, f"{len(training)} raws to train on, {len(validation)} to validate by, {len(held_out)} held out")
        say(2, "baking them into contexts: other exposures, white balances, noise, crops")
        no_shares = {"scene": SCENE, "validation_share": 0.0}
        store = demo.bake("training", training, variants=1, **no_shares)
        return held_out, store, (demo.bake("validation", validation, variants=0, **no_shares),), held_out
    raws = find_raws([demo.config.raws])
    say(1, f"{count(len(raws), 'raw')} found")
    say(2, "baking them into contexts; bursts stay together, a quarter of the scenes is held out")
    store = demo.bake("all", raws, variants=4, validation_share=VALIDATION_SHARE, test_share=TEST_SHARE)
    items = BakedStore.open(store).items
    held_out = nobody_learns_from(raws, items)
    if not held_out or all(item.split != "training" for item in items):
        scenes = len({item.scene for item in items})
        raise InputError(
            f"{demo.config.raws}: {count(len(raws), 'raw')} of {count(scenes, 'scene')}; the demo needs two scenes at least, one to"
            " train on and one to judge by (raws that one camera took within a minute of each other are one)"
        )
    return raws, store, (), held_out


def nobody_learns_from(raws: Sequence[Path], items: Sequence[Item]) -> list[Path]:
    """Return the raws of the store's last side; of raws of one name, in several folders, all or none."""
    sides: dict[str, set[str]] = {}
    for item in items:
        sides.setdefault(item.raw, set()).add(item.split)
    return [path for path in raws if sides.get(path.stem) == {"test"}]


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
            f"  {out / 'report.html'}           the whole result on one page, with what was not proved",
            f"  {out / 'tuned' / 'sheet.jpg'}       camera default and tuned, side by side",
            f"  {out / 'benchmark' / 'sheet.jpg'}   best, median and worst scene by every tuner, with scores",
            f"  {out / 'benchmark' / 'table.txt'}   gains over the camera default, controls, and what they cost",
            f"  {out / 'agent' / 'audit.html'}      whether the gain is real: the verdict, and why",
            f"  {out / 'study' / 'public' / 'index.html'}   blind A/B page: open it in a browser, vote, then run",
            f"      attiqa study analyse {out / 'study'} VOTES.json",
            f"  tensorboard --logdir {out / 'agent'}   training curves and pictures",
            "",
        ]
    )
