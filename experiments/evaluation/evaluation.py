"""One evaluation: takes every arm through its protocols, shares and splits, and tests each predictor everywhere asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.datasets.rated import Ratings
from attiqa_core.evaluation.metrics import agreement, srocc
from attiqa_core.evaluation.splits import Split, with_less_training
from attiqa_core.tensors import AttributeScores
from attiqa_core.training.recipe import FinetuneRecipe
from experiments.evaluation.arms import Arm, Starts
from experiments.evaluation.features import FeatureStore
from experiments.evaluation.protocols import AS_IS, PROTOCOLS, Fitted, Training
from experiments.evaluation.records import Job, Records, Row, cell_of
from experiments.evaluation.sets import RatedSet, VotedPairs
from experiments.evaluation.votes import agreement_with_votes
from experiments.ladders.make import MakeLadders, no_ladders


@dataclass(frozen=True)
class Evaluation:
    """What is measured, on what, and where it is recorded. The first of `sets` is the one that `splits` divide."""

    sets: Sequence[RatedSet]
    splits: Sequence[Split]
    protocols: Sequence[str]
    train_shares: Sequence[float]
    recipe: FinetuneRecipe
    starts: Starts
    store: FeatureStore
    records: Records
    votes: VotedPairs | None = None
    watch_epochs: bool = False
    compile: bool = False
    ladders: MakeLadders = no_ladders

    def measure(self, arm: Arm) -> None:
        """Take the arm through whatever is not recorded yet."""
        done = {(Job(row["arm"], row["protocol"], row["train_share"], row["split"]), row["tested_on"])
                for row in self.records.rows}  # fmt: skip
        wanted = {each.name for each in (*self.sets, *([self.votes] if self.votes else []))}
        for protocol in (AS_IS,) if arm.is_judge else self.protocols:
            for share in (1.0,) if arm.is_judge else self.train_shares:
                for whole in self.splits:
                    job = Job(arm.name, protocol, share, whole.number)
                    missing = {name for name in wanted if (job, name) not in done}
                    if missing:
                        self._take(arm, job, with_less_training(whole, len(self.sets[0].rated), share), missing)

    def _take(self, arm: Arm, job: Job, split: Split, missing: set[str]) -> None:
        trained_on = self.sets[0]
        mos = torch.from_numpy(trained_on.rated.mos_range.normalise(trained_on.rated.mos))
        training = Training(trained_on.material, mos, split, self.recipe, self.watch_epochs, self.compile, self.ladders)
        fitted = PROTOCOLS[job.protocol](arm, training, self.starts, self.store)
        trained = 0 if arm.is_judge else len(split.train)
        about = {**job._asdict(), "source": arm.source, "trained_images": trained}
        rows = [self._tested(each, job, split, fitted, about) for each in self.sets if each.name in missing]
        if self.votes and self.votes.name in missing:
            rows.append({**about, "tested_on": self.votes.name, **_voted(self.votes, fitted)})
        self.records.add(rows)

    def _tested(self, tested: RatedSet, job: Job, split: Split, fitted: Fitted, about: Row) -> Row:
        """Test one predictor on one set; notes of its training belong to the row of the set it was trained on."""
        images, rated = tested.tested(split), tested.rated
        prediction = fitted.predict(tested.material, images)
        predicted = rated.mos_range.restore(prediction.mos.double())
        mos = torch.from_numpy(rated.mos[images])
        row = {**about, "tested_on": tested.name, "tested_images": len(images), **agreement(predicted, mos)}
        if rated.attributes is not None and fitted.attribute_names:
            row["attributes"] = attribute_agreement(
                fitted.attribute_names, prediction.attributes, rated.attributes[images]
            )
        names = rated.names
        self.records.save_predictions(cell_of(row), job.split, [names[i] for i in images], mos, predicted)
        return {**row, **fitted.notes} if tested is self.sets[0] else row


def attribute_agreement(names: Sequence[str], predicted: AttributeScores, rated: Ratings) -> dict[str, float | None]:
    """Return, for each of `ATTRIBUTES` among `names`, the SROCC of its scores with people's ratings.

    Both sides score noisiness so that higher is cleaner: right is above 0 for every attribute.
    """
    columns = dict(zip(names, predicted.T.tolist(), strict=True))
    people = dict(zip(ATTRIBUTES, rated.T, strict=True))
    return {name: srocc(columns[name], people[name]) for name in ATTRIBUTES if name in columns}


def _voted(pairs: VotedPairs, fitted: Fitted) -> Row:
    scores = fitted.predict(pairs.material, np.arange(len(pairs.images))).mos
    return agreement_with_votes(pairs.votes, dict(zip(pairs.images, scores.tolist(), strict=True)))
