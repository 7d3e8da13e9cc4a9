"""Who was audited, on what, by whom: the facts under a verdict."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.audit.trained_on import TrainedOn
from agents.tuner import PolicyTuner
from attiqa_core.judges.judge import Judge
from attiqa_core.runs.folder import provenance
from experiments.audit.held_out import HeldOut
from isp_env.contexts.variations import ContextRanges


def facts(
    run: Path,
    policy: PolicyTuner,
    raws: HeldOut,
    known: TrainedOn,
    judges: Mapping[str, Judge],
    gate: Mapping[str, Any] | None,
    seed: int,
) -> dict[str, str]:
    """Return the facts by name, each in words."""
    training, scorer = policy.policy.training, policy.scorer
    told = {key: value for key, value in training.items() if isinstance(value, str | int | float)}
    origin = provenance()
    return {
        "policy": "; ".join([str(run), *(f"{key} {value}" for key, value in told.items())]),
        **_program(policy),
        "raws": raws.about,
        "compared with": _compared(known),
        "trained errors": _errors(known.ranges),
        "scorer": f"{scorer.reference} ({scorer.sha256[:12]}), {_gate(gate)}",
        "held-out judges": ", ".join(f"{name} ({judge.sha256[:12]})" for name, judge in judges.items()) or "none",
        "seed": str(seed),
        "processor": origin["device"],
        "commit": origin["commit"],
        "written": origin["written"],
    }


def _program(policy: PolicyTuner) -> dict[str, str]:
    """Which program made the pictures, and what it was trained on if that was a copy of it."""
    if policy.isp is None or policy.isp.described is None:
        return {}
    described, trained = policy.isp.described, policy.policy.isp or {}
    told = {"program": f"{described['name']} ({described['sha256'][:12]}), its own pictures"}
    if "learned" in trained:
        errors = trained["learned"].get("held_out", {})
        claimed = policy.policy.training.get("training_reward")
        told["trained on"] = (
            "a learned copy of it"
            + _error_of_copy(errors)
            + (f"; there it had a reward of {claimed:+.4f}" if isinstance(claimed, float) else "")
        )
    return told


def _error_of_copy(held_out: Mapping[str, Any]) -> str:
    """Its stated error on new raws, else on new parameters; nothing where it states none."""
    for side in ("new_raws", "new_parameters"):
        found = held_out.get(side, {}).get("proxy", {}).get("learned", {}).get("mean_delta_e_2000")
        if isinstance(found, float):
            return f", off by Delta E {found:.2f} on {side.replace('_', ' ')}"
    return ""


def _compared(known: TrainedOn) -> str:
    """Whether it is known that no raw of the audit was trained on."""
    if known.missing:
        lost = ", ".join(map(str, known.missing))
        return f"what the run trained on could not be compared with, it is no longer at {lost}"
    if not (known.files or known.names):
        return "the run does not say what it was trained on, so that nothing could be compared"
    return (
        f"{len(known.files)} raws and {len(known.names)} names of stores that the run trained on; none is among these"
    )


def _errors(ranges: ContextRanges | None) -> str:
    if ranges is None:
        return "the run does not say; the usual ones are taken for them"
    low, high = ranges.exposure_ev
    return (
        f"exposure {low:+g} to {high:+g} EV, white balance off by {ranges.white_balance_mired:g} mired and "
        f"{ranges.white_balance_duv:g} Duv (sigma)"
    )


def _gate(gate: Mapping[str, Any] | None) -> str:
    if gate is None:
        return "no report about its gate was found"
    return "passed its gate" if gate["passed"] else f"FAILS its gate on {', '.join(gate['failures'])}"
