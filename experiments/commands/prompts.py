"""Choose CLIP's antonym prompts: 2,500 pairs of adjectives for each attribute, judged by two proxy tasks (ATTIQA, 3.3).

Task 1: the score follows the level of a distortion of one photo. Task 2: it orders SPAQ's photos as people's attribute
ratings do. The highest sum of the two rank correlations (SROCC) wins. Images and adjectives are embedded once.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from experiments.options.outcome import Outcome
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume


@dataclass(frozen=True)
class Config:
    """Options of `attiqa prompts`."""

    task1: tuple[Path, ...] = ()
    """Photos to distort: image files, folders or .tar shards. Without them only task 2 is run."""
    task2: Path | None = None
    """Folder of SPAQ, for its attribute ratings. Without it only task 1 is run."""
    out: Path = Path("runs/prompts")
    """Run folder: prompts.json, pairs.csv, scores.safetensors, heatmaps/ and the cache, embeddings/."""
    cache: Path | None = None
    """Folder of embeddings; give that of an earlier run to search other adjectives without a pass over the images."""
    adjectives: Path | None = None
    """Own adjectives, a TOML file like attiqa_core/adjectives.toml; default that one."""
    levels: str = "11"
    """Levels of each distortion: how many, evenly spaced, or kadid for KADID-10k's five."""
    distort_at: int = 512
    """Short edge of the photos when they are distorted, px; 224 distorts at the encoder's own size."""
    most_photos: int = 200
    """Photos of task 1 that are used, drawn at random; 0 for all."""
    images: Path | None = None
    """Folder of task 2's images; default SPAQ's TestImage/."""
    allow_missing: bool = False
    """Leave out rated images whose file is absent."""
    exclude_test: Path | None = None
    """Split file of SPAQ: its test images (of all its splits) take no part, so that no label of theirs leaks."""
    clip_model: str = "ViT-B-16"
    """An architecture of open_clip, or hf-hub:org/name, or local-dir:/folder."""
    clip_weights: str = "openai"
    """A set of weights that open_clip knows, or the path of a file."""
    clip_activation: Literal["auto", "gelu", "quick-gelu"] = "auto"
    """What the weights were trained with, needed for a file: quick-gelu (OpenAI's) or gelu (LAION's)."""
    heatmaps: bool = True
    """Draw a heat map for each attribute and score."""
    threads: int = 2
    """Threads that decode photos and that rank scores."""
    seed: int = 0
    """Draws the photos and the noise of task 1."""
    device: str = "auto"
    """auto, cpu or cuda."""
    resume: bool = False
    """Go on with an interrupted run in the same folder."""


def run(config: Config) -> Outcome:
    """Embed what the cache lacks, rank all pairs and write the chosen sets; unreadable photos are failures."""
    from attiqa_core import runs
    from attiqa_core.prompts import report as prompt_report
    from attiqa_core.prompts.prompts import SHIPPED_ADJECTIVES, read_adjectives
    from attiqa_core.prompts.proxy_runs import run_task_1, run_task_2
    from attiqa_core.prompts.proxy_tasks import graded_levels
    from attiqa_core.prompts.search import embed_candidates
    from attiqa_core.teachers.clip import QUICK_GELU, ClipTeacher

    _check(config)
    source = config.adjectives or SHIPPED_ADJECTIVES
    adjectives, levels = read_adjectives(source), graded_levels(config.levels)
    inputs = {"adjectives_sha256": runs.sha256(source)}
    if _is_finished(config, inputs):
        return Outcome(config.out)
    device, activation = runs.pick_device(config.device), QUICK_GELU[config.clip_activation]
    teacher = ClipTeacher(config.clip_model, config.clip_weights, device=device, quick_gelu=activation)
    folder = begin_or_resume(config, inputs, (*FREE_ON_RESUME, "threads", "heatmaps"))
    candidates = embed_candidates(teacher, adjectives)
    done = []
    if config.task1:
        done.append(run_task_1(config, teacher, levels, candidates))
    if config.task2 is not None:
        done.append(run_task_2(config, teacher, candidates))
    ranked = prompt_report.rankings({task.name: task.sroccs for task in done}, adjectives)
    content = {
        **prompt_report.report(ranked),
        "encoder": {"pretrained": config.clip_weights, **teacher.encoder()},
        "adjectives": {"source": str(source), **inputs},
        **{task.name: task.about for task in done},
    }
    _write(folder, ranked, content, config.heatmaps)
    print(prompt_report.summary(ranked))
    return Outcome(folder, tuple(failure for task in done for failure in task.failures))


def _check(config: Config) -> None:
    from attiqa_core.errors import UsageError

    if not config.task1 and config.task2 is None:
        raise UsageError("nothing to judge prompts by: give --task1 PHOTOS, --task2 SPAQ, or both")
    if config.threads < 1 or config.most_photos < 0 or config.distort_at < 32:
        raise UsageError("--threads must be at least 1, --most-photos at least 0 and --distort-at at least 32")
    if config.exclude_test is not None and config.task2 is None:
        raise UsageError("--exclude-test: is about the images of task 2; give --task2 SPAQ as well")


def _is_finished(config: Config, inputs: dict[str, str]) -> bool:
    """Whether --resume names a run that is complete. Raises: UsageError if that run was of other options or words."""
    from dataclasses import replace

    from attiqa_core import runs
    from attiqa_core.errors import UsageError

    if not config.resume or not (config.out / "prompts.json").exists():
        return False
    begun = (config.out / "config.toml").read_text(encoding="utf-8")
    as_now = {runs.to_toml(replace(config, resume=resume)) for resume in (False, True)}
    if begun not in as_now or runs.read_json(config.out / "meta.json")["inputs"] != inputs:
        raise UsageError(
            f"{config.out}: is finished, with other options or adjectives; give another --out, and "
            f"--cache {config.cache or config.out / 'embeddings'} to use its embeddings again"
        )
    return True


def _write(folder: Path, ranked: dict[str, Any], content: dict[str, Any], heatmaps: bool) -> None:
    """Write all results; prompts.json comes last and marks the run as complete."""
    import torch

    from attiqa_core import runs
    from attiqa_core.prompts import report as prompt_report
    from experiments.drawing.heatmaps import draw_heatmap

    scores = {
        f"{name}.{each}": torch.from_numpy(rank.scores) for name, of in ranked.items() for each, rank in of.items()
    }
    runs.save_tensors(folder / "scores.safetensors", scores)
    runs.write_text(folder / "pairs.csv", prompt_report.pair_table(ranked))
    for name, of_attribute in ranked.items() if heatmaps else ():
        unit = "sum of both tasks' SROCC" if name == "joint" else "SROCC"
        for attribute, ranking in of_attribute.items():
            paper = ranking.of_table_1(attribute)
            draw_heatmap(folder / "heatmaps" / f"{attribute}_{name}.png", f"{attribute}, {name}", unit, ranking, paper)
    runs.write_json(folder / "prompts.json", content)
