"""Rows over photos: every figure of every photo, and what had to be left out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from attiqa_core.errors import InputError
from attiqa_core.judges.judge import Judge
from attiqa_core.tensors import Images
from experiments.fivek.cases import Photos, Row, pairs_of
from experiments.fivek.metrics import FIGURES, Figures, Mean, mean_of, measured, prepared
from isp_env.fivek.protocols import ROUNDINGS, Protocol


@dataclass(frozen=True)
class RowFigures:
    """A row's figures of each photo, by number: as its protocol rounds, and by the `other` rounding; and what judges say."""

    row: Row
    figures: dict[int, Figures] = field(default_factory=dict)
    other: dict[int, Figures] = field(default_factory=dict)
    judged: dict[str, dict[int, float]] = field(default_factory=dict)

    def means(self) -> dict[str, Mean]:
        """Return the mean of every figure over photos, by the protocol's rounding."""
        return {name: mean_of([*self.figures.values()], name) for name in FIGURES}

    def other_means(self) -> dict[str, Mean]:
        """Return the same by the other rounding."""
        return {name: mean_of([*self.other.values()], name) for name in FIGURES}


@dataclass(frozen=True)
class Evaluation:
    """All rows over the photos of a protocol's list that could be compared.

    `missing` were not there; `left_out` were, but show something else or cannot be read: the reason of each, by number.
    `expert_judged`: what judges say of the expert's own pictures.
    """

    protocol: Protocol
    rows: tuple[RowFigures, ...]
    missing: tuple[int, ...]
    left_out: dict[int, str]
    expert_judged: dict[str, dict[int, float]]

    @property
    def count(self) -> int:
        """How many photos were compared."""
        return len(self.protocol.photos) - len(self.missing) - len(self.left_out)

    @property
    def is_whole(self) -> bool:
        """Whether every photo of the list was compared, so that numbers of the same protocol are comparable."""
        return not self.missing and not self.left_out


def other_rounding(protocol: Protocol) -> Protocol:
    """Return the same protocol with the other rounding."""
    (rounding,) = (each for each in ROUNDINGS if each != protocol.rounding)
    return protocol.differing(rounding=rounding)


def evaluate(
    protocol: Protocol,
    rows: Sequence[Row],
    photos: Photos,
    missing: Sequence[int],
    *,
    judges: Sequence[Judge] = (),
    numbers: Iterable[int],
    look: Callable[[int, dict[str, tuple[Images, Images]]], None] = lambda number, pairs: None,
) -> Evaluation:
    """Return every row's figures of the photos `numbers`, one photo in memory at a time; `look` is shown each photo's pairs.

    A photo that cannot be compared for one row is left out for all. Raises: InputError if none is left.
    """
    others = {row.name: other_rounding(row.protocol) for row in rows}
    results = {row.name: RowFigures(row, judged={each.name: {} for each in judges}) for row in rows}
    left_out: dict[int, str] = {}
    expert_judged: dict[str, dict[int, float]] = {each.name: {} for each in judges}
    for number in numbers:
        try:
            pairs = pairs_of(number, rows, photos)
            compared = {row.name: prepared(*pairs[row.name], row.protocol) for row in rows}
            found = {
                row.name: tuple(measured(*compared[row.name], each) for each in (row.protocol, others[row.name]))
                for row in rows
            }
        except InputError as error:
            left_out[number] = str(error)
            continue
        for name, (figures, other) in found.items():
            results[name].figures[number], results[name].other[number] = figures, other
        for judge in judges:
            for name, (made, _) in compared.items():
                results[name].judged[judge.name][number] = _judged(judge, made)
            expert_judged[judge.name][number] = _judged(judge, compared[rows[-1].name][1])
        look(number, pairs)
    if not any(result.figures for result in results.values()):
        raise InputError(f"no photo can be compared; {next(iter(left_out.values()), 'none is here')}")
    return Evaluation(protocol, tuple(results.values()), tuple(missing), left_out, expert_judged)


def _judged(judge: Judge, picture: Images) -> float:
    """As people would see it: of 8 bits."""
    return float(judge.score((picture * 255).round() / 255))
