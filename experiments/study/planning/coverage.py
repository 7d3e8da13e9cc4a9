"""How often the intervals of studies hold the truth: simulated studies of known win rates, analysed as real ones are.

python -m experiments.study.planning.coverage --studies 1000 --out runs/coverage.csv
"""

import csv
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import logit

from attiqa_core.files.damaged import refusing
from attiqa_core.files.whole import write_text
from experiments.study.intervals import crossed_logit, sandwich, win_rate
from experiments.study.intervals.bootstrap import clustered
from experiments.study.intervals.measured import NotMeasured
from experiments.study.intervals.wilson import Interval, wilson
from experiments.study.planning.designs import DESIGNS, PREFERRED, Design
from experiments.study.planning.population import Population
from experiments.study.planning.simulate import ARMS, Shown, drawn, scores_of, simulated, where_these_come_to
from experiments.study.scale.bradley_terry import SIGNIFICANT, Scale, scale_of, strengths
from experiments.study.vote import Vote

DRAWS = 1000
"""Of the bootstrap: a tenth of what an analysis draws, which moves its ends by less than a tenth of its width."""

SAME_LISTS = 50
"""So many studies share their lists of comparisons; raters, scenes and answers are drawn anew for each."""

CROSSED_STUDIES = 30
"""The crossed logit takes a second for a study: the first so many of a row have it."""

STRENGTHS, PAIRS = "Bradley-Terry strengths", "Bradley-Terry pairs"


@dataclass(frozen=True)
class Simulated:
    """A study of a known win rate of the first arm over the second: among all raters, or where `narrow` among its own."""

    votes: list[Vote]
    population: Population
    truth: float
    narrow: bool


class Try(NamedTuple):
    """One study by one method: shares of its intervals that hold the truth, their width, whether a claim was made."""

    covered: float
    width: float
    claimed: bool


@dataclass(frozen=True)
class Row:
    """A method over all studies of one design and truth. `claims` is power, or at a truth of one half the false claims.

    Of more than two arms, claims are of the first arm against the second; at a truth of one half, after Holm's correction,
    of any two."""

    design: str
    truth: float
    method: str
    studies: int
    coverage: float
    width: float
    claims: float


def rows(design: Design, truth: float, studies: int, seed: int) -> list[Row]:
    """Return a row for each method, the interval that verdicts use first."""
    tries: dict[str, list[Try]] = defaultdict(list)
    for number, study in enumerate(studies_of(design, truth, studies, seed)):
        for method, tried in each_method(study, number):
            tries[method].append(tried)
    return [
        Row(design.name, truth, method, len(found), *(float(np.mean(column)) for column in zip(*found, strict=True)))
        for method, found in tries.items()
    ]


def studies_of(design: Design, truth: float, studies: int, seed: int) -> Iterator[Simulated]:
    """Yield simulated studies; of one seed always the same. Below three raters their own win rate is `truth`."""
    rng = np.random.default_rng([seed, round(1000 * truth), design.raters])
    everybody = design.population(truth)
    shown: Shown = ()
    for number in range(studies):
        if number % SAME_LISTS == 0:
            shown = design.shown(rng)
        people = drawn(everybody, design.raters, rng)
        narrow = design.raters < win_rate.FEWEST
        population = where_these_come_to(truth, everybody, people) if narrow else everybody
        yield Simulated(simulated(population, people, shown, rng), population, truth, narrow)


def each_method(study: Simulated, number: int) -> Iterator[tuple[str, Try]]:
    """Yield the intervals of one study by name, tried against its population's truth."""
    scores, raters, images = scores_of(study.votes, *ARMS[:2])
    methods: dict[str, Callable[[], Interval]] = {
        win_rate.THESE_RATERS: lambda: sandwich.one_way(scores, images),
        win_rate.SANDWICH: lambda: sandwich.two_way(scores, raters, images),
        win_rate.BOOTSTRAP: lambda: clustered(scores, raters, images, np.random.default_rng(number), draws=DRAWS),
        win_rate.BY_VOTE: lambda: wilson(float(scores.mean()), len(scores)),
        win_rate.CROSSED: lambda: crossed_logit.interval(scores, raters, images),
    }
    del methods[win_rate.SANDWICH if study.narrow else win_rate.THESE_RATERS]
    if study.narrow or number >= CROSSED_STUDIES:
        del methods[win_rate.CROSSED]
    for name, method in methods.items():
        try:
            yield name, _tried(method(), study.truth)
        except NotMeasured:  # a crossed logit that does not converge says so, and is counted by its fewer studies
            continue
    if len(study.population.strengths) > 2:
        yield from _on_the_scale(study)


def _tried(interval: Interval, truth: float) -> Try:
    return Try(
        interval.low <= truth <= interval.high, interval.high - interval.low, not interval.low <= 0.5 <= interval.high
    )


def _on_the_scale(study: Simulated) -> Iterator[tuple[str, Try]]:
    """The strengths that the population's own win rates come to, and their differences."""
    arms = len(study.population.strengths)
    scale = scale_of(study.votes, {arm: arm for arm in ARMS[:arms]})
    true = dict(zip(ARMS, strengths(study.population.win_rates()), strict=False))
    own = [
        Try(each.interval.low <= true[each.arm] <= each.interval.high, *_size(each.interval))
        for each in scale.strengths
    ]
    pairs = []
    for pair in scale.pairs:
        low, high = logit(pair.interval)
        covered = low <= true[pair.first] - true[pair.second] <= high
        pairs.append(Try(covered, pair.interval.high - pair.interval.low, pair.p_holm < SIGNIFICANT))
    yield STRENGTHS, _mean(own)
    yield PAIRS, _mean(pairs)._replace(claimed=_claimed(scale, study))


def _size(interval: Interval) -> tuple[float, bool]:
    return interval.high - interval.low, False


def _mean(tries: Sequence[Try]) -> Try:
    return Try(float(np.mean([each.covered for each in tries])), float(np.mean([each.width for each in tries])), False)


def _claimed(scale: Scale, study: Simulated) -> bool:
    if study.truth == 0.5:
        return any(pair.preferred for pair in scale.pairs)
    return any(pair.preferred for pair in scale.pairs if {pair.first, pair.second} == set(ARMS[:2]))


def as_csv(found: Sequence[Row]) -> str:
    """Return the rows with a header; shares to four digits."""
    lines = ["design,truth,method,studies,coverage,mean_width,claims"]
    for row in found:
        shares = f"{row.coverage:.4f},{row.width:.4f},{row.claims:.4f}"
        lines.append(f'"{row.design}",{row.truth},{row.method},{row.studies},{shares}')
    return "\n".join(lines) + "\n"


def as_markdown(found: Sequence[Row]) -> str:
    """Return a table of both truths side by side, in %: what docs/study.md holds."""
    lines = [
        "| design | interval | covers, % (truth 50 %) | covers, % (truth 58 %) | width, points | claims, % (50 %) | claims, % (58 %) |",
        "|---|---|---|---|---|---|---|",
    ]
    at = {(row.design, row.method, row.truth): row for row in found}
    for design, method in dict.fromkeys((row.design, row.method) for row in found):
        null, real = at[design, method, 0.5], at[design, method, PREFERRED]
        width = f"{null.width:.2f} logits" if method == STRENGTHS else f"{100 * null.width:.1f}"
        claims = ("", "") if method == STRENGTHS else (f"{100 * row.claims:.1f}" for row in (null, real))
        shares = f"{100 * null.coverage:.1f} | {100 * real.coverage:.1f}"
        lines.append(f"| {design} | {method} | {shares} | {width} | {' | '.join(claims)} |")
    return "\n".join(lines) + "\n"


def read_rows(path: Path) -> list[Row]:
    """Return the rows that `as_csv` wrote; none where there is no file."""
    if not path.exists():
        return []
    with refusing(path, "move it away"), path.open(encoding="utf-8", newline="") as file:
        return [
            Row(one, float(two), three, int(four), *map(float, rest))
            for one, two, three, four, *rest in list(csv.reader(file))[1:]
        ]


@dataclass(frozen=True)
class Config:
    """Try every interval on simulated studies of eight designs, at true win rates of 50 and 58 %."""

    studies: int = 1000
    """of each design and truth"""
    seed: int = 0
    out: Path = Path("runs/coverage.csv")
    """written after every design, whose rows are not computed again; a table in Markdown beside it"""


def main(config: Config) -> None:
    """Write both tables and print the second."""
    found = read_rows(config.out)
    done = {row.design for row in found}
    for design in (each for each in DESIGNS if each.name not in done):
        start = time.process_time()
        for truth in (0.5, PREFERRED):
            found += rows(design, truth, config.studies, config.seed)
        write_text(config.out, as_csv(found))
        write_text(config.out.with_suffix(".md"), as_markdown(found))
        print(f"{design.name}: {time.process_time() - start:.0f} s of CPU", flush=True)
    print(as_markdown(found))


if __name__ == "__main__":
    import tyro

    main(tyro.cli(Config))
