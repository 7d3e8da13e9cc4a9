"""Measure arms on the same splits: fine-tuned, probed or as they are; on other sets, with less data, and on votes."""

from collections.abc import Callable

from attiqa_core.errors import UsageError
from attiqa_core.files import read_json, write_json
from attiqa_core.network.model import AttiqaNet
from attiqa_core.network.pretrained import network_to_finetune
from attiqa_core.runs import new_run
from experiments.evaluation.evaluation import Examiner
from experiments.evaluation.features import parse_arms
from experiments.evaluation.records import Records, check_same_arms, check_same_options
from experiments.evaluation.summary import summarise, table
from experiments.options.evaluate import Config
from experiments.options.outcome import Outcome
from experiments.options.refuse_unused import refuse_unused


def run(config: Config) -> Outcome:
    """Measure every arm on every split; writes splits.jsonl, predictions/, splits.json and summary.json."""
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
    if config.watch_epochs and config.recipe.regressor != "mlp":
        raise UsageError(
            f"--watch-epochs: a {config.recipe.regressor} regressor is solved for and has no epochs; leave the option out"
        )
    config.recipe.check(probes_only="finetune" not in config.protocols)
    if config.recipe.encoder_is_frozen:
        refuse_unused(config, ("compile",), "with --freeze all each picture passes the encoder once, uncompiled")
    if config.splits < 1 or config.first_split < 0:
        raise UsageError("--splits: give at least 1; --first-split: give 0 or more")
    if not 0 <= config.val < 1:
        raise UsageError(f"--val {config.val}: give a share from 0 to below 1")
    for share in config.train_share:
        if not 0 < share <= 1:
            raise UsageError(f"--train-share {share}: give shares above 0, and 1 for all")


def _network_of(config: Config) -> Callable[[str], tuple[AttiqaNet, str]]:
    """Return the function that builds the start network of an arm's source."""

    def build(source: str) -> tuple[AttiqaNet, str]:
        fresh = source in ("imagenet", "random")
        return network_to_finetune(
            None if fresh else source,
            backbone=config.backbone,
            hidden=config.hidden,
            init=source,
            pooling=config.recipe.pooling,
            regressor=config.recipe.regressor,
        )

    return build
