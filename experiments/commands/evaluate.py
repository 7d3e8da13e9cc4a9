"""Measure arms on the same splits: fine-tuned, probed or as they are; on other sets, with less data, and on votes.

The last epoch counts, never the best on the test split. Every arm sees the same splits, seeds and options.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from experiments.commands.finetune import starting_network
from experiments.options.outcome import Outcome
from experiments.options.rated_data import RatedData
from experiments.options.recipe import Recipe


@dataclass(frozen=True)
class Config:
    """Options of `attiqa evaluate`."""

    scores: Annotated[Path, tyro.conf.Positional]
    """A CSV with the columns image,mos, or the folder of a data set's original files."""
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
    """CSV of people's choices to test every predictor on: image_a,image_b,rater,choice (a, b or tie)."""
    votes_images: Path | None = None
    """Folder of the images in --votes; default beside the CSV."""
    features: Path | None = None
    """Folder of frozen encoders' features, which runs may share; default OUT/features."""
    backbone: str = "resnet50"
    """Any timm backbone, for the arms imagenet and random."""
    hidden: int = 512
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


def run(config: Config) -> Outcome:
    """Measure every arm on every split; writes splits.jsonl, predictions/, splits.json and summary.json."""
    from attiqa_core.runs import new_run, read_json, write_json
    from experiments.evaluation.evaluation import Examiner
    from experiments.evaluation.features import parse_arms
    from experiments.evaluation.records import Records, check_same_arms, check_same_options
    from experiments.evaluation.summary import summarise, table

    _check(config)
    arms = parse_arms(config.arm)
    rated = config.data.read(config.scores)
    folder = new_run(config.out, config, seed=0, inputs={"images": str(len(rated))}, resume=config.resume)
    records = Records(folder)
    check_same_options(folder, config)
    check_same_arms(records.rows, {arm.name: arm.source for arm in arms})
    examiner = Examiner(config, rated, records, _network_of(config))
    for arm in arms:
        examiner.examine(arm)
    summary = summarise(records.rows, records.predictions)
    path, meta = folder / "summary.json", read_json(folder / "meta.json")
    before = read_json(path)["arms"] if path.exists() else {}
    write_json(path, {"format": "attiqa-evaluation/1", **examiner.card(arms, meta, before), **summary})
    print(table(summary))
    return Outcome(folder)


def _check(config: Config) -> None:
    from attiqa_core.errors import UsageError

    config.recipe.check()
    if config.watch_epochs and config.recipe.regressor != "mlp":
        raise UsageError(
            f"--watch-epochs: a {config.recipe.regressor} regressor is solved for and has no epochs; leave the option out"
        )
    if config.splits < 1 or config.first_split < 0:
        raise UsageError("--splits: give at least 1; --first-split: give 0 or more")
    if not 0 <= config.val < 1:
        raise UsageError(f"--val {config.val}: give a share from 0 to below 1")
    for share in config.train_share:
        if not 0 < share <= 1:
            raise UsageError(f"--train-share {share}: give shares above 0, and 1 for all")


def _network_of(config: Config):
    """Return the function that builds the start network of an arm's source."""

    def build(source: str):
        if source in ("imagenet", "random"):
            return starting_network(None, config, source)
        return starting_network(Path(source), config, "imagenet")

    return build
