"""Stored results: what `attiqa evaluate` left in run folders, or the copies of it that are kept beside this file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json
from experiments.options.evaluate import FORMAT
from experiments.paper.targets import FULL_SIZES, paper_name

RESULTS = Path(__file__).with_name("results")

Evaluation = dict[str, Any]
"""The content of one summary.json."""


class Found(NamedTuple):
    """One result of one evaluation."""

    evaluation: Evaluation
    result: dict[str, Any]

    @property
    def trained_on(self) -> str:
        return paper_name(self.evaluation["data"])

    @property
    def tested_on(self) -> str:
        """The set, whole or a part of it; "pairs" for votes, whosever they are."""
        place = self.result["tested_on"]
        return "pairs" if place.startswith("votes:") else paper_name(place)

    @property
    def system(self) -> str:
        """What was measured, in words: results of one system on several sets stand in one row."""
        arm, protocol = self.result["arm"], self.result["protocol"]
        architecture = self.evaluation["arms"].get(arm, {}).get("architecture")
        words = [arm, protocol]
        if architecture is not None:
            recipe = self.evaluation["recipe"]
            words += [architecture["backbone"], f"{recipe['crop']} px"]
            if protocol == "finetune" and recipe["frozen"]:
                words.append(f"frozen {' '.join(recipe['frozen'])}")
        if self.tested_on == "pairs":
            words.append(self.result["tested_on"])
        return ", ".join(words)


def read_evaluations(places: Sequence[Path]) -> list[Evaluation]:
    """Return the evaluations among the JSON files of `places`. Raises: InputError if a place does not exist."""
    return [content for content in read_json_below(places, "summary.json") if content.get("format") == FORMAT]


def read_json_below(places: Sequence[Path], name: str) -> list[dict[str, Any]]:
    """Return the JSON objects in files called `name` at any depth of `places`, or in any .json directly in one.

    In the order of their paths, each once; other JSON than objects is passed over.
    Raises: InputError if a place does not exist or a file is damaged.
    """
    paths: dict[Path, None] = {}
    for place in places:
        if not place.exists():
            raise InputError(f"{place}: no such file or folder; name run folders with --runs")
        found = [place] if place.is_file() else sorted({*place.glob("*.json"), *place.rglob(name)})
        paths.update(dict.fromkeys(found))
    return [content for content in map(read_json, paths) if isinstance(content, dict)]


def results_of(evaluations: Sequence[Evaluation]) -> list[Found]:
    """Return every result of every evaluation."""
    return [Found(evaluation, result) for evaluation in evaluations for result in evaluation["results"]]


def card(evaluation: Evaluation) -> str:
    """Return the protocol card in one line."""
    data, images, split = paper_name(evaluation["data"]), evaluation["images"], evaluation["split"]
    whole = FULL_SIZES.get(data)
    size = f"{images} images" if whole in (None, images) else f"{images} of the set's {whole} images"
    numbers = split["numbers"]
    seeds = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else f"{numbers[0]}"
    arms = ", ".join(f"{name} = {_start(described)}" for name, described in evaluation["arms"].items())
    return (
        f"{data}: {size}; {len(numbers)} {split['kind']} splits, seeds {seeds}"
        f"{', by group' if split['grouped'] else ''}; arms {arms}; {_recipe(evaluation['recipe'])}; "
        f"{evaluation['hardware']}; commit {evaluation['commit']}; {evaluation['written'][:10]}"
    )


def _start(described: dict[str, Any]) -> str:
    architecture = described.get("architecture")
    if architecture is None:
        return described["source"]
    return f"{architecture['backbone']} ({described['start']}, {architecture['pooling']} pooling)"


def _recipe(recipe: dict[str, Any]) -> str:
    size = f"short edge {recipe['resize']} px, crops {recipe['crop']} px"
    frozen = f", frozen {' '.join(recipe['frozen'])}" if recipe["frozen"] else ""
    epochs = f", {recipe['epochs']} epochs" if "epochs" in recipe else ""
    return f"{size}, {recipe['regressor']} regressor{frozen}{epochs}"
