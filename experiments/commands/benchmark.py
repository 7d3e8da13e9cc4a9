"""Compare tuners on held-out raws: full-size score, gain over the camera default with an interval, and the price."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zlib import crc32

import numpy as np
import torch

from agents.benchmark import Result, distinct, run_benchmark, share_weights, shelved
from agents.bundles.names import DESCRIPTION as POLICY
from agents.rows import Row, make_rows
from agents.standings import comparisons, standings
from agents.tuner import PolicyTuner
from attiqa_core.errors import UsageError
from attiqa_core.files.whole import sha256, write_json
from attiqa_core.judges.gate import stored_report
from attiqa_core.judges.judge import Judge, create_metric
from attiqa_core.runs.device import pick_device, seed_everything
from attiqa_core.runs.progress import progress
from experiments.drawing.benchmark_files import as_stored, examples, keep_picture, write_sheet, write_table
from experiments.evaluation import kept_benchmark
from experiments.evaluation.kept_benchmark import KeptBenchmark
from experiments.options.benchmark import Config
from experiments.options.outcome import Outcome, count
from experiments.options.resume import begin_or_resume, inputs_of_raws
from isp_env.black_box.isp import BlackBoxIsp
from isp_env.contexts.scenes import find_scenes, scene_finder, taken
from isp_env.contexts.variations import ERRORS, draw_variation
from isp_env.contexts.varying import vary
from isp_env.core import IspCore, Task
from isp_env.raw import RawFrame
from isp_env.raw_io.find import find_raws
from isp_env.raw_io.loading import first_read, read_frames
from isp_env.reward_weights import RewardWeights

FORMAT = "attiqa-benchmark/1"
CONTROLS = ("constant", "mean-action", "shuffled")


def run(config: Config) -> Outcome:
    """Run every tuner on every readable raw, and write tables, CSV and picture sheets."""
    config.check()
    device = pick_device(config.device)
    scene_finder(config.scene)  # a pattern that is none would be noticed late
    scorer = create_metric(config.scorer, device)
    isp = config.program.opened()
    policies = [PolicyTuner.load(path, config.scorer, device, isp=isp) for path in config.policy]
    task, weights = _shared_task(policies) or (Task(profile=config.program.profile(config.profile)), config.reward)
    if isinstance(isp, BlackBoxIsp):
        isp.square = task.square
    lead = scorer if config.judge is None else create_metric(config.judge, device)
    judges = distinct([lead, *(create_metric(reference, device) for reference in config.judges)])
    paths, failures = find_raws(config.raws), []
    make_rows(config.tuners, policies, task, {}, config.seed)  # a wrong name is refused before anything is read
    frames = first_read(read_frames(paths, failures))
    policies_sha = {f"policy {path}": sha256(path / POLICY) for path in config.policy if (path / POLICY).is_file()}
    inputs = {
        **inputs_of_raws("raws", config.raws),
        **policies_sha,
        **{f"judge {judge.name}": judge.sha256 for judge in judges},
    }
    folder = begin_or_resume(config, inputs)
    seed_everything(config.seed)
    bench = Bench(config, folder, policies, judges, scorer)
    with TemporaryDirectory(prefix="attiqa-benchmark-") as shelf:
        plain: list[RawFrame] = []
        core = IspCore(shelved(_called_apart(frames), Path(shelf), plain), scorer, task, weights, isp=isp)
        scenes = dict(zip(core.names, find_scenes([taken(frame) for frame in plain], config.scene), strict=True))
        bench.compare("", core, plain, scenes)
        if config.errors:
            (spoiled := Path(shelf) / "errors").mkdir()
            varied: list[RawFrame] = []
            drawn = with_errors(plain, config.errors, config.seed)
            core = IspCore(shelved(drawn, spoiled, varied), scorer, task, weights)
            scenes = {name: scenes[name.rpartition("+")[0]] for name in core.names}
            bench.compare("_errors", core, varied, scenes)
    write_json(folder / "standings.json", bench.stored(), seal=True)
    kept_benchmark.remove(folder)
    return Outcome(folder, f"{count(len(bench.rows), 'tuner')} compared on {count(len(plain), 'raw')}", tuple(failures))


class Bench:
    """One benchmark: its judges and policies, and the tables so far."""

    def __init__(
        self, config: Config, folder: Path, policies: Sequence[PolicyTuner], judges: Sequence[Judge], scorer: Judge
    ):
        self.config, self.folder, self.policies, self.judges, self.scorer = config, folder, policies, judges, scorer
        self.climbed = [judge.name for judge in judges if share_weights(judge, scorer)]
        self.rows: list[Row] = []
        self.tables: dict[str, dict[str, Any]] = {}

    @property
    def shown(self) -> str:
        """The row whose pictures are shown: the first policy's, or the last one's."""
        return next((row.policy for row in self.rows if row.policy), self.rows[-1].tuner.name)

    def compare(self, ending: str, core: IspCore, frames: Sequence[RawFrame], scenes: dict[str, str]) -> None:
        """Run every row on the raws of a core, and write one table."""
        self.rows = make_rows(self.config.tuners, self.policies, core.task, scenes, self.config.seed)
        tuners = [row.tuner for row in self.rows]

        def keep(image: str, tuner: str, rgb: torch.Tensor) -> None:
            keep_picture(self.folder, image, tuner, rgb)

        kept = KeptBenchmark(self.folder, ending)
        label = "benchmark" if not ending else "with errors"
        with progress(total=2 * len(frames) * len(tuners), label=label, unit="step") as bar:
            results = run_benchmark(core, frames, tuners, self.judges, scenes.__getitem__, bar.update, keep, kept)
        self._write(ending, results)

    def _write(self, ending: str, results: list[Result]) -> None:
        table = standings(results, self.climbed)
        differences = comparisons(results, _pairs(self.rows))
        chosen = examples(results, self.shown)
        text = write_table(self.folder, ending, results, table, differences)
        print(f"with {self.config.errors} drawn errors of exposure and white balance each:\n{text}" if ending else text)
        write_sheet(self.folder, ending, results, chosen, self.shown)
        name = "errors" if ending else "plain"
        self.tables[name] = {"results": f"results{ending}.csv", **as_stored(table, differences, chosen)}

    def stored(self) -> dict[str, Any]:
        """Return what `standings.json` holds."""
        gate = stored_report(self.scorer)
        return {
            "format": FORMAT,
            "judge": self.judges[0].name,
            "climbed": self.climbed,
            "scorer": {
                "name": self.scorer.reference,
                "sha256": self.scorer.sha256,
                "gate": gate and {"passed": gate["passed"], "failures": gate["failures"]},
            },
            "shown": self.shown,
            "rows": {row.tuner.name: {"kind": row.kind, "policy": row.policy} for row in self.rows},
            "policies": {
                tuner.name: {"run": str(path), "training": tuner.policy.training}
                for tuner, path in zip(self.policies, self.config.policy, strict=True)
            },
            "errors": self.config.errors,
            "tables": self.tables,
        }


def _pairs(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Each policy less its controls, and less every search and climb on the raw itself."""
    others = {row.tuner.name: row for row in rows if row.tuner.name != "default"}
    return [
        (policy.tuner.name, name)
        for policy in rows
        if policy.kind == "policy"
        for kinds in (CONTROLS, ("baseline",))
        for name, row in others.items()
        if row.kind in kinds and row.policy in ("", policy.tuner.name)
    ]


def _called_apart(frames: Iterable[RawFrame]) -> Iterator[RawFrame]:
    """Return the frames, a number behind a name that an earlier one, of another folder, has as well."""
    seen: Counter[str] = Counter()
    for frame in frames:
        seen[frame.name] += 1
        yield frame if seen[frame.name] == 1 else replace(frame, name=f"{frame.name}-{seen[frame.name]}")
        del frame  # before the next is read


def with_errors(frames: Sequence[RawFrame], times: int, seed: int) -> Iterator[RawFrame]:
    """Yield each raw so many times as its camera would have recorded it with a wrong exposure and white balance: NAME+1, NAME+2.

    What is drawn depends on seed and name alone, never on what other raws there are. Highlights clip, shadows have the
    noise that the sensor would have given them.
    """
    for frame in frames:
        for time in range(1, times + 1):
            generator = np.random.default_rng([seed, crc32(frame.name.encode()), time])
            varied = vary(frame, draw_variation(generator, ERRORS), generator)
            yield replace(varied, name=f"{frame.name}+{time}")
            del varied


def _shared_task(policies: Sequence[PolicyTuner]) -> tuple[Task, RewardWeights] | None:
    """The task and reward that the policies were trained for: the baselines then climb the same value; goals are at 0."""
    tasks = [(tuner.policy.task, tuner.policy.weights) for tuner in policies]
    kinds = {(task.proxy_px, task.square, task.crops, task.profile, weights) for task, weights in tasks}
    sides_px = {task.pictures for task, _ in tasks} - {0}
    if len(kinds) > 1 or len(sides_px) > 1:
        raise UsageError(
            "--policy: the policies were trained for different proxies, crops, profiles or rewards; benchmark them one by one"
        )
    return (
        max(tasks, key=lambda each: each[0].pictures) if tasks else None
    )  # who needs no small pictures passes them over
