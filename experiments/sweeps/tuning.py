"""Trials in a living driver, by Ray Tune: so many at a time, each where there is room."""

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from attiqa_core.runs.progress import progress
from experiments.scaling.ray_cluster import cluster, with_environment
from experiments.sweeps.ledger import alone_with, path_of, read_trial, write_trial
from experiments.sweeps.plan import Sweep
from experiments.sweeps.proposals import Proposals
from experiments.sweeps.trial_process import PROGRAM, last_words, start

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
    with with_environment(SILENT), tempfile.TemporaryDirectory(prefix="attiqa-tune-") as scratch, cluster(address):
        from ray import tune

        with progress(total=proposals.count, label="sweep", unit="trial", done=done) as bar:
            runner = tune.with_resources(
                trainable(folder.absolute(), Path.cwd(), program), {"CPU": sweep.cpus, "GPU": sweep.gpus}
            )
            tune.Tuner(
                runner,
                tune_config=tune.TuneConfig(
                    search_alg=_searcher(tune, proposals, bar.update),
                    num_samples=-1,  # until there is no other
                    max_concurrent_trials=sweep.concurrent,
                    reuse_actors=True,
                ),
                run_config=tune.RunConfig(
                    storage_path=scratch, verbose=0, failure_config=tune.FailureConfig(max_failures=1)
                ),
            ).fit()


def trainable(folder: Path, here: Path, program: Sequence[str]) -> Callable[[dict[str, Any]], None]:
    """Return what a worker runs: a trial as a process of its own, whose number it passes on."""

    def run_trial(config: dict[str, Any]) -> None:
        from ray import tune

        os.chdir(here)
        name = config["trial"]
        process = start(folder, name, program)
        try:
            code = process.wait()
        finally:
            process.kill()
            process.wait()
        trial = read_trial(path_of(folder, name))
        if trial.state != "finished":
            why = last_words(folder, name) if code >= 0 else f"its process was killed by signal {-code}"
            trial = write_trial(folder, msgspec.structs.replace(trial, state="failed", why=why))
        tune.report({"value": trial.value if trial.value is not None else float("nan")})

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
            note_lost(folder, names[trial_id])
            on_end()

        def save(self, checkpoint_path: str) -> None:
            """Nothing: the ledger is all there is."""

        def restore(self, checkpoint_path: str) -> None:
            """Nothing, as `save`."""

    return LedgerSearcher(metric="value", mode=proposals.sweep.mode)


def note_lost(folder: Path, name: str) -> None:
    """Note in the ledger that a trial was lost with its worker, where neither could say how it ended."""
    with alone_with(folder, name):
        trial = read_trial(path_of(folder, name))
        if trial.state not in ("finished", "failed"):
            write_trial(folder, msgspec.structs.replace(trial, state="failed", why="its worker was lost"))
