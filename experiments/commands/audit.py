"""Ask whether a policy's gain is real, and leave a verdict beside its bundle: safe, doubtful or hacked."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from agents.audit.abroad import Abroad
from agents.audit.examination import CHECKS, Examination, examined
from agents.audit.other_judges import family, held_out
from agents.audit.subject import Subject
from agents.audit.trained_on import refuse_trained, trained_on
from agents.audit.verdict import make_verdict, policy_sha256, program_of, write_verdict
from agents.benchmark import distinct
from agents.tuner import PolicyTuner
from attiqa_core.errors import UsageError
from attiqa_core.files.whole import write_json, write_text
from attiqa_core.judges.gate import stored_report
from attiqa_core.judges.judge import Judge, create_metric
from attiqa_core.judges.niqe import NIQE
from attiqa_core.judges.scene_statistics import PATCH_PX
from attiqa_core.runs.device import pick_device
from attiqa_core.runs.folder import provenance
from attiqa_core.runs.metrics import finite
from attiqa_core.runs.progress import progress
from experiments.audit.examples import examples
from experiments.audit.facts import facts
from experiments.audit.held_out import HeldOut
from experiments.audit.held_out import held_out as read_held_out
from experiments.audit.page import audit_page
from experiments.options.audit import Config
from experiments.options.outcome import Outcome, count
from isp_env.core import IspCore
from isp_env.raw import RawFrame

FORMAT = "attiqa-audit/1"
PAGE, NUMBERS = "audit.html", "audit.json"


def run(config: Config) -> Outcome:
    """Run every check, and write verdict.json, audit.json and audit.html into the run's folder."""
    config.check()
    if program := program_of(config.run):
        raise UsageError(
            f"{config.run}: was trained on the program {program}, and the audit knows our own ISP alone; "
            f"measure it with `attiqa benchmark HELD_OUT_RAWS --isp DESCRIPTION --policy {config.run}`"
        )
    known = trained_on(config.run)
    refuse_trained(known, config.raws)
    device = pick_device(config.device)
    policy = PolicyTuner.load(config.run, config.scorer, device)
    judges = _judges(config, policy.scorer)
    _refuse_small(judges, policy.policy.task.proxy_px)
    raws = read_held_out(config.raws, policy.policy.task, known, config.errors, config.scene, config.seed)
    subject = _subject(policy, raws, judges, config.seed)
    abroad = None
    if len(raws.abroad):
        abroad = Abroad(_core(policy, raws.abroad), raws.abroad_scenes, "raws beyond the errors of its training")
    examination = Examination(subject, abroad, config.steps, config.permutations)
    with progress(total=len(CHECKS), label="audit", unit="check") as bar:
        findings = examined(examination, bar.update)
    verdict = make_verdict(findings, len(set(subject.scenes)), policy_sha256(config.run) or "")
    verdict = replace(verdict, checks=finite(verdict.checks))
    gate = stored_report(policy.scorer)
    about = facts(config.run, policy, raws, known, judges, gate, config.seed)
    page = audit_page(verdict, findings, examples(subject, examination.temptation), about)
    write_json(
        config.run / NUMBERS, finite({"format": FORMAT, **asdict(verdict), "about": about, "origin": provenance()})
    )
    write_text(config.run / PAGE, page)
    write_verdict(config.run, verdict)
    print("\n".join([f"{config.run}: {verdict.verdict}", *(f"  {each}" for each in verdict.reasons)]))
    done = f"{verdict.verdict}: {count(len(findings), 'check')} on {count(len(subject.core), 'raw')}"
    return Outcome(config.run / PAGE, done, raws.failures)


def _judges(config: Config, scorer: Judge) -> dict[str, Judge]:
    """The held-out judges by name. Raises: UsageError for one of the scorer's family."""
    asked = {judge.name: judge for judge in distinct(create_metric(each, scorer.device) for each in config.judges)}
    for name in asked.keys() - held_out(scorer, asked).keys():
        raise UsageError(
            f"--judges {name}: is of the scorer's own family ({family(scorer)}) and no evidence; name others, such as niqe"
        )
    return asked


def _refuse_small(judges: Mapping[str, Judge], proxy_px: int) -> None:
    """Raises: UsageError for a judge that cannot look at proxies as small as the policy's."""
    if NIQE in judges and proxy_px < PATCH_PX:
        raise UsageError(
            f"--judges {NIQE}: looks at pictures of {PATCH_PX} px at least, and this policy's proxies are of about {proxy_px} px; "
            f"leave it out (--judges colour-naturalness), or train with --proxy-px {PATCH_PX} or more"
        )


def _core(policy: PolicyTuner, proxies: Sequence[RawFrame]) -> IspCore:
    return IspCore(proxies, policy.scorer, policy.policy.task, policy.policy.weights)


def _subject(policy: PolicyTuner, raws: HeldOut, judges: dict[str, Judge], seed: int) -> Subject:
    core = _core(policy, raws.proxies)
    crops = len(raws.proxies[0].crops)
    eyes = core
    if policy.policy.task.crops == 0 and crops:
        task = replace(policy.policy.task, crops=crops)
        eyes = IspCore(raws.proxies, policy.scorer, task, policy.policy.weights)
    return Subject(policy, core, eyes, raws.scenes, judges, seed)
