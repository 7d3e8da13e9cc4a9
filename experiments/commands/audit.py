"""Ask whether a policy's gain is real, or whether it comes near its examples, and leave a verdict beside its bundle."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from agents.audit.abroad import Abroad
from agents.audit.examination import Examination, examined
from agents.audit.other_judges import families, held_out
from agents.audit.subject import Subject
from agents.audit.trained_on import TrainedOn, refuse_trained, trained_on
from agents.audit.verdict import Bundle, Verdict, bundle_of, make_verdict, write_verdict
from agents.benchmark import distinct
from agents.tuner import PolicyTuner
from attiqa_core.errors import UsageError
from attiqa_core.files.whole import sha256, write_json, write_text
from attiqa_core.judges.gate import stored_report
from attiqa_core.judges.judge import Judge, create_metric
from attiqa_core.judges.niqe import NIQE
from attiqa_core.judges.scene_statistics import PATCH_PX
from attiqa_core.runs.device import pick_device
from attiqa_core.runs.folder import provenance
from attiqa_core.runs.metrics import finite
from attiqa_core.runs.progress import progress
from experiments.audit import kept
from experiments.audit.examples import examples
from experiments.audit.facts import facts
from experiments.audit.held_out import HeldOut, read_examples, with_examples
from experiments.audit.held_out import held_out as read_held_out
from experiments.audit.kept import KeptAudit, begin_audit
from experiments.audit.page import audit_page
from experiments.options.audit import Config
from experiments.options.outcome import Outcome, count
from experiments.options.resume import hash_of_words, inputs_of_raws
from isp_env.black_box.isp import BlackBoxIsp
from isp_env.core import IspCore
from isp_env.fitting.files import FITS, Fits

FORMAT = "attiqa-audit/1"
PAGE, NUMBERS = "audit.html", "audit.json"
DECIDING = ("errors", "scene", "steps", "permutations", "seed")
"""Options on which the result depends, beside files, judges and the policy."""


def run(config: Config) -> Outcome:
    """Run every check, and write verdict.json, audit.json and audit.html into the run's folder."""
    config.check()
    known = trained_on(config.run)
    refuse_trained(known, config.raws)
    device = pick_device(config.device)
    policy = PolicyTuner.load(config.run, config.scorer, device, isp=config.program.opened())
    bundle = bundle_of(config.run)
    assert bundle is not None  # it was loaded
    if isinstance(policy.isp, BlackBoxIsp):
        policy.isp.square = policy.policy.task.square
    fits = _fits(config, bundle, policy)
    judges = _judges(config, policy.scorer)
    _refuse_small(judges, policy.policy.task.proxy_px)
    so_far = begin_audit(config.run, _begun_with(config, bundle, policy, judges), resume=config.resume)
    with TemporaryDirectory(prefix="attiqa-audit-") as folder:
        raws = _raws(config, policy, known, bundle, fits, Path(folder))
        done = _audited(config, policy, known, bundle, judges, raws, so_far)
    kept.remove(config.run)
    return Outcome(config.run / PAGE, f"{done}{_runs_of(policy)}", raws.failures)


def _audited(
    config: Config,
    policy: PolicyTuner,
    known: TrainedOn,
    bundle: Bundle,
    judges: dict[str, Judge],
    raws: HeldOut,
    so_far: KeptAudit,
) -> str:
    """Make every check and write what comes of it; a sentence that says so."""
    subject = _subject(policy, raws, judges, config.seed, so_far)
    abroad = None
    if len(raws.abroad):
        abroad = Abroad(policy.core(raws.abroad), raws.abroad_scenes, "raws beyond the errors of its training")
    examination = Examination(subject, abroad, config.steps, config.permutations, bundle.asked)
    with progress(total=len(examination.checks), label="audit", unit="check") as bar:
        findings = examined(examination, bar.update)
    verdict = make_verdict(findings, len(set(subject.scenes)), bundle)
    verdict = replace(verdict, checks=finite(verdict.checks))
    about = facts(config.run, policy, raws, known, judges, stored_report(policy.scorer), config.seed)
    _write(config.run, verdict, about, audit_page(verdict, findings, examples(examination), about))
    print("\n".join([f"{config.run}: {verdict.verdict}", *(f"  {each}" for each in verdict.reasons)]))
    return f"{verdict.verdict}: {count(len(findings), 'check')} on {count(len(subject.core), 'raw')}"


def _write(run: Path, verdict: Verdict, about: Mapping[str, str], page: str) -> None:
    write_json(run / NUMBERS, finite({"format": FORMAT, **asdict(verdict), "about": about, "origin": provenance()}))
    write_text(run / PAGE, page)
    write_verdict(run, verdict)


def _raws(
    config: Config, policy: PolicyTuner, known: TrainedOn, bundle: Bundle, fits: Fits | None, folder: Path
) -> HeldOut:
    """The raws to audit on, with the examples of those of a policy that imitates; `folder` is for what a program is to read."""
    times = 0 if bundle.asked == "examples" or policy.isp is not None else config.errors
    written = None if policy.isp is None else folder
    raws = read_held_out(config.raws, policy.policy.task, known, times, config.scene, config.seed, written)
    return raws if fits is None else with_examples(raws, fits, policy.policy.task.profile)


def _begun_with(config: Config, bundle: Bundle, policy: PolicyTuner, judges: Mapping[str, Judge]) -> dict[str, str]:
    """What decides the result: an audit that goes on has to be begun with the same."""
    program = policy.isp.command.program if isinstance(policy.isp, BlackBoxIsp) else ()
    return {
        **{name: str(getattr(config, name)) for name in DECIDING},
        **inputs_of_raws("raws", config.raws),
        **{f"judge {name}": judge.sha256 for name, judge in judges.items()},
        **(
            {} if config.fits is None else {"fits": sha256(config.fits / FITS if config.fits.is_dir() else config.fits)}
        ),
        **({"program": hash_of_words([repr(program)])} if program else {}),
        "policy": bundle.behaviour_sha256,
        "scorer": policy.scorer.sha256,
    }


def _fits(config: Config, bundle: Bundle, policy: PolicyTuner) -> Fits | None:
    """What held-out raws should be answered with. Raises: UsageError for a policy that nobody gave examples."""
    if config.fits is None:
        return None
    if bundle.asked != "examples":
        raise UsageError(
            f"--fits {config.fits}: {config.run} climbed a reward and imitates nobody; leave it out, its gain is asked about"
        )
    return read_examples(config.fits, policy.policy.task.profile)


def _judges(config: Config, scorer: Judge) -> dict[str, Judge]:
    """The held-out judges by name. Raises: UsageError for one of the scorer's family."""
    asked = {judge.name: judge for judge in distinct(create_metric(each, scorer.device) for each in config.judges)}
    for name in asked.keys() - held_out(scorer, asked).keys():
        raise UsageError(
            f"--judges {name}: is of the scorer's own family ({', '.join(sorted(families(scorer)))}) and no evidence; "
            "name others, such as niqe"
        )
    return asked


def _refuse_small(judges: Mapping[str, Judge], proxy_px: int) -> None:
    """Raises: UsageError for a judge that cannot look at proxies as small as the policy's."""
    if NIQE in judges and proxy_px < PATCH_PX:
        raise UsageError(
            f"--judges {NIQE}: looks at pictures of {PATCH_PX} px at least, and this policy's proxies are of about {proxy_px} px; "
            f"leave it out (--judges colour-naturalness), or train with --proxy-px {PATCH_PX} or more"
        )


def _subject(policy: PolicyTuner, raws: HeldOut, judges: dict[str, Judge], seed: int, so_far: KeptAudit) -> Subject:
    core, known = policy.core(raws.proxies), policy.policy
    crops = len(raws.proxies[0].crops)
    eyes = core
    if known.task.crops == 0 and crops:
        eyes = IspCore(raws.proxies, policy.scorer, replace(known.task, crops=crops), known.weights, isp=policy.isp)
    return Subject(policy, core, eyes, raws.scenes, judges, seed, raws.examples, so_far)


def _runs_of(policy: PolicyTuner) -> str:
    """How often a program was run for it."""
    if not isinstance(policy.isp, BlackBoxIsp):
        return ""
    command = policy.isp.command
    return f"; {policy.isp.name} made {count(command.made, 'picture')}, {command.found} were asked for again"
