"""Choose CLIP's antonym prompts: 2,500 pairs of adjectives for each attribute, judged by two proxy tasks (ATTIQA, 3.3)."""

from pathlib import Path
from typing import Any

import torch

from attiqa_core.files.whole import sha256, write_json, write_text
from attiqa_core.network.clip_weights import QUICK_GELU
from attiqa_core.prompts import report as prompt_report
from attiqa_core.prompts.adjectives import SHIPPED_ADJECTIVES, read_adjectives
from attiqa_core.prompts.proxy_runs import run_task_1, run_task_2
from attiqa_core.prompts.proxy_tasks import graded_levels
from attiqa_core.prompts.search import embed_candidates
from attiqa_core.runs.device import pick_device
from attiqa_core.teachers.clip import ClipTeacher
from attiqa_core.tensor_files import save_tensors
from experiments.drawing.heatmaps import draw_heatmap
from experiments.options.outcome import Outcome, count
from experiments.options.prompts import Config
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume

FREE = (*FREE_ON_RESUME, "threads", "heatmaps")
"""Options that may change between the parts of a run: no score depends on them."""


def run(config: Config) -> Outcome:
    """Embed what the cache lacks, rank all pairs and write the chosen sets; unreadable photos are failures."""
    config.check()
    source = config.adjectives or SHIPPED_ADJECTIVES
    adjectives, levels = read_adjectives(source), graded_levels(config.levels)
    inputs = {"adjectives_sha256": sha256(source)}
    if _is_finished(config):
        begin_or_resume(config, inputs, FREE)
        return Outcome(config.out, "nothing left to do, 0 images embedded")
    device, activation = pick_device(config.device), QUICK_GELU[config.clip_activation]
    teacher = ClipTeacher(config.clip_model, config.clip_weights, device=device, quick_gelu=activation)
    folder = begin_or_resume(config, inputs, FREE)
    candidates = embed_candidates(teacher, adjectives)
    done = []
    cache = config.cache or folder / "embeddings"
    if config.task1:
        options = {name: getattr(config, name) for name in ("most_photos", "distort_at", "seed", "threads")}
        done.append(run_task_1(config.task1, teacher, levels, candidates, cache, **options))
    if config.task2 is not None:
        options = {name: getattr(config, name) for name in ("images", "allow_missing", "exclude_test", "threads")}
        done.append(run_task_2(config.task2, teacher, candidates, cache, **options))
    ranked = prompt_report.rankings({task.name: task.sroccs for task in done}, adjectives)
    content = {
        **prompt_report.report(ranked),
        "encoder": {"pretrained": config.clip_weights, **teacher.encoder()},
        "adjectives": {"source": str(source), **inputs},
        **{task.name: task.about for task in done},
    }
    _write(folder, ranked, content, config.heatmaps)
    print(prompt_report.summary(ranked))
    pairs = sum(ranking.scores.size for ranking in next(iter(ranked.values())).values())
    ranking_done = f"{count(pairs, 'pair')} of adjectives ranked by {count(len(done), 'task')}"
    return Outcome(folder, ranking_done, tuple(failure for task in done for failure in task.failures))


def _is_finished(config: Config) -> bool:
    """Whether --resume names a run with all that is asked for: the prompts and, unless left out, the heat maps."""
    drawn = not config.heatmaps or (config.out / "heatmaps").is_dir()
    return config.resume and drawn and (config.out / "prompts.json").exists()


def _write(folder: Path, ranked: dict[str, Any], content: dict[str, Any], heatmaps: bool) -> None:
    """Write all results; prompts.json comes last and marks the run as complete."""
    scores = {
        f"{name}.{each}": torch.from_numpy(rank.scores) for name, of in ranked.items() for each, rank in of.items()
    }
    save_tensors(folder / "scores.safetensors", scores)
    write_text(folder / "pairs.csv", prompt_report.pair_table(ranked))
    for name, of_attribute in ranked.items() if heatmaps else ():
        unit = "sum of both tasks' SROCC" if name == "joint" else "SROCC"
        for attribute, ranking in of_attribute.items():
            paper = ranking.of_table_1(attribute)
            draw_heatmap(folder / "heatmaps" / f"{attribute}_{name}.png", f"{attribute}, {name}", unit, ranking, paper)
    write_json(folder / "prompts.json", content, seal=True)
