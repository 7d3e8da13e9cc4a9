"""An evaluation as lines of text: rows under the protocol that they were measured by, published numbers beside their own alone."""

from collections.abc import Iterator

from experiments.fivek.evaluation import Evaluation, RowFigures
from experiments.fivek.metrics import FIGURES
from experiments.fivek.published import published_under
from isp_env.fivek.protocols import Protocol

HEADS = {"psnr_db": "PSNR dB", "ssim": "SSIM", "delta_e_2000": "dE 2000", "delta_e_76": "dE 1976"}
DIGITS = {"psnr_db": 2, "ssim": 4, "delta_e_2000": 2, "delta_e_76": 2}
NAME_WIDTH, WIDTH, JUDGE_WIDTH = 28, 26, 20


def lines(evaluation: Evaluation) -> Iterator[str]:
    """Yield the table: a group for each protocol, its rows with 95 % intervals over photos, and what was published under it."""
    judges = [*evaluation.expert_judged]
    for protocol in protocols_of(evaluation):
        yield f"protocol {protocol}"
        yield _row("", [*(HEADS[name] for name in FIGURES), *judges])
        for row in evaluation.rows:
            if row.row.protocol.sha256 == protocol.sha256:
                yield _row(row.row.name, [*_figures(row), *(_mean(row.judged[judge]) for judge in judges)])
        yield from _published(evaluation, protocol)
    if judges:
        blank = [""] * len(FIGURES)
        expert = f"expert {evaluation.protocol.expert.upper()}"
        yield _row(expert, [*blank, *(_mean(evaluation.expert_judged[judge]) for judge in judges)])
    yield coverage(evaluation)


def protocols_of(evaluation: Evaluation) -> list[Protocol]:
    """Return the protocols of the rows, each once by its hash, in order."""
    return [*{row.row.protocol.sha256: row.row.protocol for row in evaluation.rows}.values()]


def coverage(evaluation: Evaluation) -> str:
    """Return in a sentence how much of the list was compared, and whether its numbers are to be compared with others."""
    of = f"{evaluation.count} of {len(evaluation.protocol.photos)} photos"
    if evaluation.is_whole:
        return f"{of}; figures are means over photos, with 95 % intervals over other photos of the kind"
    small = f", {len(evaluation.too_small)} smaller than the protocol's size" if evaluation.too_small else ""
    return f"{of}, not comparable: {len(evaluation.missing)} missing, {len(evaluation.left_out)} left out{small}"


def _published(evaluation: Evaluation, protocol: Protocol) -> Iterator[str]:
    found = published_under(protocol)
    if not found and published_under(protocol.differing(target="pictures")):
        yield "  published numbers are of the expert's pictures as published, not of the TIFFs: give those with --targets"
    elif not found:
        yield "  published under this protocol: nothing that we know of"
    elif not evaluation.is_whole:
        yield "  published under this protocol: not shown beside a part of its photos"
    else:
        for method, psnr_db in found.items():
            yield _row(f"published: {method}", [f"{psnr_db:.2f}"])


def _figures(row: RowFigures) -> Iterator[str]:
    for name, mean in row.means().items():
        digits = DIGITS[name]
        low, high = mean.interval or (None, None)
        interval = "" if low is None or high is None else f" ({low:.{digits}f} to {high:.{digits}f})"
        yield f"{mean.value:.{digits}f}{interval}"


def _mean(scores: dict[int, float]) -> str:
    return f"{sum(scores.values()) / len(scores):.3f}"


def _row(name: str, cells: list[str]) -> str:
    widths = [WIDTH] * len(FIGURES) + [JUDGE_WIDTH] * len(cells)
    return (
        f"  {name:<{NAME_WIDTH}}"
        + "".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=False)).rstrip()
    )
