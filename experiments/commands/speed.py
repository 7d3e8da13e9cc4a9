"""Time what users wait for on this machine, from the ISP to fine-tuning; each beside the plain way of doing it."""

from collections.abc import Callable

from attiqa_core.files.whole import write_json
from attiqa_core.runs.device import pick_device
from attiqa_core.runs.folder import provenance
from attiqa_core.scorer import Scorer
from experiments.options.outcome import Outcome, count
from experiments.options.speed import Config
from experiments.timings import (
    Row,
    environment,
    finetune,
    folder,
    gradients,
    isp,
    label,
    pretrain,
    prompts,
    raw_to_jpeg,
    tools,
)
from experiments.timings import scorer as frozen_scorer


def run(config: Config) -> Outcome:
    """Time the parts asked for and print the table."""
    config.check()
    device = pick_device(config.device)
    scorer = Scorer.load(config.scorer, device, crops=1)
    machine = provenance()
    print(
        f"machine: {machine['device']}, {machine['threads']} threads, torch {machine['versions']['torch']}, on {device}"
    )
    timers: dict[str, Callable[[], list[Row]]] = {
        "isp": lambda: isp.measure(config.repeats, device, config.compile),
        "gradients": lambda: gradients.measure(config.repeats),
        "scorer": lambda: frozen_scorer.measure(config.repeats, scorer),
        "env": lambda: environment.measure(config.repeats, scorer),
        "tools": lambda: tools.measure(config.repeats, device),
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
    return Outcome(
        config.out,
        f"{count(len(rows), 'figure')} measured, each the median (files to JPEG: the best) of {count(config.repeats, 'run')}",
    )
