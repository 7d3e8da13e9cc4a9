"""A bundle on its way to others: its own files alone, verified, with a card, and with its scorer if that is wanted."""

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agents.audit.verdict import read_verdict, write_verdict
from agents.bundles.files import load_policy
from agents.bundles.names import DESCRIPTION, SCORER, SUMMARY
from agents.bundles.scorer import open_scorer
from agents.policy import Policy
from agents.sharing.card import policy_card
from attiqa_core.errors import UsageError
from attiqa_core.files.whole import read_json, replacing, write_json, write_text
from attiqa_core.judges.gate import REPORT, report_about
from attiqa_core.judges.joined import parts_of
from attiqa_core.scorer import Scorer
from attiqa_core.sharing.folder import CARD, copy_verified, refuse_filled
from attiqa_core.sharing.shipped import SHIPPED

AT_HOME = ("unreadable",)
"""Parts of summary.json that name files of whoever trained it."""


def export_bundle(
    folder: Path, out: Path, *, name: str = "", licence: str = "other", with_scorer: bool = False
) -> Path:
    """Copy a bundle's own files into a new folder that `load_policy` reads, with a card, and return the folder.

    The description comes last: a folder that holds one is whole. `with_scorer`: its scorer comes along, in `scorer/`.
    Raises: UsageError if `out` holds anything; InputError as `load_policy`, and if a scorer that is to come along is not here.
    """
    refuse_filled(out)
    policy, described = load_policy(folder), read_json(folder / DESCRIPTION)
    gate = _gate(folder, policy)
    if with_scorer:
        gate = _copy_scorer(policy, folder, out / SCORER) or gate
    copy_verified(folder / described["weights"], out / described["weights"], described["sha256"])
    verdict, summary = read_verdict(folder), read_own_summary(folder, policy)
    if verdict is not None:
        write_verdict(out, verdict)
    if summary is not None:
        write_json(out / SUMMARY, summary, seal=True)
    about = {"summary": summary, "verdict": verdict and asdict(verdict), "gate": gate, "licence": licence}
    write_text(out / CARD, policy_card(policy, name or out.name, described["sha256"], **about))
    write_json(out / DESCRIPTION, described, seal=True)
    return out


def read_own_summary(folder: Path, policy: Policy) -> dict[str, Any] | None:
    """Return summary.json as far as it may travel, if it is about this policy; None if not."""
    if not (folder / SUMMARY).is_file():
        return None
    summary = read_json(folder / SUMMARY)
    same = ("seed", "timesteps", "training_reward")
    if not isinstance(summary, dict) or any(summary.get(key) != policy.training.get(key) for key in same):
        return None
    return {key: value for key, value in summary.items() if key not in AT_HOME}


def _gate(folder: Path, policy: Policy) -> dict[str, Any] | None:
    """What the gate found about the policy's scorer, where a report lies in the bundle, beside the shipped one, or where it was."""
    name, digest = policy.scorer["name"], policy.scorer["sha256"]
    places = (folder / SCORER, SHIPPED / name, Path(name))
    return next((found for place in places if (found := report_about(place, digest)) is not None), None)


def _copy_scorer(policy: Policy, folder: Path, out: Path) -> dict[str, Any] | None:
    """Copy the scorer and what the gate found about it, which is returned."""
    scorer = open_scorer(policy, folder)
    if len(parts := parts_of(scorer)) > 1:
        raise UsageError(
            f"--with-scorer: {scorer.name} is {len(parts)} judges joined, and a bundle has room for one; leave it out, and send "
            f"{', '.join(part.reference for part in parts)} along for --scorer"
        )
    if not isinstance(scorer, Scorer) or scorer.folder is None:
        raise UsageError(
            f"--with-scorer: {scorer.name} is no ATTIQA scorer in a folder, and cannot be copied; leave it out"
        )
    scorer.save_pretrained(out)
    found = report_about(scorer.folder, scorer.sha256)
    if found is not None:
        with replacing(out / REPORT) as temporary:
            shutil.copyfile(scorer.folder / REPORT, temporary)
    return found
