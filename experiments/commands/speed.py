"""Time what users wait for on this machine, from the ISP to fine-tuning; each beside the plain way of doing it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from experiments.options.outcome import Outcome
from experiments.timings import Row, environment, finetune, folder, isp, label, pretrain, prompts, raw_to_jpeg
from experiments.timings import scorer as frozen_scorer

Part = Literal["isp", "scorer", "env", "raw", "folder", "prompts", "label", "pretrain", "finetune"]


@dataclass(frozen=True)
class Config:
    """Options of `attiqa speed`."""

    out: Path | None = None
    """Also write the table to this JSON file."""
    parts: tuple[Part, ...] = get_args(Part)
    """What to time."""
    scorer: str = "attiqa-mini"
    """Name of a shipped scorer, or the folder of one."""
    raw: Path | None = None
    """A raw file for raw-to-JPEG; default a synthetic 12 MP DNG."""
    repeats: int = 5
    """Runs of each; the median counts, after one that does not."""
    compile: bool = True
    """Also time the ISP on proxies under torch.compile (adds some minutes)."""
    device: str = "auto"
    """auto, cpu or cuda."""


def run(config: Config) -> Outcome:
    """Time the parts asked for and print the table."""
    from attiqa_core.errors import UsageError
    from attiqa_core.runs import pick_device, provenance, write_json
    from attiqa_core.scorer import Scorer

    if config.out is not None and config.out.exists():
        raise UsageError(f"--out {config.out}: exists already; name another file or remove it")
    device = pick_device(config.device)
    scorer = Scorer.load(config.scorer, device, crops=1)
    machine = provenance()
    print(
        f"machine: {machine['device']}, {machine['threads']} threads, torch {machine['versions']['torch']}, on {device}"
    )
    timers: dict[str, Callable[[], list[Row]]] = {
        "isp": lambda: isp.measure(config.repeats, device, config.compile),
        "scorer": lambda: frozen_scorer.measure(config.repeats, scorer),
        "env": lambda: environment.measure(config.repeats, scorer),
        "raw": lambda: raw_to_jpeg.measure(config.repeats, device, config.raw),
        "folder": lambda: folder.measure(config.repeats, device),
        "prompts": lambda: prompts.measure(config.repeats, device),
        "label": lambda: label.measure(config.repeats, device),
        "pretrain": lambda: pretrain.measure(config.repeats, device, compiled=config.compile),
        "finetune": lambda: finetune.measure(config.repeats, device),
    }
    rows: list[Row] = []
    for part in config.parts:
        for row in timers[part]():
            print(f"  {row.what:<52}{row.figure:>10.2f} {row.unit:<8} {row.note}", flush=True)
            rows.append(row)
    if config.out is not None:
        write_json(config.out, {**machine, "rows": [vars(row) for row in rows]})
    return Outcome(config.out if config.out is not None else f"{len(rows)} figures, median of {config.repeats} runs")
