"""Ask a scorer, before it may be a reward, whether it sees through spoiled pictures."""

from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges import gate
from attiqa_core.judges.judge import create_metric
from attiqa_core.photos.decode import find_images
from attiqa_core.photos.images import read_picture
from attiqa_core.runs import pick_device
from experiments.demo_set import PACKAGED, packaged_photos
from experiments.options.gate import Config
from experiments.options.outcome import Outcome, count


def run(config: Config) -> Outcome:
    """Print the table and write gate.json; a scorer that fails ends the command with exit code 3."""
    config.check()
    scorer = create_metric(config.scorer, pick_device(config.device), config.crops)
    folder = config.out or scorer.folder
    if folder is None:
        raise UsageError(f"{config.scorer}: has no folder of its own; say with --out where gate.json goes")
    if config.photos:
        paths = find_images(config.photos)
        photos, names = [read_picture(path) for path in paths], [path.name for path in paths]
    else:
        photos, names = packaged_photos(), list(PACKAGED)
    report = gate.check(scorer, photos, names, config.seed)
    print(gate.describe(report))
    written = gate.write(folder, scorer, report)
    if not report.passed:
        raise InputError(f"{config.scorer}: fails the gate on {', '.join(report.failures)}; the report is {written}")
    return Outcome(written, f"{config.scorer} sees through {count(len(names), 'spoiled photo')}")
