"""Trials in a living driver, by Ray Tune: so many at a time, each where there is room, those that fall behind stopped early."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from attiqa_core.runs.progress import progress
from experiments.scaling.ray_cluster import cluster
from experiments.sweeps.ledger import DONE, alone_with, path_of, read_trial, run_of, write_trial
from experiments.sweeps.measured import looks_so_far
from experiments.sweeps.plan import Sweep
from experiments.sweeps.proposals import Proposals
from experiments.sweeps.trial_process import PROGRAM, last_words, start

LOOK_EVERY_S = 0.5
"""How often a trial's metrics.jsonl is looked at."""

GRACE_LOOKS = 2
"""Looks at the validation part that every trial gets before it may be stopped early."""

SILENT = {
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C is ours
    "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
}


def run_trials(folder: Path, sweep: Sweep, address: str, program: Sequence[str] = PROGRAM) -> None:
    """Run every trial of a sweep that is not done; the ledger says what became of each."""
    proposals = Proposals(folder, sweep)
    done = proposals.count - len(proposals.waiting)
    if sweep.search != "optuna" and not proposals.waiting:
        return
    with _silent(), tempfile.TemporaryDirectory(prefix="attiqa-tune-") as scratch, cluster(address):
        from ray import tune

        with progress(total=proposals.count, label="sweep", unit="trial", done=done) as bar:
            runner = tune.with_resources(
                trainable(folder.absolute(), Path.cwd(), program), {"CPU": sweep.cpus, "GPU": sweep.gpus}
            )
            tune.Tuner(
                runner,
                tune_config=tune.TuneConfig(
                    search_alg=_searcher(tune, proposals, bar.update),
                    scheduler=_scheduler(sweep),
                    num_samples=-1,  # until there is no other
                    max_concurrent_trials=sweep.concurrent,
                    reuse_actors=True,
                ),
                run_config=tune.RunConfig(
                    storage_path=scratch, verbose=0, failure_config=tune.FailureConfig(max_failures=1)
                ),
            ).fit()


def trainable(folder: Path, here: Path, program: Sequence[str]) -> Callable[[dict[str, Any]], None]:
    """Return what a worker runs: a trial as a process of its own, whose numbers it passes on as they come."""

    def run_trial(config: dict[str, Any]) -> None:
        from ray import tune

        os.chdir(here)
        name = config["trial"]
        trial = read_trial(path_of(folder, name))
        process, told = start(folder, name, program), 0
        try:
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(LOOK_EVERY_S)
                for value in looks_so_far(run_of(folder, name), trial.metric)[told:]:
                    told += 1
                    tune.report({"value": value, "looks": told})
        finally:
            process.kill()
            process.wait()
        if read_trial(path_of(folder, name)).state not in DONE:
            code = process.returncode
            why = last_words(folder, name) if code >= 0 else f"its process was killed by signal {-code}"
            trial = read_trial(path_of(folder, name))
            write_trial(folder, msgspec.structs.replace(trial, state="failed", why=why))
        trial = read_trial(path_of(folder, name))
        tune.report({"value": trial.value if trial.value is not None else float("nan"), "looks": told + 1})

    return run_trial


def _searcher(tune: Any, proposals: Proposals, on_end: Callable[[], object]) -> Any:
    """Return Tune's view of the proposals. Made here, as its class stands behind the extra."""
    folder, names = proposals.folder, dict[str, str]()

    class LedgerSearcher(tune.search.Searcher):
        def suggest(self, trial_id: str) -> Any:
            name = proposals.next()
            if name is None:
                return self.FINISHED
            names[trial_id] = name
            return {"trial": name}

        def on_trial_complete(self, trial_id: str, result: Any = None, error: bool = False) -> None:
            stopped_early(folder, names[trial_id], result, failed=error)
            on_end()

        def save(self, checkpoint_path: str) -> None:
            """Nothing: the ledger is all there is."""

        def restore(self, checkpoint_path: str) -> None:
            """Nothing, as `save`."""

    return LedgerSearcher(metric="value", mode=proposals.sweep.mode)


def stopped_early(folder: Path, name: str, result: Any, *, failed: bool) -> None:
    """Note in the ledger that a trial was stopped, or lost, where the trial itself could not."""
    with alone_with(folder, name).acquire(timeout=60):
        trial = read_trial(path_of(folder, name))
        if trial.state in (*DONE, "failed"):
            return
        value = (result or {}).get("value")
        if failed or value is None:
            write_trial(folder, msgspec.structs.replace(trial, state="failed", why="its worker was lost"))
        else:
            write_trial(folder, msgspec.structs.replace(trial, state="stopped early", value=float(value)))


def _scheduler(sweep: Sweep) -> Any:
    from ray.tune.schedulers import ASHAScheduler, FIFOScheduler

    if not sweep.early_stopping:
        return FIFOScheduler()
    return ASHAScheduler(time_attr="looks", metric="value", mode=sweep.mode, grace_period=GRACE_LOOKS, max_t=10**6)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    before = dict(os.environ)
    os.environ |= SILENT
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before
