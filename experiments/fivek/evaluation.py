"""Rows over photos: every figure of every photo, and what had to be left out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from attiqa_core.errors import InputError
from attiqa_core.judges.judge import Judge
from attiqa_core.tensors import Images
from experiments.fivek.cases import Case, Photos, Row, case_of
from experiments.fivek.kept import Found, Kept, Laid
from experiments.fivek.metrics import FIGURES, Figures, Mean, is_too_small, mean_of, measured, other_rounding, prepared
from isp_env.fivek.protocols import Protocol


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
    `expert_judged`: what judges say of the expert's own pictures; `clipped`: the share of each that sRGB could not hold; `laid`: where
    renders lie over each; `too_small`: those whose expert's picture has less than the protocol's size.
    """

    protocol: Protocol
    rows: tuple[RowFigures, ...]
    missing: tuple[int, ...]
    left_out: dict[int, str]
    expert_judged: dict[str, dict[int, float]]
    clipped: dict[int, float] = field(default_factory=dict)
    laid: dict[int, Laid] = field(default_factory=dict)
    too_small: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many photos were compared."""
        return len(self.protocol.photos) - len(self.missing) - len(self.left_out)

    @property
    def is_whole(self) -> bool:
        """Whether every photo of the list was compared at the protocol's size, so that numbers of the same protocol are comparable."""
        return not (self.missing or self.left_out or self.too_small)


def evaluate(
    protocol: Protocol,
    rows: Sequence[Row],
    photos: Photos,
    missing: Sequence[int],
    *,
    judges: Sequence[Judge] = (),
    numbers: Iterable[int],
    kept: Kept,
    look: Callable[[int, Case], None] = lambda number, case: None,
) -> Evaluation:
    """Return every row's figures of the photos `numbers`, one photo in memory at a time; `look` is shown each photo's case.

    What `kept` has is not looked at again; what is found goes there once `look` is done with it. A photo that cannot be compared for one row is left out for all. Raises: InputError if none is left.
    """
    found, left_out = dict[int, Found](), dict[int, str]()
    for number in numbers:
        if (before := kept.of(number)) is not None:
            found[number] = before
            continue
        try:
            case = case_of(number, rows, photos)
            found[number] = _found(case, rows, judges)
        except InputError as error:
            left_out[number] = str(error)
            continue
        look(number, case)
        kept.add(number, found[number])
    if not found:
        raise InputError(f"no photo can be compared; {next(iter(left_out.values()), 'none is here')}")
    return Evaluation(
        protocol,
        tuple(_gathered(row, found, judges) for row in rows),
        tuple(missing),
        left_out,
        {judge.name: {number: each.expert_judged[judge.name] for number, each in found.items()} for judge in judges},
        {number: each.clipped for number, each in found.items()},
        {number: each.laid for number, each in found.items() if each.laid is not None},
        tuple(number for number, each in found.items() if each.too_small),
    )


def _found(case: Case, rows: Sequence[Row], judges: Sequence[Judge]) -> Found:
    compared = {row.name: prepared(*case.pairs[row.name], row.protocol) for row in rows}
    both = {row.name: (row.protocol, other_rounding(row.protocol)) for row in rows}
    figures = {
        name: (measured(*pair, both[name][0]), measured(*pair, both[name][1])) for name, pair in compared.items()
    }
    judged = {judge.name: {name: _judged(judge, made) for name, (made, _) in compared.items()} for judge in judges}
    wanted = compared[rows[-1].name][1]
    placement = case.placement
    laid = None if placement is None else (placement.turns, placement.shift_px, placement.alike)
    too_small = is_too_small(case.pairs[rows[-1].name][1], rows[-1].protocol)
    of_expert = {judge.name: _judged(judge, wanted) for judge in judges}
    return Found(figures, judged, of_expert, case.clipped, too_small, laid)


def _gathered(row: Row, found: dict[int, Found], judges: Sequence[Judge]) -> RowFigures:
    own, other = ({number: each.figures[row.name][which] for number, each in found.items()} for which in (0, 1))
    judged = {
        judge.name: {number: each.judged[judge.name][row.name] for number, each in found.items()} for judge in judges
    }
    return RowFigures(row, own, other, judged)


def _judged(judge: Judge, picture: Images) -> float:
    """As people would see it: of 8 bits."""
    return float(judge.score((picture * 255).round() / 255))
