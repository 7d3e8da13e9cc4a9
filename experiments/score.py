"""Score photographs with ATTIQA: MOS in [0, 1] (higher is better) and five attributes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from experiments.outcome import Outcome


@dataclass(frozen=True)
class Config:
    """Options of `attiqa score`."""

    images: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Image files or folders."""
    scorer: str = "attiqa-mini"
    """Name of a shipped scorer, or the folder of one."""
    crops: int = 5
    """5 crops averaged (the paper's way), or 1 (centre; faster)."""
    batch: int = 16
    """Images per pass where their sizes agree."""
    csv: Path | None = None
    """Also write the table to this CSV."""
    device: str = "auto"
    """auto, cpu or cuda."""


def run(config: Config) -> Outcome:
    """Print score and attributes per image, best first; images that cannot be read are reported and skipped."""
    from attiqa_core.attributes import ATTRIBUTES
    from attiqa_core.errors import UsageError
    from attiqa_core.images import find_images
    from attiqa_core.runs import pick_device, write_text
    from attiqa_core.scorer import Scorer

    if config.csv is not None and config.csv.exists():
        raise UsageError(f"--csv {config.csv}: exists already; name another file or remove it")
    if config.batch < 1:
        raise UsageError(f"--batch {config.batch}: must be at least 1")
    scorer = Scorer.load(config.scorer, pick_device(config.device), config.crops)
    rows, failures = score_files(scorer, find_images(config.images), config.batch)
    rows.sort(key=lambda row: -row[1])
    print(f"{'score':>7}  {'MOS':>6}  " + "  ".join(f"{name:>12}" for name in ATTRIBUTES) + "  image")
    for path, score, mos, *attributes in rows:
        print(f"{score:7.4f}  {mos:6.2f}  " + "  ".join(f"{value:12.3f}" for value in attributes) + f"  {path}")
    if config.csv is not None:
        write_text(config.csv, as_csv(("image", "score", "mos", *ATTRIBUTES), rows))
    return Outcome(
        config.csv if config.csv is not None else f"{len(rows)} images scored by {scorer.name}",
        tuple(failures),
    )


def score_files(scorer, paths: list[Path], batch: int) -> tuple[list[tuple], list[str]]:
    """Return (path, score, MOS, five attributes) per readable image, and a sentence per unreadable one."""
    import torch
    from tqdm import tqdm

    from attiqa_core.errors import InputError
    from attiqa_core.images import read_picture, to_images

    rows, failures, waiting = [], [], []

    @torch.inference_mode()
    def flush() -> None:
        if waiting:
            scores, attributes = scorer.read(to_images(torch.stack([picture for _, picture in waiting])))
            mos = scorer.to_mos(scores)
            for (path, _), *values in zip(waiting, scores.tolist(), mos.tolist(), attributes.tolist(), strict=True):
                rows.append((path, values[0], values[1], *values[2]))
            waiting.clear()

    for path in tqdm(paths, desc="score", unit="image", disable=None):
        try:
            picture = read_picture(path)
        except InputError as error:
            failures.append(str(error))
            continue
        if waiting and (picture.shape != waiting[0][1].shape or len(waiting) == batch):
            flush()
        waiting.append((path, picture))
    flush()
    return rows, failures


def as_csv(header: tuple[str, ...], rows: list[tuple]) -> str:
    """Return rows as CSV text (RFC 4180 quoting, LF line ends)."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
