"""The benchmark's tables for people, within 120 columns, and its CSV."""

from collections.abc import Sequence

from agents.benchmark import Result
from agents.standings import REWARD, Comparison, Gain, Standing
from attiqa_core.sharing.references import JOINT
from experiments.drawing.score_table import as_csv

NAME = 16  # columns of a tuner's name
WIDTH = 120
SMALLEST_SHOWN = 5e-5  # a term that moves less than this for every tuner has no column


def results_csv(results: Sequence[Result]) -> str:
    """Return a line for each raw and tuner: `score` is the leading judge's, a column by name for each further judge.

    `reward` and its terms are changes from the camera default, of the proxies; scores and the measures, which begin with
    `picture_`, are those of the full-size render.
    """
    first = results[0]
    _, *further = first.scores
    terms, measures = (tuple(first.terms), tuple(f"picture_{name}" for name in first.measures))
    prices = ("queries", "renders", "tuning_seconds")
    header = ("image", "scene", "tuner", "score", *further, "reward", *terms, *measures, *prices, *first.params)
    return as_csv(header, [_cells(result) for result in results])


def _cells(result: Result) -> tuple:
    about = (result.image, result.scene, result.tuner, *result.scores.values(), result.reward, *result.terms.values())
    price = (result.queries, result.renders, round(result.seconds, 4))
    return (*about, *result.measures.values(), *price, *result.params.values())


def table_text(table: Sequence[Standing], differences: Sequence[Comparison] = ()) -> str:
    """Return the standings as aligned text: score and reward, other judges and pictures, terms, differences, how to read it."""
    parts = [_leading(table), _pictures(table), _terms(table), _differences(table, differences)]
    return "\n\n".join("\n".join(part) for part in (*parts, _legend(table)) if part)


def _leading(table: Sequence[Standing]) -> list[str]:
    lead = next(iter(table[0].verdicts))
    title = f"{'tuner':<{NAME}}{'score':>8}{'gain':>9}  {'95 % interval':<19}{'better':>6}"
    lines = [f"{title}{'reward':>9}  {'95 % interval':<19}{'better':>6}{'queries':>8}{'renders':>8}{'s/raw':>8}"]
    for each in table:
        verdict = each.verdicts[lead]
        lines.append(
            f"{each.tuner:<{NAME}}{verdict.mean_score:>8.4f}{_gain(verdict)}{_gain(each.reward)}"
            f"{each.queries:>8}{each.renders:>8}{each.seconds_per_image:>8.2f}"
        )
    return lines


def _gain(gain: Gain) -> str:
    return f"{gain.mean_gain:>+9.4f}  {interval(gain):<19}{gain.better_share:>6.0%}"


def interval(gain: Gain) -> str:
    """Return the ends of an interval in words for a table."""
    is_known = gain.gain_low == gain.gain_low
    return f"{gain.gain_low:+.4f} to {gain.gain_high:+.4f}" if is_known else "one scene only"


def _pictures(table: Sequence[Standing]) -> list[str]:
    """What further judges say, and what became of the pictures; a judge against the leading one's sign is marked."""
    lead, *further = table[0].verdicts
    widths = {judge: max(len(judge), len("-0.0000 (100%) !")) + 2 for judge in further}
    columns = [
        [f"{judge:>{widths[judge]}}", *(f"{_short(each, judge, lead):>{widths[judge]}}" for each in table)]
        for judge in further
    ]
    title = f"{'chroma':>9}{'least to most':>16}{'cast':>7}{'clipped':>9}{'noise':>7}"
    columns.append([title, *(_changed(each) for each in table)])
    names = [f"{name:<{NAME}}" for name in ("tuner", *(each.tuner for each in table))]
    lines: list[str] = []
    for block in _blocks(columns, WIDTH - max(map(len, names))):
        lines += ["".join(cells) for cells in zip(names, *block, strict=True)] + [""]
    return lines[:-1]


def _blocks(columns: Sequence[list[str]], width: int) -> list[list[list[str]]]:
    """The columns, in order, in as many blocks as fit into the width; one that is wider is a block of its own."""
    blocks: list[list[list[str]]] = [[]]
    for column in columns:
        if blocks[-1] and sum(len(each[0]) for each in (*blocks[-1], column)) > width:
            blocks.append([])
        blocks[-1].append(column)
    return blocks


def _changed(standing: Standing) -> str:
    change = standing.change
    chroma = f"{change.chroma:>8.2f}x{f'{change.chroma_low:.2f} to {change.chroma_high:.2f}':>16}"
    return f"{chroma}{change.cast:>+7.1f}{100 * change.clipped:>+8.1f}%{change.noise:>6.2f}x"


def _short(standing: Standing, judge: str, lead: str) -> str:
    verdict = standing.verdicts[judge]
    mark = "  " if agrees(standing, judge, lead) else " !"
    return f"{verdict.mean_gain:+.4f} ({verdict.better_share:.0%}){mark}"


def agrees(standing: Standing, judge: str, lead: str) -> bool:
    """Return whether a judge's mean gain has the sign of the leading one's."""
    return standing.verdicts[judge].mean_gain * standing.verdicts[lead].mean_gain >= 0


def _terms(table: Sequence[Standing]) -> list[str]:
    """The reward's terms that moved, in as many blocks as fit into the width."""
    lines: list[str] = []
    block: list[str] = []
    for name in (name for name in table[0].terms if any(abs(each.terms[name]) > SMALLEST_SHOWN for each in table)):
        if sum(map(_term_width, [*block, name])) > WIDTH - NAME:
            lines += [*_block(table, block), ""]
            block = []
        block.append(name)
    return [*lines, *_block(table, block)] if block else []


def _block(table: Sequence[Standing], names: Sequence[str]) -> list[str]:
    title = f"{'reward in parts':<{NAME}}" + "".join(f"{name:>{_term_width(name)}}" for name in names)
    cells = ["".join(f"{each.terms[name]:>+{_term_width(name)}.4f}" for name in names) for each in table]
    return [title, *(f"{each.tuner:<{NAME}}{row}" for each, row in zip(table, cells, strict=True))]


def _term_width(name: str) -> int:
    return max(len(name), len("+0.0000")) + 1


def _differences(table: Sequence[Standing], differences: Sequence[Comparison]) -> list[str]:
    if not differences:
        return []
    lead = next(iter(table[0].verdicts))
    width = max(len(f"{each.tuner} less {each.less}") for each in differences) + 2
    lines = [
        f"{'difference':<{width}}{'score':>9}  {'95 % interval':<19}{'better':>6}{'reward':>9}  {'95 % interval':<19}{'better':>6}"
    ]
    for each in differences:
        name = f"{each.tuner} less {each.less}"
        lines.append(f"{name:<{width}}{_gain(each.gains[lead])}{_gain(each.gains[REWARD])}")
    return lines


def climbed_as(judge: str) -> str:
    """Return what a judge that is not held out is to the tuners: a joined one may have but a part of what they climbed."""
    return f"{'shares a network with ' if JOINT in judge else ''}what the tuners climbed"


def _legend(table: Sequence[Standing]) -> list[str]:
    first = table[0]
    lead, *further = first.verdicts
    held_out = [judge for judge in first.verdicts if first.verdicts[judge].held_out]
    climbed = [judge for judge in first.verdicts if judge not in held_out]
    lines = [
        f"{first.images} raws of {first.scenes} scenes; score: {lead}, of the full-size render, about [0, 1]",
        "reward: of the proxies; gain: over the camera default, interval by bootstrap over scenes; better: raws that gained",
        "queries, renders, seconds: per raw, to choose its parameters; a proxy and its crops are one query",
        "chroma, noise: of the default's; cast: Lab a*b* farther from neutral; clipped: more of the pixels",
    ]
    if further:
        lines.append(f"{', '.join(further)}: mean gain (share of raws better); !: against the sign of the score's gain")
    lines += [f"{judge}: {climbed_as(judge)}, NOT held out; its gain is no evidence" for judge in climbed]
    lines.append(f"held out: {', '.join(held_out) or 'none'}")
    return lines
