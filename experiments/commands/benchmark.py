"""Compare tuners on held-out raws: full-size score, gain over the camera default with an interval, and the price."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from agents.benchmark import (
    Result,
    distinct,
    make_tuners,
    run_benchmark,
    same_scores,
    standings,
)
from agents.tuner import PolicyTuner
from attiqa_core.errors import UsageError
from attiqa_core.files import write_json, write_text
from attiqa_core.judges.judge import create_metric
from attiqa_core.photos.images import resize_short_edge
from attiqa_core.runs import new_run, pick_device, progress, seed_everything
from experiments.drawing.benchmark_table import results_csv, table_text
from experiments.drawing.sheets import comparison_sheet
from experiments.options.benchmark import Config
from experiments.options.outcome import Outcome, count
from isp_env.core import Task
from isp_env.loading import first_read, read_frames
from isp_env.profile_files import find_profile
from isp_env.raw import RawFrame
from isp_env.raw_io.raw_files import find_raws
from isp_env.reward_weights import RewardWeights
from isp_env.scenes import scene_finder

SHEET_ROWS = 8


def run(config: Config) -> Outcome:
    """Run every tuner on every readable raw, and write table, CSV and picture sheet."""
    config.check()
    device = pick_device(config.device)
    scene_of = scene_finder(config.scene)
    scorer = create_metric(config.scorer, device)
    policies = [PolicyTuner.load(path, config.scorer, device) for path in config.policy]
    for tuner, path in zip(policies, config.policy, strict=True):
        tuner.name = "policy" if len(policies) == 1 else f"policy {path.name}"
    task, weights = _shared_task(policies) or (Task(profile=find_profile(config.profile)), config.reward)
    tuners = [*make_tuners(config.tuners, scorer, task, weights, config.seed), *policies]
    lead = scorer if config.judge is None else create_metric(config.judge, device)
    judges = distinct([lead, *(create_metric(reference, device) for reference in config.judges)])
    climbed = [judge.name for judge in judges if same_scores(judge, scorer)]
    paths, failures = find_raws(config.raws), []
    frames = first_read(read_frames(paths, failures))
    inputs = {"raws": str(len(paths)), **{f"judge {judge.name}": judge.sha256 for judge in judges}}
    folder = new_run(config.out, config, seed=config.seed, inputs=inputs)
    seed_everything(config.seed)
    thumbnails: dict[str, dict[str, torch.Tensor]] = {}

    def keep(frame: RawFrame, tuner: str, rgb: torch.Tensor) -> None:
        if frame.name in thumbnails or len(thumbnails) < SHEET_ROWS:
            thumbnails.setdefault(frame.name, {})[tuner] = _thumbnail(rgb)

    with progress(total=len(paths) * len(tuners), label="benchmark", unit="render") as bar:
        results = run_benchmark(frames, tuners, judges, scene_of, bar.update, keep)
    table = standings(results, climbed)
    write_text(folder / "results.csv", results_csv(results))
    write_json(folder / "standings.json", [_without_nan(asdict(standing)) for standing in table])
    text = table_text(table)
    write_text(folder / "table.txt", text + "\n")
    print(text)
    _write_sheet(folder / "sheet.jpg", thumbnails, results)
    return Outcome(
        folder, f"{count(len(tuners), 'tuner')} compared on {count(table[0].images, 'raw')}", tuple(failures)
    )


def _shared_task(policies: Sequence[PolicyTuner]) -> tuple[Task, RewardWeights] | None:
    """The task and reward that the policies were trained for: the baselines then climb the same value."""
    tasks = [(tuner.policy.task, tuner.policy.weights) for tuner in policies]
    kinds = {(task.proxy_px, task.crops, task.profile, weights) for task, weights in tasks}
    if len(kinds) > 1:
        raise UsageError(
            "--policy: the policies were trained for different proxies, crops, profiles or rewards; benchmark them one by one"
        )
    return tasks[0] if tasks else None


def _thumbnail(rgb: torch.Tensor) -> torch.Tensor:
    return resize_short_edge(rgb[None].cpu(), min(360, *rgb.shape[1:]))[0]


def _write_sheet(path: Path, thumbnails: dict[str, dict[str, torch.Tensor]], results: Sequence[Result]) -> None:
    scores = {(result.image, result.tuner): next(iter(result.scores.values())) for result in results}
    tuners = list(dict.fromkeys(result.tuner for result in results))
    comparison_sheet(
        path,
        [[thumbnails[image][tuner] for tuner in tuners] for image in thumbnails],
        column_titles=tuners,
        row_titles=list(thumbnails),
        captions=[[f"{scores[image, tuner]:.3f}" for tuner in tuners] for image in thumbnails],
        cell_px=360,
    )


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(each) for name, each in value.items()}
    return None if value != value else value
