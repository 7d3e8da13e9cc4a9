"""Compare pictures with an expert's of MIT-Adobe FiveK under a named protocol."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from agents.bundles.files import load_policy
from agents.bundles.hub import find_bundle
from agents.bundles.names import DESCRIPTION
from agents.policy import Policy
from attiqa_core.errors import InputError
from attiqa_core.files.whole import sha256
from attiqa_core.judges.judge import Judge, create_metric
from attiqa_core.runs.device import pick_device
from attiqa_core.runs.folder import provenance
from attiqa_core.runs.progress import progress
from experiments.commands.study_export import run as export_study
from experiments.fivek.cases import CAMERA, NEUTRAL, Photos, Row, refuse_missing, without
from experiments.fivek.evaluation import Evaluation, evaluate
from experiments.fivek.found import pictures_of_photos
from experiments.fivek.kept import KEPT, Kept
from experiments.fivek.leaks import seen_in_training
from experiments.fivek.results import write_results, write_sheet
from experiments.fivek.study_pictures import Shown
from experiments.fivek.table import lines
from experiments.options.evaluate_fivek import Config
from experiments.options.outcome import Outcome, count, say
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume
from experiments.options.study_export import Config as StudyConfig
from experiments.rendering.tuning import of_policy, of_values
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.photos import INPUT, KINDS, RAW
from isp_env.fivek.protocols import Protocol
from isp_env.params import IspParams

FREE = (*FREE_ON_RESUME, "allow_missing", "study", "scorer")


def run(config: Config) -> Outcome:
    """Compare every photo of the protocol's list, print the table, and write results, per-photo figures, sheet and study."""
    config.check()
    protocol = config.measured_by()
    folder = _folder(config)
    photos = _photos(config, folder, protocol)
    asked = _asked(config, folder, protocol)
    needed = {f"expert {protocol.expert.upper()}'s picture": photos.targets} | {
        _file(row): _needed(row, photos) for row in asked
    }
    missing = without(protocol.photos, *needed.values())
    refuse_missing(missing, photos, len(protocol.photos), config.allow_missing, needed)
    numbers = [number for number in protocol.photos if number not in set(missing)]
    policy = None if config.policy is None else load_policy(config.policy)
    _say_what_was_seen(policy, folder, numbers)
    rows = [*_beside(config, folder, protocol, photos, numbers), *asked]
    judges = _judges(config, policy)
    out = begin_or_resume(config, _inputs(config, protocol, judges), FREE)
    shown = Shown(config.out / "study_pictures", rows[-1].name, protocol.expert, photos)
    kept, look = Kept.open(out / KEPT, rows, photos), {}
    if config.study is not None:
        kept, look = kept.without(number for number in numbers if not shown.has(number)), {"look": shown.write}
    bar = progress(numbers, label="fivek", unit="photo")
    evaluation = evaluate(protocol, rows, photos, missing, judges=judges, numbers=bar, kept=kept, **look)
    write_results(out, evaluation, photos, {"provenance": provenance()})
    write_sheet(out, evaluation, photos)
    for line in lines(evaluation):
        print(line)
    if config.study is not None:
        _export(config.study, shown)
    return _outcome(config, evaluation)


def _inputs(config: Config, protocol: Protocol, judges: Sequence[Judge]) -> dict[str, str]:
    """What decides the figures, but for the photos' own files: those are looked at one by one, so that more may come."""
    inputs = {"protocol_sha256": protocol.sha256, "list_sha256": protocol.list_sha256}
    if config.policy is not None:
        inputs["policy_sha256"] = sha256(find_bundle(config.policy) / DESCRIPTION)
    if config.params is not None:
        inputs["params_sha256"] = sha256(config.params)
    return inputs | {f"judge_{judge.name}_sha256": judge.sha256 for judge in judges}


def _folder(config: Config) -> FiveKFolder:
    """What is here of FiveK: nothing has to be, where every picture is named by itself."""
    try:
        return FiveKFolder.open(config.folder)
    except InputError:
        if config.targets is None or (config.pictures or config.inputs) is None:
            raise
        return FiveKFolder(config.folder, {kind: {} for kind in KINDS}, {}, {}, {}, None)


def _photos(config: Config, folder: FiveKFolder, protocol: Protocol) -> Photos:
    targets = folder.files[protocol.expert] if config.targets is None else pictures_of_photos(config.targets)
    return Photos(folder.names, targets, folder.files[RAW], config.assume, pick_device(config.device))


def _asked(config: Config, folder: FiveKFolder, protocol: Protocol) -> list[Row]:
    """The rows that were asked for; of photos that one lacks there is no comparison."""
    if config.pictures is not None:
        return [Row("pictures", protocol, files=pictures_of_photos(config.pictures))]
    if config.policy is not None:
        tuning = of_policy(config.policy, config.scorer, pick_device(config.device), {})
        return [Row("policy", protocol.differing(input="raw"), tune=tuning.tune)]
    if config.params is not None:
        tuning = of_values(config.profile, config.params, {})
        return [Row("parameters", protocol.differing(input="raw"), tune=tuning.tune)]
    return [_neutral(config, folder, protocol)]


def _neutral(config: Config, folder: FiveKFolder, protocol: Protocol) -> Row:
    if config.inputs is None:
        return Row(NEUTRAL, protocol.differing(input="as shot"), files=folder.files[INPUT])
    given = "any" if protocol.input == "raw" else protocol.input
    return Row(NEUTRAL, protocol.differing(input=given), files=pictures_of_photos(config.inputs))


def _camera(protocol: Protocol) -> Row:
    return Row(CAMERA, protocol.differing(input="raw"), tune=lambda frame: IspParams.default(1))


def _beside(
    config: Config, folder: FiveKFolder, protocol: Protocol, photos: Photos, numbers: Sequence[int]
) -> Iterator[Row]:
    """The neutral input and the camera default, unless asked for already, each where it is here for all photos."""
    if not config.beside:
        return
    for row in (*(() if config.input else (_neutral(config, folder, protocol),)), _camera(protocol)):
        if lacking := without(numbers, _needed(row, photos)):
            names = f"{photos.name(lacking[0])}{' and others' if len(lacking) > 1 else ''}"
            say(f"no row of the {row.name}: {names} missing")
        else:
            yield row


def _needed(row: Row, photos: Photos) -> Mapping[int, Path]:
    return photos.raws if row.files is None else row.files


def _file(row: Row) -> str:
    return "the raw" if row.files is None else f"a picture of the row {row.name}"


def _say_what_was_seen(policy: Policy | None, folder: FiveKFolder, numbers: Sequence[int]) -> None:
    """A word about photos that the policy learned from: its row is no test of them."""
    if policy is None:
        return
    for name, seen in seen_in_training(policy.training, folder, numbers).items():
        of = f"{seen:,} of the {count(len(numbers), 'photo')} compared"
        say(f"the policy was trained on {name}, or chosen by it: {of}; its row is no test of those")


def _judges(config: Config, policy: Policy | None) -> list[Judge]:
    """The judges; a word is said of one that the policy was trained on."""
    judges = [create_metric(name, pick_device(config.device)) for name in config.judges]
    for judge in judges:
        if policy is not None and judge.sha256 == policy.scorer["sha256"]:
            say(f"{judge.name}: is what the policy was trained on; its column proves nothing")
    return judges


def _export(out: Path, shown: Shown) -> None:
    if out.is_dir() and any(out.iterdir()):  # it comes into being whole
        say(f"{out}: was exported before and is kept; remove it to export anew")
        return
    outcome = export_study(StudyConfig(shown.folders, out, names=(shown.name, shown.expert)))
    for failure in outcome.failures:
        say(f"not in the study: {failure}")
    say(f"{outcome.path}: {outcome.done}")


def _outcome(config: Config, evaluation: Evaluation) -> Outcome:
    protocol = evaluation.rows[-1].row.protocol  # what was asked for: its own hash, which the table has
    done = f"{count(evaluation.count, 'photo')} compared under {protocol.name} {protocol.sha256[:12]}"
    return Outcome(config.out, done, tuple(evaluation.left_out.values()), "left out")
