"""One evaluation: takes every arm through its protocols, shares and splits, and tests each predictor everywhere asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from attiqa_core.evaluation.metrics import agreement
from attiqa_core.evaluation.splits import Split, with_less_training
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
        predicted = rated.mos_range.restore(fitted.predict(tested.material, images).double())
        mos = torch.from_numpy(rated.mos[images])
        row = {**about, "tested_on": tested.name, "tested_images": len(images), **agreement(predicted, mos)}
        names = rated.names
        self.records.save_predictions(cell_of(row), job.split, [names[i] for i in images], mos, predicted)
        return {**row, **fitted.notes} if tested is self.sets[0] else row


def _voted(pairs: VotedPairs, fitted: Fitted) -> Row:
    scores = fitted.predict(pairs.material, np.arange(len(pairs.images)))
    return agreement_with_votes(pairs.votes, dict(zip(pairs.images, scores.tolist(), strict=True)))
