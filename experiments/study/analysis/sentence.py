"""A study's result as one sentence that can be published, and as lines on a screen. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.study.intervals.win_rate import BOOTSTRAP, BY_VOTE, SANDWICH, THESE_IMAGES, THESE_RATERS

METHODS = {
    SANDWICH: "clustered by rater and scene, two-way sandwich",
    BOOTSTRAP: "clustered by rater and scene, two-way bootstrap",
    THESE_RATERS: "clustered by scene, for these raters only",
    THESE_IMAGES: "clustered by rater, for these scenes only",
    BY_VOTE: "Wilson, as if votes were independent, for these raters and scenes only",
}
"""What each interval is called where it decides."""

OF_THESE = {THESE_RATERS: "these raters", THESE_IMAGES: "raters on these scenes", BY_VOTE: "these raters"}
"""Of whom alone something is said, where the interval does not hold for others."""


def sentence(pair: Mapping[str, Any], analysis: Mapping[str, Any]) -> str:
    """Return the result of one pair of arms, as `report.analyse` has it: counts, interval, verdict, who was left out."""
    one, other = (analysis["arms"][pair[side]] for side in ("first", "second"))
    kept, protocol = pair["kept"], f"Protocol {analysis['protocol_sha256'][:12]}."
    if kept is None:
        return f"{one} and {other}: the rules leave out every rater, so nothing is shown{_with_all(pair)}. {protocol}"
    wins = kept["wins"]
    ties = f", {wins['ties']:,} ties as half a win each" if wins["ties"] else ""
    slight = f", {kept['slight']:,} slight preferences as three quarters" if kept["slight"] else ""
    of = f"{number(kept['votes'], 'vote')} ({wins['first']:,} to {wins['second']:,}{ties}{slight})"
    interval = f"95 % interval {percents(kept['intervals'][kept['deciding']])}, {METHODS[kept['deciding']]}"
    result = f"{one} was chosen over {other} in {kept['win_rate']:.1%} of {of} {by(kept)} ({interval}): {conclusion(pair, one, other)}"
    return f"{result}. {_excluded(analysis)}{_with_all(pair)}. {protocol}"


def provenance(analysis: Mapping[str, Any]) -> str:
    """Return on what the sentences about more than two arms stand: counts, who was left out, the protocol."""
    return f"{counts(analysis['kept'])}. {_excluded(analysis)}. Protocol {analysis['protocol_sha256'][:12]}."


def counts(result: Mapping[str, Any]) -> str:
    """Return how many votes a result stands on, by whom and on what."""
    return f"{number(result['votes'], 'vote')} {by(result)}"


def by(result: Mapping[str, Any]) -> str:
    """Return by how many raters on how many scenes."""
    return f"by {number(result['raters'], 'rater')} on {number(result['scenes'], 'scene')}"


def conclusion(pair: Mapping[str, Any], one: str, other: str) -> str:
    """Return the verdict in words: of a preference, of none shown, or of these raters alone."""
    kept = pair["kept"]
    better = {"first": one, "second": other, None: None}[kept["preferred"]]
    if kept["deciding"] in OF_THESE:
        said = f"prefer {better}" if better else "are not shown to prefer either"
        return f"{OF_THESE[kept['deciding']]} {said}; nothing is shown of others"
    return f"{better} is preferred" if better else "a preference is not shown"


def percents(interval: Sequence[float]) -> str:
    """Return an interval of a rate in percent, to as many digits as show on which side of one half its ends lie."""
    digits = next(digits for digits in range(1, 16) if all(_is_told(end, digits) for end in interval))
    return f"{interval[0]:.{digits}%} to {interval[1]:.{digits}%}"


def _is_told(end: float, digits: int) -> bool:
    return digits == 15 or abs(end - 0.5) < 1e-12 or round(end, digits + 2) != 0.5


def _excluded(analysis: Mapping[str, Any]) -> str:
    left_out = analysis["exclusion"]["left_out"]
    if not left_out:
        return "No rater was left out"
    rules = analysis["exclusion"]["rules"]
    by_rule = Counter(broken["rule"] for breaches in left_out.values() for broken in breaches)
    said = ", ".join(f"{rule} {rules[rule]:g}: {count}" for rule, count in sorted(by_rule.items()))
    return f"{number(len(left_out), 'rater')} left out by rules fixed beforehand ({said})"


def _with_all(pair: Mapping[str, Any]) -> str:
    everyone = pair["everyone"]
    if everyone is None:
        return ""
    return f"; with everyone {everyone['win_rate']:.1%} ({percents(everyone['intervals'][everyone['deciding']])})"


def number(count: int, thing: str) -> str:
    """Return how many there are of a thing: "1 rater", "1,200 votes"."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")
