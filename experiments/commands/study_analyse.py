"""Join raters' votes with a study's key: the win rate of A over B with intervals, and checks of the raters."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from attiqa_core.errors import InputError
from attiqa_core.files import write_json, write_text
from experiments.evaluation import votes as choices
from experiments.options.outcome import Outcome, count
from experiments.options.study_analyse import Config
from experiments.study.key import Key, read_key
from experiments.study.statistics import clustered, side_bias, wilson
from experiments.study.votes import Vote, find_results, read_all

PAPER = {"win_rate": 0.58, "pairs": 200, "participants": 60, "what": "ATTIQA-tuned ISP over Expert C, MIT-Adobe FiveK"}
"""Source: ATTIQA (arXiv 2406.01020v2), section on ISP tuning; no interval and no rule for ties are given."""

BOOTSTRAP_SEED = 0
HASTY_S = 0.5


def run(config: Config) -> Outcome:
    """Write the analysis and print its table."""
    config.check()
    out = config.folder
    key = read_key(config.study)
    votes, failures = read_all(find_results(config.results), key)
    if not votes:
        raise InputError(f"{config.study}: no result can be used; {failures[0]}")
    analysis = analyse(votes, key)
    write_text(out / "images.csv", _csv(_per_image(votes)))
    write_text(out / "raters.csv", _csv(_per_rater(votes)))
    choices.write_votes(out / "votes.csv", choices_of(votes, key))
    write_json(out / "analysis.json", {**analysis, "left_out": failures})
    print(table(analysis))
    done = f"{count(analysis['votes'], 'vote')} by {count(analysis['raters'], 'rater')} on {count(analysis['images'], 'pair')}"
    return Outcome(out / "analysis.json", done, tuple(failures), failed="left out")


def analyse(votes: Sequence[Vote], key: Key) -> dict[str, Any]:
    """Return the analysis as JSON content. Repeats count for consistency only, never for the win rate."""
    first = [vote for vote in votes if vote.trial.repeat_of is None]
    if not first:
        raise InputError(f"study {key.study}: only repeated pairs were answered; more votes are needed")
    scores = np.array([vote.score for vote in first])
    raters, images = np.array([vote.rater for vote in first]), np.array([vote.trial.pair for vote in first])
    rate, rng = float(scores.mean()), np.random.default_rng(BOOTSTRAP_SEED)
    left, right = (sum(vote.choice == side for vote in votes) for side in ("left", "right"))
    return {
        "study": key.study,
        "names": dict(key.names),
        "votes": len(first),
        "raters": len(set(raters.tolist())),
        "images": len(set(images.tolist())),
        "wins": {"a": int((scores == 1).sum()), "b": int((scores == 0).sum()), "ties": int((scores == 0.5).sum())},
        "win_rate": rate,
        "ties_count_as": 0.5,
        "wilson_95": list(wilson(rate, len(first))),
        "clustered_95": list(clustered(scores, raters, images, rng)),
        "sides": {"left": left, "right": right, "p_value": side_bias(left, right)},
        "repeats": _consistency(votes),
        "median_seconds": float(np.median([vote.seconds for vote in votes])),
        "hasty_share": float(np.mean([vote.seconds < HASTY_S for vote in votes])),
        "paper": PAPER,
    }


def choices_of(votes: Sequence[Vote], key: Key) -> list[choices.Vote]:
    """Return the votes that the win rate counts as choices between two files of the study's `PICTURES`, A's first."""
    words = {1.0: "a", 0.0: "b", 0.5: "tie"}
    first = [(vote, key.files[vote.trial.pair]) for vote in votes if vote.trial.repeat_of is None]
    return [choices.Vote(files["a"], files["b"], vote.rater, words[vote.score]) for vote, files in first]


def table(analysis: dict[str, Any]) -> str:
    """Return the analysis as a few lines of text."""
    a, b = analysis["names"]["a"], analysis["names"]["b"]
    low, high = analysis["clustered_95"]
    wins, sides, repeats = analysis["wins"], analysis["sides"], analysis["repeats"]
    verdict = f"{a} is preferred" if low > 0.5 else f"{b} is preferred" if high < 0.5 else "no clear preference"
    ties = f", {wins['ties']} ties (each half a win)" if wins["ties"] else ""
    biased = "no sign of a bias" if sides["p_value"] >= 0.05 else "raters favour one side"
    rows = [
        ("votes", f"{analysis['votes']} by {analysis['raters']} raters on {analysis['images']} pairs"),
        (f"{a} over {b}", f"{analysis['win_rate']:.1%}   ({wins['a']} to {wins['b']}{ties})"),
        ("95 % by vote", _percent(analysis["wilson_95"]) + "   Wilson, as if votes were independent"),
        ("95 % clustered", _percent((low, high)) + f"   by rater and image: {verdict}"),
        ("left, right", f"{sides['left']}, {sides['right']}   p = {sides['p_value']:.2g}: {biased}"),
    ]
    if repeats["answered"]:
        same = f"{repeats['same']} of {repeats['answered']} repeated pairs answered alike (chance: half)"
        rows.append(("consistency", f"{repeats['rate']:.0%}   {same}"))
    hasty = f"{analysis['hasty_share']:.0%} under {HASTY_S} s"
    rows.append(("time per pair", f"{analysis['median_seconds']:.1f} s median, {hasty}"))
    paper = f"{PAPER['win_rate']:.0%}   {PAPER['what']}; {PAPER['participants']} people, {PAPER['pairs']} pairs"
    rows.append(("paper", paper))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {text}" for name, text in rows)


def _consistency(votes: Sequence[Vote]) -> dict[str, Any]:
    """How often a rater chose the same picture (or the tie) again when a pair came back with sides flipped."""
    answers = {(vote.rater, vote.trial.trial): vote.score for vote in votes}
    pairs = [
        (vote.score, answers[vote.rater, vote.trial.repeat_of])
        for vote in votes
        if vote.trial.repeat_of is not None and (vote.rater, vote.trial.repeat_of) in answers
    ]
    same = sum(again == before for again, before in pairs)
    if not pairs:
        return {"answered": 0, "same": 0, "rate": None, "wilson_95": None}
    rate = same / len(pairs)
    return {"answered": len(pairs), "same": same, "rate": rate, "wilson_95": list(wilson(rate, len(pairs)))}


def _per_image(votes: Sequence[Vote]) -> list[dict[str, Any]]:
    first = [vote for vote in votes if vote.trial.repeat_of is None]
    return [
        _counts("image", pair, [vote for vote in first if vote.trial.pair == pair])
        for pair in sorted({vote.trial.pair for vote in first})
    ]


def _per_rater(votes: Sequence[Vote]) -> list[dict[str, Any]]:
    rows = []
    for rater in sorted({vote.rater for vote in votes}):
        own = [vote for vote in votes if vote.rater == rater]
        repeats = _consistency(own)
        left = sum(vote.choice == "left" for vote in own) / len(own)
        first = [vote for vote in own if vote.trial.repeat_of is None]
        checks = {"left_share": f"{left:.3f}", "repeats": repeats["answered"], "repeats_same": repeats["same"]}
        rows.append({**_counts("rater", rater, first), **checks})
    return rows


def _counts(name: str, value: str, votes: Sequence[Vote]) -> dict[str, Any]:
    scores = [vote.score for vote in votes]
    wins = {"a_wins": scores.count(1.0), "b_wins": scores.count(0.0), "ties": scores.count(0.5)}
    means = {
        "a_win_rate": f"{np.mean(scores):.4f}" if scores else "",
        "median_seconds": f"{np.median([vote.seconds for vote in votes]):.2f}" if votes else "",
    }
    return {name: value, "votes": len(votes), **wins, **means}


def _csv(rows: list[dict[str, Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _percent(interval: Sequence[float]) -> str:
    return f"{interval[0]:.1%} to {interval[1]:.1%}"
