"""Options of `attiqa evaluate`."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Literal

import tyro

from attiqa_core.errors import InputError, UsageError
from attiqa_core.network.architecture import Architecture
from experiments.options import checks
from experiments.options.rated_data import RatedData
from experiments.options.recipe import Recipe
from experiments.options.refuse_unused import refuse_unused

OF_JUDGES = ("out", "arm", "votes", "votes_images", "features", "device", "resume")
OF_DATA, OF_RECIPE = (tuple(each.name for each in fields(group)) for group in (RatedData, Recipe))

FORMAT = "attiqa-evaluation/1"
"""Of summary.json."""
JUDGED_FORMAT = "attiqa-judged-votes/1"
"""Of judges.json: ready judges on votes alone."""


@dataclass(frozen=True)
class Config:
    """Measure arms on the same splits: fine-tuned, probed or as they are; on other sets, with less data, and on votes.

    The last epoch counts, never the best on the test split. Every arm sees the same splits, seeds and options.
    """

    scores: Annotated[Path | None, tyro.conf.Positional] = None
    """A CSV with the columns image,mos, or the folder of a data set's original files; not needed where ready judges are asked about
    --votes alone."""
    out: Path = Path("runs/evaluate")
    """Run folder to write."""
    arm: tuple[str, ...] = ("imagenet=imagenet",)
    """What to compare, as NAME=SOURCE: imagenet, random, a run of `attiqa pretrain` or `qualiclip`; or judge:SCORER, taken as
    it is, which is a test only on images it was not trained on."""
    protocols: tuple[Literal["finetune", "probe", "ridge", "ridge-heads"], ...] = ("finetune", "ridge")
    """finetune as the recipe says; probe: train the regressor alone; ridge on the encoder's or on the heads' features."""
    name: str | None = None
    """Name of the data set in tables; default what its files say."""
    splits: int = 10
    """How many splits (or seeds of one official split)."""
    first_split: int = 0
    """First split's number, to share the work or to try a recipe on splits that are not reported."""
    split: Literal["random", "official"] = "random"
    """Random 80/20, split k drawn with seed k and never through a group (reference, prompt); or the set's own split,
    whose validation part is not trained on."""
    split_file: Path | None = None
    """Splits to import instead, as `splits.json` of an earlier run."""
    train_share: tuple[float, ...] = (1.0,)
    """Train on these shares of the whole set, e.g. 1 0.2 0.1: drawn from each split's training part; 1 is all of it."""
    val: float = 0.0
    """Share of the whole set that is moved from training to validation."""
    watch_epochs: bool = False
    """Test finetune and probe after every epoch: prints the best on test ("paper-style, optimistic") and, with --val, on
    validation."""
    test_on: tuple[Path, ...] = ()
    """Other sets to test every predictor on: CSVs or folders."""
    test_on_part: bool = False
    """Test on the tested part of those sets (official, else split k), not on the whole of them as the paper does."""
    votes: Path | None = None
    """CSV of people's choices to test every predictor on: image_a,image_b,rater,choice[,scene] (a, b or tie, of five steps
    slightly-a or slightly-b, too), as `attiqa study analyse` writes it."""
    votes_images: Path | None = None
    """Folder of the images in --votes; default beside the CSV."""
    features: Path | None = None
    """Folder of frozen encoders' features, which runs may share; default OUT/features."""
    backbone: str = Architecture.backbone
    """Any timm backbone, for the arms imagenet and random."""
    hidden: int = Architecture.hidden
    """Width of each attribute head, for the arms imagenet and random."""
    data: RatedData = field(default_factory=RatedData)
    """How the scores are read."""
    recipe: Recipe = field(default_factory=Recipe)
    """How the network is fine-tuned."""
    device: str = "auto"
    """auto, cpu or cuda."""
    compile: bool = False
    """Compile the encoder (torch.compile)."""
    resume: bool = False
    """Go on with what --out lacks; arms, protocols, splits, shares and sets to test on may be added."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        if self.watch_epochs and self.recipe.regressor != "mlp":
            raise UsageError(
                f"--watch-epochs: a {self.recipe.regressor} regressor is solved for and has no epochs; leave the option out"
            )
        self.recipe.check(probes_only="finetune" not in self.protocols)
        if self.recipe.start == "kept":
            raise UsageError(
                "--start kept: is about `attiqa finetune --further`; a ready scorer is the arm judge:SCORER"
            )
        if self.recipe.runs_uncompiled:
            refuse_unused(self, ("compile",), self.recipe.runs_uncompiled)
        checks.at_least(self, splits=1, first_split=0, hidden=1)
        checks.shares_below_one(self, "val")
        for share in self.train_share:
            if not 0 < share <= 1:
                raise UsageError(f"--train-share {share:g}: give shares above 0, and 1 for all")
        if self.votes_images is not None and self.votes is None:
            raise UsageError("--votes-images: is about --votes; name the CSV of choices too")
        if self.scores is None:
            self._check_judges()
        else:
            self.data.check(self.scores)
        for source in (word.partition("=")[2] for word in self.arm):
            fresh = source in ("", "imagenet", "random") or source.startswith("judge:")
            if not fresh and not Path(source).exists():
                raise InputError(
                    f"--arm {source}: no such run of `attiqa pretrain`; for a ready scorer write judge:{source}"
                )
        checks.present(*self.test_on, self.votes, self.votes_images, self.split_file)
        checks.new_folder(self.out, resume=self.resume)

    def _check_judges(self) -> None:
        """Without human scores nothing is trained: votes, and judges as they are."""
        if self.votes is None:
            raise UsageError("usage: attiqa evaluate SCORES [OPTIONS]; or name people's choices with --votes")
        trained = [word for word in self.arm if not word.partition("=")[2].startswith("judge:")]
        if trained:
            raise UsageError(
                f"--arm {trained[0]}: has to be trained, which needs SCORES; without, name NAME=judge:SCORER"
            )
        others = {each.name for each in fields(self)} - {"scores", *OF_JUDGES, "data", "recipe"}
        for options, names in ((self, others), (self.data, OF_DATA), (self.recipe, OF_RECIPE)):
            refuse_unused(options, tuple(names), "plays no part where ready judges are asked about --votes alone")
