"""What may be said of a scale: sentences that never claim more than the intervals and the tests of all pairs together."""

from collections.abc import Sequence

from experiments.study.intervals.wilson import Interval
from experiments.study.intervals.win_rate import BY_VOTE, SANDWICH, THESE_IMAGES, THESE_RATERS
from experiments.study.scale.bradley_terry import Pair, Scale
from experiments.study.scale.matrix import Cell

HOLDS_FOR = {
    SANDWICH: "intervals by rater and scene: they hold for other raters and other scenes",
    THESE_RATERS: "intervals by scene alone: they hold for these raters only",
    THESE_IMAGES: "intervals by rater alone: they hold for these scenes only",
    BY_VOTE: "too few raters and scenes for intervals that hold for others: these raters and scenes only",
}

POORLY = 0.1
"""A gap between scale and votes from which a reader should look at the matrix instead."""


def sentences(scale: Scale, gap: float = 0.0) -> list[str]:
    """Return a sentence for each pair on the scale, then what holds for all of them, then why arms are left out.

    `gap` is `matrix.largest_gap`.
    """
    said = [verdict(pair, len(scale.pairs)) for pair in scale.pairs]
    if scale.pairs:
        said.append(HOLDS_FOR[scale.clustered])
    if len(scale.pairs) > 1:
        said.append(f"all {len(scale.pairs)} pairs are tested together, by Holm's correction, at 5 %")
    if scale.between:
        said.append(f'{scale.between:.0%} of votes were ties or "slightly": fractions of a win (1/2, 3/4)')
    if gap >= POORLY:
        said.append(
            f"the scale misses a pair's votes by up to {100 * gap:.0f} points: preferences are not on one line, read the matrix"
        )
    if not scale.strengths:
        said.insert(0, "no scale: no two arms have both won and lost against each other")
    return [*said, *scale.left_out.values()]


def verdict(pair: Pair, tests: int) -> str:
    """Return the sentence on one of `tests` pairs."""
    winner, loser, share, interval = _from_the_winner(pair)
    figures = f"{percent(share)} (95 %: {between(interval)})"
    if pair.preferred:
        return f"{winner} is preferred to {loser}: {figures}"
    if tests > 1 and not pair.interval.low <= 0.5 <= pair.interval.high:
        why = f"clear alone, not among {tests} tests (p = {pair.p_holm:.2g} after Holm)"
        return f"no clear preference between {winner} and {loser}: {figures}, {why}"
    return f"no clear preference between {winner} and {loser}: {figures}"


def of_cell(cell: Cell) -> str:
    """Return a cell of the matrix as text: the share of `first` and its interval."""
    return f"{100 * cell.rate:.0f} ({100 * cell.interval.low:.0f}-{100 * cell.interval.high:.0f})"


def percent(share: float) -> str:
    """Return a share as 58.0 %."""
    return f"{100 * share:.1f} %"


def between(interval: Interval) -> str:
    """Return an interval of a share in percent."""
    return f"{100 * interval.low:.1f} to {100 * interval.high:.1f}"


def _from_the_winner(pair: Pair) -> tuple[str, str, float, Interval]:
    if pair.probability >= 0.5:
        return pair.first, pair.second, pair.probability, pair.interval
    return pair.second, pair.first, 1 - pair.probability, Interval(1 - pair.interval.high, 1 - pair.interval.low)


def table(scale: Scale, cells: Sequence[Cell]) -> str:
    """Return the scale, the matrix of win rates and the sentences as text."""
    parts = [_strengths(scale)] if scale.strengths else []
    if cells:
        parts.append(_matrix([each.arm for each in scale.strengths], cells))
    return "\n\n".join([*parts, "\n".join(sentences(scale, gap_of(scale, cells)))])


def gap_of(scale: Scale, cells: Sequence[Cell]) -> float:
    """Return `matrix.largest_gap` of a scale."""
    from_both = {(pair.first, pair.second): pair.probability for pair in scale.pairs}
    from_both |= {(second, first): 1 - share for (first, second), share in from_both.items()}
    rates = {(cell.first, cell.second): cell.rate for cell in cells}
    return max((abs(rate - from_both[pair]) for pair, rate in rates.items() if pair in from_both), default=0.0)


def _strengths(scale: Scale) -> str:
    rows = [("arm", "strength", "95 %", "rank")]
    for each in scale.strengths:
        best, worst = each.ranks
        interval = f"{each.interval.low:+.2f} to {each.interval.high:+.2f}"
        rows.append((each.arm, f"{each.value:+.2f}", interval, f"{best}" if best == worst else f"{best}-{worst}"))
    return _aligned(rows) + "\nstrength in logits, the mean is 0"


def _matrix(order: Sequence[str], cells: Sequence[Cell]) -> str:
    known = {(each.first, each.second): each for cell in cells for each in (cell, cell.turned())}
    rest = dict.fromkeys(name for pair in known for name in pair if name not in order)
    names = [*order, *rest]
    rows = [("% won over", *names)]
    for first in names:
        row = [of_cell(known[first, second]) if (first, second) in known else "-" for second in names]
        rows.append((first, *row))
    return _aligned(rows) + "\n" + _votes(cells)


def _votes(cells: Sequence[Cell]) -> str:
    counts = [cell.votes for cell in cells]
    return f"votes for a pair of arms: {min(counts):,} to {max(counts):,}; intervals are of each pair alone"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)
