"""What a benchmark did not prove, in sentences made from its figures: the part of a report that nobody writes gladly."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agents.attack import CAST_GAINED, CHROMA_KEPT
from agents.audit.verdict import FEWEST_SCENES
from agents.standings import REWARD
from experiments.drawing.benchmark_table import climbed_as

LARGEST_KL, LARGEST_CLIP_FRACTION = 0.05, 0.3
"""PPO that goes beyond these in a training leaves the region in which its steps are justified."""
HALF = 0.5
"""Of what climbing on each raw gains over a constant, so much is asked of one query."""
NOISE_TOLD, CLIPPED_TOLD = 1.25, 0.01
"""Noise, as a ratio, and share of clipped pixels, as a difference, from which a report tells of them."""


def doubts(stored: Mapping[str, Any], metrics: Sequence[Mapping[str, Any]] = ()) -> list[str]:
    """Return sentences about what `standings.json`, and a training's metrics, leave open; plain text, the gravest first."""
    found = [*_of_the_judges(stored)]
    for name, table in stored["tables"].items():
        ending = " under drawn errors" if name == "errors" else ""
        found += [f"{sentence[:-1]}{ending}." for sentence in _of_a_table(stored, table)]
    return [*found, *_of_what_is_missing(stored), *_of_training(metrics)]


def _of_the_judges(stored: Mapping[str, Any]) -> Iterator[str]:
    scorer, judge = stored["scorer"], stored["judge"]
    if judge in stored["climbed"]:
        yield f"The score is by {judge}, {climbed_as(judge)}: its gain alone is no evidence."
    if scorer["gate"] is None:
        yield f"Whether {scorer['name']} may be a reward at all was not asked: no gate report about it was found."
    elif not scorer["gate"]["passed"]:
        failures = ", ".join(scorer["gate"]["failures"])
        yield f"The scorer {scorer['name']} fails its gate ({failures}): it can be pleased by spoiling pictures."


def _of_a_table(stored: Mapping[str, Any], table: Mapping[str, Any]) -> Iterator[str]:
    rows = {row["tuner"]: row for row in table["standings"]}
    shown, judge = rows[stored["shown"]], stored["judge"]
    yield from _of_the_gain(shown, judge)
    if stored["rows"][shown["tuner"]]["kind"] == "policy":
        yield from _of_the_controls(stored, table, shown["tuner"], judge)
        yield from _of_the_climbs(stored, rows, shown["tuner"])
    yield from _of_other_judges(shown, judge)
    yield from _of_the_pictures(shown)


def _of_the_gain(shown: Mapping[str, Any], judge: str) -> Iterator[str]:
    name, scenes, verdict = shown["tuner"], shown["scenes"], shown["verdicts"][judge]
    if scenes < FEWEST_SCENES:
        yield f"{scenes} {'scene is' if scenes == 1 else 'scenes are'} few: what holds for them need not hold for others."
    if not _is_above_zero(verdict):
        yield f"That {name} scores higher than the camera default: {_interval(verdict)}."
    if not _is_above_zero(shown["reward"]):
        yield f"That {name} is worth more by the reward than the camera default: {_interval(shown['reward'])}."


def _of_the_controls(stored: Mapping[str, Any], table: Mapping[str, Any], name: str, judge: str) -> Iterator[str]:
    compared = {each["less"]: each["gains"] for each in table["differences"] if each["tuner"] == name}
    claims = {
        "constant": "is better than one constant setting for every raw",
        "mean-action": "is better than its own mean action, one setting for every raw",
        "shuffled": "owes its gain to the raw in front of it, rather than to any raw",
    }
    kinds = {other: stored["rows"][other]["kind"] for other in compared}
    for kind, claim in claims.items():
        others = [other for other in compared if kinds[other] == kind]
        if not others:
            yield f"That {name} {claim}: there is no row to compare it with."
        for other in others:
            for by in (judge, REWARD):
                if not _is_above_zero(compared[other][by]):
                    label = "score" if by == judge else "reward"
                    yield f"That {name} {claim}, by the {label}: {_interval(compared[other][by])}."
    for other in compared:
        gain = compared[other][judge]
        if kinds[other] == "baseline" and gain["gain_high"] is not None and gain["gain_high"] < 0:
            yield f"That {name} is the best that can be had: {other}, which searches each raw, scores higher ({_interval(gain)})."


def _of_the_climbs(stored: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]], name: str) -> Iterator[str]:
    """A climb on the raw itself says what there is to gain: of that over the constant a policy should have half."""
    said = stored["rows"]
    constants = [each for each in rows if said[each]["kind"] == "constant" and said[each]["policy"] in ("", name)]
    climbs = [each for each in rows if said[each]["kind"] == "baseline" and each.startswith("gradient-")]
    for constant in constants:
        least, own = (rows[each][REWARD]["mean_gain"] for each in (constant, name))
        for climb in climbs:
            most = rows[climb][REWARD]["mean_gain"]
            if most > least and (share := (own - least) / (most - least)) < HALF:
                yield f"That {name} has half of what {climb} gains over {constant}, by the reward: it has {100 * share:.0f}%."


def _of_other_judges(shown: Mapping[str, Any], judge: str) -> Iterator[str]:
    others = {name: each for name, each in shown["verdicts"].items() if name != judge and each["held_out"]}
    if not others and not shown["verdicts"][judge]["held_out"]:
        yield "That anybody but the scorer agrees: no held-out judge was asked."
    sign = shown["verdicts"][judge]["mean_gain"]
    for name, each in others.items():
        if each["mean_gain"] * sign < 0:
            yield f"That {name}, a judge nobody was trained for, agrees: it sees {each['mean_gain']:+.4f} where the score says {sign:+.4f}."
        elif not _is_above_zero(each) and sign > 0:
            yield f"That {name}, a judge nobody was trained for, sees a gain: {_interval(each)}."


def _of_the_pictures(shown: Mapping[str, Any]) -> Iterator[str]:
    change, (low, high) = shown["change"], CHROMA_KEPT
    if change["chroma_low"] < low:
        yield f"That colour is kept: in a picture of {shown['tuner']} chroma falls to {change['chroma_low']:.2f} of the default's."
    if change["chroma_high"] > high:
        yield f"That colour stays natural: in a picture of {shown['tuner']} chroma rises to {change['chroma_high']:.2f} times the default's."
    if change["cast"] > CAST_GAINED:
        yield f"That white stays white: on average the pictures' own white is {change['cast']:.1f} (Lab) farther from neutral."
    if change["noise"] > NOISE_TOLD:
        yield f"That pictures stay clean: noise is {change['noise']:.2f} times the default's."
    if change["clipped"] > CLIPPED_TOLD:
        yield f"That highlights and shadows are kept: {100 * change['clipped']:.1f}% more of the pixels are clipped."


def _of_what_is_missing(stored: Mapping[str, Any]) -> Iterator[str]:
    if "errors" not in stored["tables"]:
        yield "What happens to wrongly exposed or balanced raws: it was not tried (attiqa benchmark --errors)."
    if len(stored["policies"]) == 1:
        yield "That another seed would train as good a policy: one was trained."
    yield "That people prefer the pictures: nobody was asked (attiqa study export makes a blind test)."


def _of_training(metrics: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    limits = {"approx_kl": LARGEST_KL, "clip_fraction": LARGEST_CLIP_FRACTION}
    for name, limit in limits.items():
        values = [row[name] for row in metrics if row.get(name) is not None]
        if values and max(values) > limit:
            yield f"That the training was steady: {name} rose to {max(values):.2f}, above {limit:g}."
    if metrics and not any(row.get("validation_reward") is not None for row in metrics):
        yield "That training stopped at the right time: no validation reward was logged."


def _is_above_zero(gain: Mapping[str, Any]) -> bool:
    return gain["gain_low"] is not None and gain["gain_low"] > 0


def _interval(gain: Mapping[str, Any]) -> str:
    if gain["gain_low"] is None:
        return f"{gain['mean_gain']:+.4f} on one scene, without an interval"
    return f"{gain['mean_gain']:+.4f}, interval {gain['gain_low']:+.4f} to {gain['gain_high']:+.4f}"
