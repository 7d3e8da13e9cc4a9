"""The benchmark's table for people and its CSV: the leading judge in full, and a column for each further one."""

from collections.abc import Sequence

from agents.benchmark import Result, Standing, Verdict
from experiments.drawing.score_table import as_csv

FURTHER = "+0.0000 (100%)"
"""The widest cell of a further judge: its mean gain, and its share of raws that came out better."""


def results_csv(results: Sequence[Result]) -> str:
    """Return a line for each raw and tuner: `score` is the leading judge's, a column by name for each further judge."""
    _, *further = results[0].scores
    header = ("image", "scene", "tuner", "score", *further, "queries", "tuning_seconds", *results[0].params)
    rows = [
        (r.image, r.scene, r.tuner, *r.scores.values(), r.queries, round(r.tuning_seconds, 4), *r.params.values())
        for r in results
    ]
    return as_csv(header, rows)


def table_text(table: Sequence[Standing]) -> str:
    """Return the standings as aligned text, with lines on how to read them and on which judges were held out."""
    lead, *further = table[0].verdicts
    widths = {judge: max(len(judge), len(FURTHER)) + 2 for judge in further}
    columns = "".join(f"{judge:>{widths[judge]}}" for judge in further)
    lines = [
        f"{'tuner':<16}{'score':>8}{'gain':>9}  {'95 % interval':<20}{'better':>7}{columns}{'queries':>9}{'s/raw':>8}"
    ]
    for each in table:
        verdict = each.verdicts[lead]
        interval = f"{verdict.gain_low:+.4f} to {verdict.gain_high:+.4f}" if each.scenes > 1 else "one scene only"
        columns = "".join(f"{_short(each.verdicts[judge]):>{widths[judge]}}" for judge in further)
        lines.append(
            f"{each.tuner:<16}{verdict.mean_score:>8.4f}{verdict.mean_gain:>+9.4f}  {interval:<20}"
            f"{verdict.better_share:>7.0%}{columns}{each.queries:>9}{each.seconds_per_image:>8.2f}"
        )
    return "\n".join([*lines, *_legend(table[0])])


def _short(verdict: Verdict) -> str:
    return f"{verdict.mean_gain:+.4f} ({verdict.better_share:.0%})"


def _legend(first: Standing) -> list[str]:
    lead, *further = first.verdicts
    held_out = [judge for judge in first.verdicts if first.verdicts[judge].held_out]
    climbed = [judge for judge in first.verdicts if judge not in held_out]
    lines = [
        f"{first.images} raws of {first.scenes} scenes; score: {lead}, of the full-size render, about [0, 1]; "
        "gain: over the camera default, interval by paired bootstrap over scenes"
    ]
    if further:
        lines.append(f"{', '.join(further)}: mean gain over the camera default, and the share of raws that gained")
    lines += [f"{judge}: what the tuners climbed, NOT held out; its gain is no evidence" for judge in climbed]
    lines.append(f"held out: {', '.join(held_out) or 'none'}")
    return lines
