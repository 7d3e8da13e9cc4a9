"""What a search leaves behind: the chosen sets of prompts, who stands where, and the table of all pairs."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import InputError
from attiqa_core.prompts.adjectives import TEMPLATE, Adjectives
from attiqa_core.prompts.search import PairScores, Ranking, joint_scores
from attiqa_core.teachers.prompt_sets import FORMAT

POSITIONS = {"best": 0.0, "median": 0.5, "worst": 1.0}


def rankings(
    tasks: Mapping[str, Mapping[str, PairScores]], adjectives: Mapping[str, Adjectives]
) -> dict[str, dict[str, Ranking]]:
    """Return the ranking of each attribute by each task and, where both ran, by their sum ("joint").

    Raises: InputError where no pair of an attribute has a defined score.
    """
    by_score = {**tasks, "joint": joint_scores(tasks)} if len(tasks) > 1 else dict(tasks)
    ranked = {
        name: {each: Ranking(adjectives[each], scores[each]) for each in ATTRIBUTES}
        for name, scores in by_score.items()
    }
    for name, of_attribute in ranked.items():
        if undefined := [attribute for attribute, ranking in of_attribute.items() if not len(ranking.order)]:
            raise InputError(
                f"{name}: no pair of {', '.join(undefined)} has a defined SROCC; are the photos grey or flat, "
                "or the ratings constant or missing?"
            )
    return ranked


def report(ranked: Mapping[str, Mapping[str, Ranking]]) -> dict[str, Any]:
    """Return the content of prompts.json: the sets, and for each attribute and task its best, median, worst and Table 1.

    Median and worst are those of the joint ranking, or of the only task.
    """
    deciding = ranked[deciding_task(ranked)]
    sets = {name: _chosen(ranked[name], "best") for name in ("joint", "task1", "task2") if name in ranked}
    sets.update({name: _chosen(deciding, name) for name in ("median", "worst")})
    ranking = {
        attribute: {name: _places(of[attribute], attribute) for name, of in ranked.items()} for attribute in ATTRIBUTES
    }
    return {"format": FORMAT, "template": TEMPLATE, "sets": sets, "ranking": ranking}


def _places(ranking: Ranking, attribute: str) -> dict[str, Any]:
    places = {place: ranking.described(ranking.at(position)) for place, position in POSITIONS.items()}
    paper = ranking.of_table_1(attribute)
    return {**places, "table1": None if paper is None else ranking.described(paper)}


def deciding_task(ranked: Mapping[str, Any]) -> str:
    """Return "joint" where both tasks ran, else the only one."""
    return "joint" if "joint" in ranked else next(iter(ranked))


def _chosen(ranked: Mapping[str, Ranking], place: str) -> dict[str, list[str]]:
    position = POSITIONS[place]
    return {attribute: ranking.described(ranking.at(position))["prompts"] for attribute, ranking in ranked.items()}


def pair_table(ranked: Mapping[str, Mapping[str, Ranking]]) -> str:
    """Return every pair as CSV, best first within an attribute: adjectives, a column for each score, rank.

    An undefined score is an empty cell, and such a pair has no rank.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["attribute", "positive", "negative", *ranked, "rank"])
    for attribute, deciding in ranked[deciding_task(ranked)].items():
        undefined = np.flatnonzero(~np.isfinite(deciding.scores.ravel()))
        ranks = {pair: rank for rank, pair in enumerate(deciding.order.tolist(), start=1)}
        for pair in [*deciding.order.tolist(), *undefined.tolist()]:
            positive, negative = np.unravel_index(pair, deciding.scores.shape)
            scores = [of_attribute[attribute].scores[positive, negative] for of_attribute in ranked.values()]
            words = deciding.words((positive, negative))
            cells = [f"{score:.9g}" if np.isfinite(score) else "" for score in scores]
            table.writerow([attribute, *words, *cells, ranks.get(pair, "")])
    return text.getvalue()


def summary(ranked: Mapping[str, Mapping[str, Ranking]]) -> str:
    """Return the best, median and worst pair of each attribute and score, and Table 1's rank, as aligned text."""
    lines = [f"{'attribute':<14}{'by':<7}{'best pair':<34}{'best':>8}{'median':>8}{'worst':>8}   Table 1's pair"]
    for attribute in ATTRIBUTES:
        for name, of_attribute in ranked.items():
            ranking = of_attribute[attribute]
            places = _places(ranking, attribute)
            paper = places["table1"]
            place = (
                f"{paper['score']:.3f}, rank {paper['rank']} of {paper['of']}" if paper and paper["rank"] else "none"
            )
            words = " / ".join(ranking.words(ranking.at(0.0)))
            figures = "".join(f"{places[each]['score']:>8.3f}" for each in POSITIONS)
            lines.append(f"{attribute:<14}{name:<7}{words:<34}{figures}   {place}")
    return "\n".join(lines)
