"""Measure arms on the same splits: fine-tuned, probed or as they are; on other sets, with less data, and on votes."""

from pathlib import Path

from attiqa_core.files import read_json, write_json
from attiqa_core.network.backbones import check_name
from attiqa_core.runs import new_run, pick_device
from experiments.commands.finetune import starting_network
from experiments.evaluation.evaluation import Examiner
from experiments.evaluation.features import parse_arms
from experiments.evaluation.records import Records, check_same_arms, check_same_options
from experiments.evaluation.summary import summarise, table
from experiments.options.evaluate import Config
from experiments.options.outcome import Outcome, count


def run(config: Config) -> Outcome:
    """Measure every arm on every split; writes splits.jsonl, predictions/, splits.json and summary.json."""
    config.check()
    arms = parse_arms(config.arm)
    pick_device(config.device)
    check_name(config.backbone)
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
    done = f"{count(len(arms), 'arm')} measured on {count(len(rated), 'picture')}, {count(len(records.rows), 'result')}"
    return Outcome(folder, done)


def _network_of(config: Config):
    """Return the function that builds the start network of an arm's source."""

    def build(source: str):
        if source in ("imagenet", "random"):
            return starting_network(None, config, source)
        return starting_network(Path(source), config, "imagenet")

    return build
