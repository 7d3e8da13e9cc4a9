"""Compare tuners on held-out raws: full-size score, gain over the camera default with an interval, and the price."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from agents.benchmark import Result, Standing, make_tuners, run_benchmark, scene_finder, standings
from agents.tuner import PolicyTuner
from attiqa_core.errors import UsageError
from attiqa_core.files import write_json, write_text
from attiqa_core.judges.judge import create_metric
from attiqa_core.photos.images import resize_short_edge
from attiqa_core.runs import new_run, pick_device, progress, seed_everything
from experiments.drawing.score_table import as_csv
from experiments.drawing.sheets import comparison_sheet
from experiments.options.benchmark import Config
from experiments.options.outcome import Outcome, count
from isp_env.core import Task
from isp_env.loading import first_read, read_frames
from isp_env.raw import RawFrame
from isp_env.raw_io.raw_files import find_raws
from isp_env.reward_weights import RewardWeights

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
    task, weights = _shared_task(policies) or (Task(), config.reward)
    tuners = [*make_tuners(config.tuners, scorer, task, weights, config.seed), *policies]
    judge = scorer if config.judge is None else create_metric(config.judge, device)
    paths, failures = find_raws(config.raws), []
    frames = first_read(read_frames(paths, failures))
    folder = new_run(config.out, config, seed=config.seed, inputs={"raws": str(len(paths)), "judge": judge.sha256})
    seed_everything(config.seed)
    thumbnails: dict[str, dict[str, torch.Tensor]] = {}

    def keep(frame: RawFrame, tuner: str, rgb: torch.Tensor) -> None:
        if frame.name in thumbnails or len(thumbnails) < SHEET_ROWS:
            thumbnails.setdefault(frame.name, {})[tuner] = _thumbnail(rgb)

    with progress(total=len(paths) * len(tuners), label="benchmark", unit="render") as bar:
        results = run_benchmark(frames, tuners, judge, scene_of, bar.update, keep)
    header = ("image", "scene", "tuner", "score", "queries", "tuning_seconds", *results[0].params)
    rows = [
        (r.image, r.scene, r.tuner, r.score, r.queries, round(r.tuning_seconds, 4), *r.params.values()) for r in results
    ]
    table = standings(results)
    write_text(folder / "results.csv", as_csv(header, rows))
    write_json(folder / "standings.json", [_without_nan(asdict(standing)) for standing in table])
    text = table_text(table, judge.name)
    write_text(folder / "table.txt", text + "\n")
    print(text)
    _write_sheet(folder / "sheet.jpg", thumbnails, results)
    return Outcome(
        folder, f"{count(len(tuners), 'tuner')} compared on {count(table[0].images, 'raw')}", tuple(failures)
    )


def table_text(table: Sequence[Standing], judge: str) -> str:
    """Return the standings as aligned text with a line on how to read them."""
    lines = [f"{'tuner':<16}{'score':>8}{'gain':>9}  {'95 % interval':<20}{'better':>7}{'queries':>9}{'s/raw':>8}"]
    for each in table:
        interval = f"{each.gain_low:+.4f} to {each.gain_high:+.4f}" if each.scenes > 1 else "one scene only"
        lines.append(
            f"{each.tuner:<16}{each.mean_score:>8.4f}{each.mean_gain:>+9.4f}  {interval:<20}"
            f"{each.better_share:>7.0%}{each.queries:>9}{each.seconds_per_image:>8.2f}"
        )
    lines.append(
        f"{table[0].images} raws of {table[0].scenes} scenes; score: {judge}, five crops of the full-size render, about [0, 1]; "
        "gain: over the camera default, interval by paired bootstrap over scenes"
    )
    return "\n".join(lines)


def _shared_task(policies: Sequence[PolicyTuner]) -> tuple[Task, RewardWeights] | None:
    """The task and reward that the policies were trained for: the baselines then climb the same value."""
    kinds = {(tuner.policy.task.proxy_px, tuner.policy.weights) for tuner in policies}
    if len(kinds) > 1:
        raise UsageError(
            "--policy: the policies were trained for different proxies or rewards; benchmark them one by one"
        )
    return (policies[0].policy.task, policies[0].policy.weights) if policies else None


def _thumbnail(rgb: torch.Tensor) -> torch.Tensor:
    return resize_short_edge(rgb[None].cpu(), min(360, *rgb.shape[1:]))[0]


def _write_sheet(path: Path, thumbnails: dict[str, dict[str, torch.Tensor]], results: Sequence[Result]) -> None:
    scores = {(result.image, result.tuner): result.score for result in results}
    tuners = list(dict.fromkeys(result.tuner for result in results))
    comparison_sheet(
        path,
        [[thumbnails[image][tuner] for tuner in tuners] for image in thumbnails],
        column_titles=tuners,
        row_titles=list(thumbnails),
        captions=[[f"{scores[image, tuner]:.3f}" for tuner in tuners] for image in thumbnails],
        cell_px=360,
    )


def _without_nan(row: dict) -> dict:
    return {name: None if value != value else value for name, value in row.items()}
