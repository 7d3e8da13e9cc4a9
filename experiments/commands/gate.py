"""Examine a scorer before it may be a reward: does it see through spoiled pictures, and what does climbing it make?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agents.attack import attack, describe
from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges import gate
from attiqa_core.judges.judge import Judge, create_metric
from attiqa_core.photos.images import Picture, read_picture
from attiqa_core.photos.places import find_images
from attiqa_core.runs.device import pick_device
from attiqa_core.runs.progress import progress
from attiqa_core.sharing.shipped import SHIPPED
from experiments.demo_set import PACKAGED, packaged_photos
from experiments.drawing.gate_sheets import write_attack
from experiments.evaluation.examination import examine
from experiments.options.gate import Config
from experiments.options.outcome import Outcome, count
from isp_env.core import IspCore
from isp_env.raw_io.loading import load_proxies
from isp_env.task import Task

ATTACK_SHEET = "attack.jpg"
SHIPPED_REPORTS = Path("runs/gate")


def run(config: Config) -> Outcome:
    """Print the tables, write gate.json and the sheets; a scorer that fails ends the command with exit code 3.

    What the attack finds is told and does not decide: a reward has terms beside the score.
    """
    config.check()
    device = pick_device(config.device)
    scorer = create_metric(config.scorer, device, config.crops)
    judges = {reference: create_metric(reference, device) for reference in config.judges}
    folder = config.out or _own_folder(scorer)
    photos, names = _photos(config.photos)
    report = examine(scorer, photos, names, folder, config.seed)
    found, failures = _attacked(config, scorer, judges, folder)
    written = gate.write(folder, scorer, report, found)
    if not report.passed:
        raise InputError(f"{config.scorer}: fails the gate on {', '.join(report.failures)}; the report is {written}")
    return Outcome(written, f"{config.scorer} sees through {count(len(names), 'spoiled photo')}", tuple(failures))


def _own_folder(scorer: Judge) -> Path:
    """Where a report lies if nothing else is said: beside the weights, but not inside this package.

    Raises: UsageError for a judge that has no folder.
    """
    if scorer.folder is None:
        raise UsageError(f"{scorer.reference}: has no folder of its own; say with --out where gate.json goes")
    return SHIPPED_REPORTS / scorer.folder.name if scorer.folder.parent == SHIPPED else scorer.folder


def _photos(paths: Sequence[Path]) -> tuple[list[Picture], list[str]]:
    if not paths:
        return packaged_photos(), list(PACKAGED)
    found = find_images(paths)
    names = [path.name for path in found]
    if len(set(names)) < len(names):
        names = [str(path) for path in found]
    return [read_picture(path) for path in found], names


def _attacked(
    config: Config, scorer: Judge, judges: dict[str, Judge], folder: Path
) -> tuple[dict[str, Any] | None, list[str]]:
    """The attack's numbers for the report and the raws that could not be read; its table is printed, its sheet written."""
    if not config.raws:
        return None, []
    if not scorer.differentiable:
        left_out = f"no attack: {config.scorer} gives no gradients to climb"
        print(left_out)
        return {"left_out": left_out}, []
    proxies, failures = load_proxies(config.raws, config.proxy_px, square=True)
    core = IspCore(proxies, scorer, Task(proxy_px=config.proxy_px, crops=0, square=True))
    with progress(total=len(core), label="attack", unit="raw") as bar:
        found = attack(core, judges, config.steps, bar.update)
    print(describe(found))
    write_attack(folder / ATTACK_SHEET, found)
    return {**found.to_dict(), "proxy_px": config.proxy_px, "unreadable": failures}, failures
