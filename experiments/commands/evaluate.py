"""Measure arms on the same splits: fine-tuned, probed or as they are; on other sets, with less data, and on votes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from attiqa_core.datasets import RatedImages
from attiqa_core.evaluation.splits import Split, torn_groups, with_less_training
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.network.backbones import check_name
from attiqa_core.network.model import AttiqaNet
from attiqa_core.network.pretrained import network_to_finetune
from attiqa_core.runs.device import pick_device
from experiments.evaluation import judged_votes
from experiments.evaluation.arms import FRESH, Arm, Starts, parse_arms
from experiments.evaluation.draw_splits import draw, imported, write_down
from experiments.evaluation.evaluation import Evaluation
from experiments.evaluation.features import FeatureStore
from experiments.evaluation.judged_votes import judged
from experiments.evaluation.records import Records
from experiments.evaluation.sets import RatedSet, VotedPairs, check_names, other_set, trained_set, voted_pairs
from experiments.evaluation.summary import summarise, table
from experiments.ladders.make import ladders_of
from experiments.options.evaluate import FORMAT, JUDGED_FORMAT, Config
from experiments.options.outcome import Outcome, count
from experiments.options.resume import (
    FREE_ON_RESUME,
    begin_or_resume,
    hash_of_files,
    inputs_of_pristine,
    inputs_of_scores,
)

FREE = (
    *FREE_ON_RESUME,
    "arm",
    "protocols",
    "splits",
    "train_share",
    "test_on",
    "votes",
    "votes_images",
    "features",
)
"""Options that a resumed evaluation may add to; all others decide what the finished rows mean."""


def run(config: Config) -> Outcome:
    """Measure every arm on every split; writes splits.jsonl, predictions/, splits.json and summary.json.

    Without human scores the arms are judges, asked about the votes; writes judges.json.
    """
    config.check()
    arms = parse_arms(config.arm)
    device = pick_device(config.device)
    if config.scores is None:
        return _judge(config, arms, device)
    check_name(config.backbone)
    rated = config.data.read(config.scores)
    splits, sets, votes = _splits(config, rated), _sets(config, rated), _votes(config)
    recipe = config.recipe
    starts = Starts(_network_of(config), recipe.freeze, device)
    store = FeatureStore(config.features or config.out / "features", recipe.resize, recipe.crop, device)
    folder = begin_or_resume(config, _inputs(config, sets, votes, arms, starts, store), FREE)
    write_down(splits, rated, folder / "splits.json")
    evaluation = Evaluation(
        sets=sets,
        votes=votes,
        splits=splits,
        protocols=config.protocols,
        train_shares=config.train_share,
        recipe=recipe.training(),
        watch_epochs=config.watch_epochs,
        compile=config.compile,
        ladders=ladders_of(recipe, device),
        starts=starts,
        store=store,
        records=Records(folder),
    )
    for arm in arms:
        evaluation.measure(arm)
    described = {arm.name: starts.described(arm) for arm in arms}
    print(table(_summarise(config, folder, evaluation, described)))
    results = count(len(evaluation.records.rows), "result")
    return Outcome(folder, f"{count(len(arms), 'arm')} measured on {count(len(rated), 'picture')}, {results}")


def _judge(config: Config, arms: Sequence[Arm], device: torch.device) -> Outcome:
    """Ask ready judges about the votes."""
    votes = _votes(config)
    assert votes is not None, "checked with the options"
    store = FeatureStore(config.features or config.out / "features", config.recipe.resize, config.recipe.crop, device)
    judges = {f"arm:{arm.name}": store.judge(arm.reference).sha256 for arm in arms}
    folder = begin_or_resume(config, {votes.name: votes.sha256, **judges}, FREE)
    results = [judged(arm, votes, store) for arm in arms]
    path = folder / "judges.json"
    write_json(path, {"format": JUDGED_FORMAT, "votes": str(config.votes), "judges": results})
    print(judged_votes.table(results))
    return Outcome(path, f"{count(len(arms), 'judge')} asked about {count(len(votes.votes), 'vote')}")


def _splits(config: Config, rated: RatedImages) -> list[Split]:
    """Return the splits. Raises: as `draw` and `imported`, and UsageError for a share that a training part does not have."""
    first, val, allow_missing = config.first_split, config.val, config.data.allow_missing
    if config.split_file is None:
        splits = draw(rated, config.split, config.splits, first=first, val=val)
    else:
        splits = imported(config.split_file, rated, config.splits, first=first, val=val, allow_missing=allow_missing)
    for split in splits:
        for share in config.train_share:
            with_less_training(split, len(rated), share)
    return splits


def _sets(config: Config, rated: RatedImages) -> list[RatedSet]:
    short_edge, part, allow_missing = config.recipe.resize, config.test_on_part, config.data.allow_missing
    others = [other_set(path, short_edge, part=part, allow_missing=allow_missing) for path in config.test_on]
    sets = [trained_set(rated, config.name or rated.name, short_edge), *others]
    check_names(sets)
    return sets


def _votes(config: Config) -> VotedPairs | None:
    if config.votes is None:
        return None
    return voted_pairs(config.votes, config.votes_images, config.recipe.resize)


def _inputs(
    config: Config,
    sets: Sequence[RatedSet],
    votes: VotedPairs | None,
    arms: Sequence[Arm],
    starts: Starts,
    store: FeatureStore,
) -> dict[str, str]:
    """Return the hashes of whatever decides a row; those with a colon are parts, which resumed runs may add."""
    own, *others = sets
    inputs = {**inputs_of_scores(own.rated), "set_sha256": own.sha256, **inputs_of_pristine(config.recipe.pristine)}
    if config.split_file is not None:
        inputs["split_file_sha256"] = hash_of_files(config.split_file)
    for arm in arms:
        inputs[f"arm:{arm.name}"] = store.judge(arm.reference).sha256 if arm.is_judge else starts.weights(arm)
    inputs |= {f"test_on:{each.name}": each.sha256 for each in others}
    return inputs if votes is None else {**inputs, votes.name: votes.sha256}


def _network_of(config: Config) -> Callable[[str], tuple[AttiqaNet, str]]:
    """Return the function that builds the start network of an arm's source."""

    def build(source: str) -> tuple[AttiqaNet, str]:
        fresh = source in FRESH
        return network_to_finetune(
            None if fresh else source,
            backbone=config.backbone,
            hidden=config.hidden,
            init=source,
            pooling=config.recipe.pooling,
            regressor=config.recipe.regressor,
        )

    return build


def _summarise(config: Config, folder: Path, evaluation: Evaluation, arms: dict[str, Any]) -> dict[str, list[dict]]:
    """Write summary.json, the protocol card with all results, and return the results; cards of earlier arms are kept."""
    path, meta, records = folder / "summary.json", read_json(folder / "meta.json"), evaluation.records
    own, recipe = evaluation.sets[0], config.recipe
    rated, kind = own.rated, "file" if config.split_file else config.split
    card = {
        "format": FORMAT,
        "data": own.name,
        "images": len(rated),
        "mos_range": [rated.mos_range.low, rated.mos_range.high],
        "split": {
            "kind": kind,
            "numbers": sorted({row["split"] for row in records.rows}),
            "grouped": rated.groups is not None and kind == "random",
            "groups_in_both_parts": max(torn_groups(split, rated.groups) for split in evaluation.splits),
            "val": config.val,
        },
        "arms": {**(read_json(path)["arms"] if path.exists() else {}), **arms},
        "recipe": {**recipe.described(), "resize": recipe.resize, "crop": recipe.crop},
        "commit": meta["commit"],
        "hardware": meta["device"],
        "written": meta["written"],
    }
    summary = summarise(records.rows, records.predictions)
    write_json(path, {**card, **summary}, seal=True)
    return summary
