"""One evaluation: takes every arm through its protocols, shares and splits, and tests each predictor everywhere asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from attiqa_core.datasets import RatedImages, read_rated
from attiqa_core.errors import UsageError
from attiqa_core.evaluation.metrics import agreement
from attiqa_core.evaluation.splits import Indices, Split, torn_groups, with_less_training
from attiqa_core.network.model import AttiqaNet
from attiqa_core.photos.picture_cache import PictureCache
from attiqa_core.runs import pick_device
from experiments.evaluation.draw_splits import draw, part_of
from experiments.evaluation.features import Arm, FeatureStore, Material, Starts
from experiments.evaluation.protocols import AS_IS, PROTOCOLS, Fitted, Lesson
from experiments.evaluation.records import Job, Records, Row, cell_of
from experiments.evaluation.votes import Vote, agreement_with_votes, read_votes, vote_images
from experiments.options.evaluate import Config


@dataclass(frozen=True)
class Exam:
    """A set to test on. `part` gives the tested images for a split of the training set."""

    name: str
    rated: RatedImages
    material: Material
    part: Callable[[Split], Indices]


@dataclass(frozen=True)
class Ballot:
    """People's choices to test on; `names` are the material's images in order."""

    name: str
    votes: Sequence[Vote]
    names: tuple[str, ...]
    material: Material


class Examiner:
    """Everything that one `attiqa evaluate` holds in memory."""

    def __init__(
        self,
        config: Config,
        rated: RatedImages,
        records: Records,
        build: Callable[[str], tuple[AttiqaNet, str]],
    ):
        device = pick_device(config.device)
        recipe = config.recipe
        self.config, self.rated, self.records = config, rated, records
        self.name = config.name or rated.name
        self.splits = draw(config, rated, records.folder)
        self.material = self._material(self.name, rated.paths)
        self.starts = Starts(build, recipe.freeze, device)
        self.store = FeatureStore(config.features or records.folder / "features", recipe.resize, recipe.crop, device)
        self.exams = [
            Exam(self.name, rated, self.material, lambda split: split.test),
            *map(self._other, config.test_on),
        ]
        self.ballot = self._ballot() if config.votes else None
        names = [exam.name for exam in self.exams]
        if len(set(names)) < len(names):
            raise UsageError(
                f"--test-on: two sets are called {max(names, key=names.count)}; name the first with --name"
            )

    def examine(self, arm: Arm) -> None:
        """Take the arm through whatever is not done yet."""
        done = {(Job(row["arm"], row["protocol"], row["train_share"], row["split"]), row["tested_on"])
                for row in self.records.rows}  # fmt: skip
        for protocol in (AS_IS,) if arm.is_judge else self.config.protocols:
            for share in (1.0,) if arm.is_judge else self.config.train_share:
                for whole in self.splits:
                    job = Job(arm.name, protocol, share, whole.number)
                    wanted = {exam.name for exam in self.exams} | ({self.ballot.name} if self.ballot else set())
                    missing = {name for name in wanted if (job, name) not in done}
                    if missing:
                        self._take(arm, job, with_less_training(whole, len(self.rated), share), missing)

    def _take(self, arm: Arm, job: Job, split: Split, missing: set[str]) -> None:
        lesson = Lesson(
            self.material,
            torch.from_numpy(self.rated.mos_range.normalise(self.rated.mos)),
            split,
            self.config.recipe.training(),
            self.config.watch_epochs,
            self.config.compile,
        )
        fitted = PROTOCOLS[job.protocol](arm, lesson, self.starts, self.store)
        trained = 0 if arm.is_judge else len(split.train)
        about = {**job._asdict(), "source": arm.source, "trained_images": trained}
        rows = [self._result(exam, job, split, fitted, about) for exam in self.exams if exam.name in missing]
        if self.ballot and self.ballot.name in missing:
            rows.append({**about, "tested_on": self.ballot.name, **self._voted(self.ballot, fitted)})
        self.records.add(rows)

    def _result(self, exam: Exam, job: Job, split: Split, fitted: Fitted, about: Row) -> Row:
        """Test one predictor on one set; notes of its training belong to the row of the set it was trained on."""
        images = exam.part(split)
        predicted = exam.rated.mos_range.restore(fitted.predict(exam.material, images).double())
        mos = torch.from_numpy(exam.rated.mos[images])
        row = {**about, "tested_on": exam.name, "tested_images": len(images), **agreement(predicted, mos)}
        names = exam.rated.names
        self.records.save_predictions(cell_of(row), job.split, [names[i] for i in images], mos, predicted)
        return {**row, **fitted.notes} if exam is self.exams[0] else row

    def _voted(self, ballot: Ballot, fitted: Fitted) -> Row:
        scores = fitted.predict(ballot.material, np.arange(len(ballot.names)))
        return agreement_with_votes(ballot.votes, dict(zip(ballot.names, scores.tolist(), strict=True)))

    def _other(self, path: Path) -> Exam:
        rated = read_rated(path, allow_missing=self.config.data.allow_missing)
        material = self._material(rated.name, rated.paths)
        if self.config.test_on_part:
            return Exam(f"{rated.name}:part", rated, material, lambda split: part_of(rated, split.number))
        return Exam(rated.name, rated, material, lambda _split: np.arange(len(rated)))

    def _ballot(self) -> Ballot:
        path = self.config.votes
        assert path is not None
        votes = read_votes(path)
        files = vote_images(path, votes, self.config.votes_images)
        material = self._material(path.stem, tuple(files.values()))
        return Ballot(f"votes:{path.stem}", votes, tuple(files), material)

    def _material(self, name: str, paths: tuple[Path, ...]) -> Material:
        return Material(name, paths, PictureCache(paths, self.config.recipe.resize))

    def card(self, arms: Sequence[Arm], meta: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        """Return the protocol card: what was measured, how, and on what machine; `before` has arms of earlier calls."""
        config = self.config
        kind = "file" if config.split_file else config.split
        groups = self.rated.groups
        return {
            "data": self.name,
            "images": len(self.rated),
            "mos_range": [self.rated.mos_range.low, self.rated.mos_range.high],
            "split": {
                "kind": kind,
                "numbers": sorted({row["split"] for row in self.records.rows}),
                "grouped": groups is not None and kind == "random",
                "groups_in_both_parts": max(torn_groups(split, groups) for split in self.splits),
                "val": config.val,
            },
            "arms": {**before, **{arm.name: self.starts.described(arm) for arm in arms}},
            "recipe": {"resize": config.recipe.resize, **config.recipe.described(), "crop": config.recipe.crop},
            "commit": meta["commit"],
            "hardware": meta["device"],
            "written": meta["written"],
        }
