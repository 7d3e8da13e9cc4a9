"""How far a scorer moves towards simulated voters: before and after, on unseen scenes and on another set, and what it costs.

    python -m experiments.evaluation.taste.table PHOTOS --other PHOTOS... --rated mos.csv --out DIR

Voters and versions are those of `voters` and `renders`. A quarter of the scenes is not learned from. Rows: the scorer as it
was; with votes, keeping its own scores of the pictures voted on; with every vote's sides tossed, which has to gain nothing;
without anything to keep; keeping its own scores of the rated photos; and with people's MOS of those. A quarter of the rated
photos is not learned from either, and SROCC is told on it, which the shipped scorer has seen in its own training. The encoder
is frozen; its features are kept in DIR/features.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
import tyro
from torch import Tensor

from attiqa_core.datasets import read_rated
from attiqa_core.evaluation.metrics import srocc
from attiqa_core.evaluation.splits import random_splits
from attiqa_core.files.whole import write_json
from attiqa_core.network.guarded_regressor import SpoiledViews
from attiqa_core.network.model import AttiqaNet
from attiqa_core.photos.images import read_picture, to_images
from attiqa_core.photos.places import find_images
from attiqa_core.scorer import Scorer, network_of
from attiqa_core.tensors import Views
from attiqa_core.training.finetune_preferences import SPOILED, kept_scores
from attiqa_core.training.frozen_features import read_views
from attiqa_core.training.recipe import VOTES_WEIGHT
from attiqa_core.training.solve_preferences import (
    HeadVotes,
    Solved,
    head_inputs,
    linear_head,
    solve_preferences,
)
from experiments.evaluation.features import FeatureStore, Material, material_of
from experiments.evaluation.sets import VotedPairs, voted_pairs
from experiments.evaluation.taste.renders import write_renders
from experiments.evaluation.taste.voters import cast_votes, look_at, shuffled
from experiments.evaluation.votes import ImageVote, agreement_with_votes, gain_on_votes, scene_groups, write_votes

ARMS, VOTERS, HELD_OUT = 5, 40, 0.25


@dataclass(frozen=True)
class Options:
    """What is measured, and where it is written."""

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Folders of photos whose versions are voted on."""
    out: Path
    other: tuple[Path, ...] = ()
    """Photos of another set, none of which is learned from."""
    rated: Path | None = None
    """Rated images on which the loss of SROCC is told, and which the last rows learn from as well; a CSV of 0 to 100."""
    scorer: str = "attiqa-mini"
    scenes: int = 100
    votes: int = 2000
    seed: int = 0


@dataclass(frozen=True)
class Known:
    """Pictures as the frozen encoder sees them, by name, and spoiled versions of those that may be learned from."""

    names: Sequence[str]
    views: Views
    spoiled: SpoiledViews | None = None

    def scores(self, net: AttiqaNet) -> dict[str, float]:
        """What a network says of each."""
        return dict(zip(self.names, read_views(net, self.views)[0].tolist(), strict=True))

    def part(self, places: Sequence[int]) -> "Known":
        """Only these pictures."""
        spoiled = None if self.spoiled is None else self.spoiled[list(places)]
        return Known([self.names[place] for place in places], self.views[list(places)], spoiled)


@dataclass(frozen=True)
class RatedParts:
    """Rated photos with their MOS in [0, 1]: those that may be learned from, and those that SROCC is told on."""

    learned: Known
    mos: Tensor
    tested: Known
    tested_mos: Tensor


def main(options: Options) -> None:
    """Write votes.csv for each set and taste.json, and print the table."""
    torch.set_num_threads(1)
    start, scorer = network_of(options.scorer), Scorer.load(options.scorer)
    size = scorer.preprocessing
    store = FeatureStore(options.out / "features", size.resize, size.crop, torch.device("cpu"))

    def known(material: Material, names: Sequence[str], *, learned: bool = False) -> Known:
        return Known(names, store.views(start, material), store.spoiled(start, material, SPOILED) if learned else None)

    voted = simulated(find_images(options.photos)[: options.scenes], options.out / "own", options, size.resize)
    own = known(voted.material, voted.images, learned=True)
    tests: dict[str, tuple[Sequence[ImageVote], Known]] = {"unseen scenes": (divided(voted, options.seed)[1], own)}
    if options.other:
        other = simulated(find_images(options.other), options.out / "other", options, size.resize)
        tests["another set"] = (other.votes, known(other.material, other.images))
    rated = None
    if options.rated is not None:
        found = read_rated(options.rated, mos_range=(0.0, 100.0))
        seen, mos = (
            known(material_of(found.paths, size.resize), found.names, learned=True),
            found.mos_range.normalise(found.mos),
        )
        (split,) = random_splits(len(found), 1, first=options.seed, test_share=HELD_OUT)
        parts = [(seen.part(part.tolist()), torch.from_numpy(mos[part])) for part in (split.train, split.test)]
        rated = RatedParts(*parts[0], *parts[1])
    rows = measured(start, divided(voted, options.seed)[0], own, tests, rated, options.seed)
    write_json(options.out / "taste.json", {"rows": rows})
    print(table(rows))


def simulated(photos: Sequence[Path], folder: Path, options: Options, short_edge: int) -> VotedPairs:
    """Return the votes of simulated people on versions of photos, as many for each scene as are asked for of `options.scenes`."""
    scenes = write_renders(photos, folder / "pictures", ARMS, options.seed)
    names = [name for each in scenes.values() for name in each]
    looks = {name: look_at(to_images(read_picture(folder / "pictures" / name))[None]) for name in names}
    votes = options.votes * len(photos) // options.scenes
    write_votes(folder / "votes.csv", cast_votes(scenes, looks, voters=VOTERS, votes=votes, seed=options.seed))
    return voted_pairs(folder / "votes.csv", folder / "pictures", short_edge)


def divided(voted: VotedPairs, seed: int) -> tuple[list[ImageVote], list[ImageVote]]:
    """The votes that are learned from, and those on held-out scenes."""
    groups = scene_groups(voted.votes)
    named = [groups[name] for name in voted.images]
    (split,) = random_splits(len(named), 1, first=seed, test_share=HELD_OUT, groups=named)
    tested = {voted.images[index] for index in split.test}
    return [v for v in voted.votes if v.image_a not in tested], [v for v in voted.votes if v.image_a in tested]


def measured(
    start: AttiqaNet,
    trained: Sequence[ImageVote],
    own: Known,
    tests: Mapping[str, tuple[Sequence[ImageVote], Known]],
    rated: RatedParts | None,
    seed: int,
) -> list[dict[str, Any]]:
    """The rows of the table."""
    learned: dict[str, tuple[AttiqaNet, Solved | None]] = {
        "as it was": (start, None),
        "votes": taught(start, trained, own, VOTES_WEIGHT),
        "votes, sides tossed": taught(start, shuffled(trained, seed + 1), own, VOTES_WEIGHT),
        "votes, nothing to keep": taught(start, trained, own, None),
    }
    if rated is not None:
        said = read_views(start, rated.learned.views)[0]
        learned["votes, own scores of rated photos"] = taught(start, trained, own, VOTES_WEIGHT, (rated.learned, said))
        learned["votes and MOS"] = taught(start, trained, own, VOTES_WEIGHT, (rated.learned, rated.mos))
    return [row(name, net, solved, start, tests, rated) for name, (net, solved) in learned.items()]


def taught(
    start: AttiqaNet,
    votes: Sequence[ImageVote],
    own: Known,
    weight: float | None,
    kept: tuple[Known, Tensor] | None = None,
) -> tuple[AttiqaNet, Solved]:
    """A copy of the start with its head solved for on votes, and on scores to keep at 1 / `weight`: these, or its own of what was
    voted on; `weight` None keeps nothing."""
    net = copy.deepcopy(start)
    seen = sorted({name for vote in votes for name in vote.pair})
    place = {name: index for index, name in enumerate(own.names)}
    learned = own.part([place[name] for name in seen])
    number, groups = {name: index for index, name in enumerate(seen)}, scene_groups(votes)
    inputs = head_inputs(net, learned.views)
    scores = None
    if weight is not None:
        pictures, said = (learned, read_views(start, learned.views)[0]) if kept is None else kept
        assert pictures.spoiled is not None, "what is kept is learned from"
        scores = kept_scores(net, head_inputs(net, pictures.views), said, pictures.spoiled, weight)
    pairs = torch.tensor([[number[vote.image_a], number[vote.image_b]] for vote in votes])
    wanted = torch.tensor([vote.wanted for vote in votes]).double()
    head_votes = HeadVotes(inputs, pairs, wanted, [groups[vote.image_a] for vote in votes])
    return net, solve_preferences(linear_head(net), head_votes, rated=scores)


def row(
    name: str,
    net: AttiqaNet,
    solved: Solved | None,
    start: AttiqaNet,
    tests: Mapping[str, tuple[Sequence[ImageVote], Known]],
    rated: RatedParts | None,
) -> dict[str, Any]:
    """One row: agreement and gain on each set of votes, how far the scores moved, and SROCC with people's MOS."""
    found: dict[str, Any] = {"what": name, "solved": None if solved is None else vars(solved)}
    for test, (votes, known) in tests.items():
        before, after = known.scores(start), known.scores(net)
        moved = torch.tensor([after[each] - before[each] for each in known.names]).square().mean().sqrt()
        found[test] = {
            **agreement_with_votes(votes, after),
            **gain_on_votes(votes, before, after),
            "moved": float(moved),
        }
    if rated is not None:
        found["srocc"] = srocc([*rated.tested.scores(net).values()], rated.tested_mos)
    return found


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as Markdown."""
    tests = [name for name, value in rows[0].items() if isinstance(value, dict) and "accuracy" in value]
    heads = ["scorer", *(f"{test}: right | gain | moved" for test in tests), "SROCC with MOS"]
    lines = [f"| {' | '.join(heads)} |", "|---" * (2 + 3 * len(tests)) + "|"]
    for each in rows:
        cells = [each["what"]]
        for test in tests:
            of = each[test]
            cells.append(f"{of['accuracy']:.3f} ({of['accuracy_low']:.3f} to {of['accuracy_high']:.3f})")
            cells.append(f"{of['gain']:+.3f} ({of['low']:+.3f} to {of['high']:+.3f})")
            cells.append(f"{of['moved']:.3f}")
        cells.append(f"{each['srocc']:.3f}" if each.get("srocc") is not None else "-")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main(tyro.cli(Options))
