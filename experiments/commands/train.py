"""Train an agent that answers each raw with ISP parameters, rewarded by a frozen ATTIQA scorer."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.algorithms import Numbers, find_algorithm, numbers_of
from agents.bundles.files import load_policy, save_policy
from agents.bundles.names import DESCRIPTION
from agents.constant import constant_params
from agents.policy import Policy
from agents.search import Trial, best_of, proposal, searched
from agents.seeds import judged, summary, together
from agents.sides import describe_data, read_sides
from agents.start import Start, open_start
from agents.train import train_agent
from attiqa_core.errors import UsageError
from attiqa_core.files.whole import read_json, write_json, write_text
from attiqa_core.judges.gate import require, stored_report
from attiqa_core.judges.judge import Judge, create_metric
from attiqa_core.runs.device import pick_device, seed_everything
from attiqa_core.runs.folder import to_toml
from experiments.demo_set import packaged_photos
from experiments.options.outcome import Outcome, count
from experiments.options.recipe import recipe_of
from experiments.options.refuse_unused import refuse_unused
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume, inputs_of_raws
from experiments.options.train import Config
from isp_env.core import IspCore
from isp_env.stores.store import is_begun
from isp_env.task import Task

RECIPE = "recipe.json"
FREE = (*FREE_ON_RESUME, "allow_ungated", "seeds", "search")

Recorded = Mapping[str, Any]
"""What every bundle of the run says of its data and of its scorer's gate."""


def run(config: Config) -> Outcome:
    """Train as configured; raws that cannot be read are reported and left out."""
    config.check()
    task = recipe_of(Task, config, profile=config.program.profile(config.profile))
    isp = config.program.opened(square=config.square)
    scorer = create_metric(config.scorer, pick_device(config.device), crops=1)
    if is_begun(config.raws[0]):
        refuse_unused(config, ("validation_share", "scene"), "a store has scenes and a split of its own")
    sides = read_sides(config.raws, config.validate, config.validation_share, config.scene, task)
    if not config.allow_ungated:
        require(scorer, packaged_photos)
    inputs = inputs_of_raws("raws", config.raws) | inputs_of_raws("validate", config.validate)
    start = open_start(config.start, task) if config.start else None
    inputs |= {} if start is None else {"start": start.sha256}
    inputs |= {} if isp is None or isp.described is None else {"isp": isp.described["sha256"]}
    folder = begin_or_resume(config, {**inputs, "scorer": scorer.sha256}, FREE)
    seed_everything(config.seed)
    core = IspCore(sides.training, scorer, task, config.reward, compiled_batch=compiled_batch(config), isp=isp)
    validation = IspCore(sides.validation, scorer, task, config.reward, isp=isp) if len(sides.validation) else None
    if config.search and validation is None:
        raise UsageError(
            "--search: trials are judged by scenes that nobody trains on, and there are none; name some by --validate"
        )
    recorded = {"data": describe_data(config.raws, config.validate, sides), "scorer_gate": gate_state(config, scorer)}
    try:
        if config.search:
            figures = _search(config, core, validation, folder, recorded)
        else:
            figures = _train_all(config, core, validation, folder, recorded, start)
    except KeyboardInterrupt:
        _say_how_to_go_on(folder)
        raise
    write_json(folder / "summary.json", {**figures, "unreadable": list(sides.failures)}, seal=True)
    if config.algo == "constant":
        write_json(folder / RECIPE, recipe_of_constant(load_policy(folder), folder))
    trained = (
        "1 policy" if config.seeds * max(1, config.search) == 1 else f"{config.seeds * max(1, config.search)} policies"
    )
    if isp is None:  # the audit knows no other
        print(f"attiqa: `attiqa audit {folder}` asks whether the gain is real", file=sys.stderr)
    judges = f", judged by {count(len(validation), 'other')}" if validation else ""
    return Outcome(
        folder,
        f"{trained} trained on {count(len(core), 'raw')} in {count(figures['timesteps'], 'step')}{judges}",
        sides.failures,
    )


def recipe_of_constant(policy: Policy, folder: Path) -> dict[str, Any]:
    """Return the one setting of a camera: what `--params` of `attiqa render` and `attiqa chart` takes, without a recipe's raw and picture."""
    return {
        "schema": "attiqa-setting/1",
        "params": constant_params(policy).to_dicts()[0],
        "tuner": "constant",
        "source": {"policy": str(folder), "scorer_sha256": policy.scorer["sha256"]},
    }


def gate_state(config: Config, scorer: Judge) -> dict[str, Any] | None:
    """Return whether the scorer passed its gate, and on what it failed; None where nobody asked."""
    if not config.allow_ungated:
        return {"passed": True, "failures": []}  # it would not have come so far
    found = stored_report(scorer)
    return found and {name: found[name] for name in ("passed", "failures")}


def compiled_batch(config: Config) -> int | None:
    """Return how many proxies the compiled ISP renders at a time, None without --compile."""
    if not config.compile:
        return None
    if find_algorithm(config.algo).build:
        return config.num_envs
    return numbers_of(config.algo, config.numbers.given())["batch_size"]


def _train_all(
    config: Config,
    core: IspCore,
    validation: IspCore | None,
    folder: Path,
    recorded: Recorded,
    start: Start | None = None,
) -> dict:
    """Train every seed, keep the best one's policy in `folder`, and return the figures of summary.json."""
    found: dict[str, dict] = {}
    for seed in range(config.seed, config.seed + config.seeds):
        own = folder if config.seeds == 1 else folder / f"seed-{seed}"
        policy = _train_one(config, core, validation, seed, own, recorded, start=start)
        figures = summary(core, validation, policy)
        if config.seeds == 1:
            return figures
        write_json(own / "summary.json", figures, seal=True)
        if not found or judged(figures) > max(map(judged, found.values())):
            save_policy(folder, policy)
        found[str(seed)] = figures
    return together(found)


def _search(config: Config, core: IspCore, validation: IspCore | None, folder: Path, recorded: Recorded) -> dict:
    """Train with numbers upon numbers, keep the best trial's policy in `folder`, and return its figures and the trials'."""
    given, stored = config.numbers.given(), folder / "search.json"
    rows: list[dict] = read_json(stored)["trials"] if stored.is_file() else []
    while len(rows) < config.search:
        own = folder / f"trial-{len(rows):03}"
        numbers = proposal(config.algo, given, config.seed, _trials(rows))
        policy = _train_one(config, core, validation, config.seed, own, recorded, numbers)
        rows.append({"numbers": numbers, **summary(core, validation, policy)})
        write_json(own / "summary.json", rows[-1], seal=True)
        best = best_of(_trials(rows))
        if best == len(rows) - 1:
            save_policy(folder, policy)
            write_text(folder / "best.toml", to_toml(Numbers(**numbers)))
        write_json(
            stored,
            {"algorithm": config.algo, "searched": searched(config.algo, given), "best": best, "trials": rows},
            seal=True,
        )
    best = best_of(_trials(rows))
    timesteps = sum(row["timesteps"] for row in rows)
    return {**rows[best], "timesteps": timesteps, "trials": len(rows), "preset_validation_reward": judged(rows[0])}


def _trials(rows: Sequence[Mapping[str, Any]]) -> list[Trial]:
    return [Trial(row["numbers"], judged(row)) for row in rows]


def _train_one(
    config: Config,
    core: IspCore,
    validation: IspCore | None,
    seed: int,
    folder: Path,
    recorded: Recorded,
    numbers: Mapping[str, Any] | None = None,
    start: Start | None = None,
) -> Policy:
    return train_agent(
        core,
        validation,
        algorithm=config.algo,
        timesteps=config.timesteps,
        constant_samples=config.constant_samples,
        num_envs=config.num_envs,
        every=config.every,
        patience=config.patience,
        seed=seed,
        numbers=config.numbers.given() if numbers is None else numbers,
        run=folder,
        resume=config.resume,
        recorded=recorded,
        start=start,
    )


def _say_how_to_go_on(folder: Path) -> None:
    """Leave the best policy so far in the run's folder, whichever seed's it is, and say how the training goes on."""
    bundles = [load_policy(path.parent) for path in sorted(folder.glob(f"seed-*/{DESCRIPTION}"))]
    if bundles:
        save_policy(folder, max(bundles, key=lambda policy: policy.training.get("validation_reward", -1.0)))
    if (folder / DESCRIPTION).is_file():
        sentence = "holds the best policy so far; the same command with --resume goes on from the last checkpoint"
        print(f"\nattiqa: {folder}: {sentence}", file=sys.stderr)
