"""An analysis as the lines that are printed. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.study.analysis.sentence import METHODS, conclusion, counts, number, percents
from experiments.study.intervals.measured import INSTALL
from experiments.study.intervals.win_rate import BOOTSTRAP, BY_VOTE, CROSSED, SANDWICH
from experiments.study.protocol import LEAST_VOTES

LINES = {
    BY_VOTE: "Wilson, as if votes were independent",
    BOOTSTRAP: "two-way bootstrap, by rater and scene",
    SANDWICH: "two-way sandwich, by rater and scene",
    CROSSED: "logit with effects of raters and scenes",
}


def lines(analysis: Mapping[str, Any]) -> str:
    """Return the analysis as aligned rows, then a sentence for each pair of arms."""
    rows = [row for pair in analysis["pairs"] for row in _pair(pair, analysis["arms"])]
    rows += [*_left_out(analysis), _votes_per_pair(analysis["votes_per_pair"])]
    if analysis["checks"]["kept"]:
        rows += _checks(analysis["checks"]["kept"])
    width = max(len(name) for name, _ in rows)
    return "\n".join([*(f"{name:<{width}}  {text}" for name, text in rows), "", *analysis["sentences"]])


def _pair(pair: Mapping[str, Any], arms: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    one, other = arms[pair["first"]], arms[pair["second"]]
    for name, result in (("", pair["kept"]), (", with everyone", pair["everyone"])):
        if result is None:
            continue
        wins = result["wins"]
        ties = f", {wins['ties']} ties (each half a win)" if wins["ties"] else ""
        who = counts(result)
        yield (
            f"{one} over {other}{name}",
            f"{result['win_rate']:.1%}   ({wins['first']} to {wins['second']}{ties}); {who}",
        )
        first = sorted(
            result["intervals"].items(), key=lambda each: each[0] != result["deciding"]
        )  # what counts comes first
        for interval, ends in first:
            decides = f": {conclusion({'kept': result}, one, other)}" if interval == result["deciding"] else ""
            yield f"95 % {interval}", f"{percents(ends)}   {LINES.get(interval, METHODS.get(interval))}{decides}"
        for interval, reason in result["not_measured"].items():
            yield f"95 % {interval}", f"not measured: {reason}"
        if not name:
            yield from _beside(result)


def _beside(result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    without = result["without_ties"]
    if without:
        yield "ties dropped", f"{without['win_rate']:.1%}   {percents(without['intervals'][without['deciding']])}"
    for kind, found in (result["heterogeneity"] or {}).items():
        if found["p_value"] is not None:
            differs = "they differ" if found["p_value"] < 0.05 else "no more than by chance"
            yield (
                f"between {kind}",
                f"spread {found['spread']:.2f}, by chance {found['by_chance']:.2f}, p = {found['p_value']:.2g}: {differs}",
            )


def _left_out(analysis: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    rules = analysis["exclusion"]["rules"]
    said = ", ".join(f"{name} {value:g}" for name, value in rules.items()) or "no rules"
    left_out = analysis["exclusion"]["left_out"]
    yield "left out", f"{len(left_out)} of {number(analysis['everyone']['raters'], 'rater')} by {said}"


def _votes_per_pair(counted: Mapping[str, int]) -> tuple[str, str]:
    few = f"; {counted['few']} of {number(counted['pairs'], 'pair')} have fewer than the {LEAST_VOTES} that ITU-T P.910 asks for"
    return "votes on a pair", f"{counted['least']} to {counted['most']}{few if counted['few'] else ''}"


def _checks(checks: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    sides, speed = checks["sides"], checks["speed"]
    p_value = sides["p_by_vote"] if sides["p_value"] is None else sides["p_value"]
    biased = "no sign of a bias" if p_value >= 0.05 else "raters favour one side"
    how = "by vote" if sides["p_value"] is None else "clustered"
    share = f" ({percents(sides['interval'])})" if sides["interval"] else ""
    yield "left, right", f"{sides['left']}, {sides['right']}{share}   p = {p_value:.2g} {how}: {biased}"
    order = checks["order"]
    if order.get("p_value") is not None:
        yield "first to second half", f"{order['change']:+.1%}   p = {order['p_value']:.2g}"
    for name, said in (("repeats", "answered alike (chance: half)"), ("gold", "right"), ("traps", "right")):
        found = checks[name]
        if found["answered"]:
            hits = found.get("same", found.get("right"))
            yield name, f"{found['rate']:.0%}   {hits} of {found['answered']} {said}"
    for name, value in checks["agreement"].items():
        if not isinstance(value, str):
            yield name.replace("_", " "), f"{value:.2f}"
        elif INSTALL in value:
            yield name.replace("_", " "), value
    yield (
        "time per pair",
        f"{speed['median_seconds']:.1f} s median, {speed['hasty_share']:.0%} under {speed['hasty_seconds']:g} s",
    )
