"""What is said of a bundle's verdict to who renders with it, reads a report, or looks at its page."""

from pathlib import Path

from agents.audit.verdict import GOOD, Bundle, Verdict, bundle_of, read_verdict, why_none
from agents.bundles.names import is_onnx
from attiqa_core.errors import one_line

CURES = {
    "hacked": "do not ship it, train again with another reward",
    "unfaithful": "do not ship it, one setting does better",
}
"""What is to be done; else: look at it."""


def in_words(verdict: Verdict) -> list[str]:
    """Return what keeps a policy from being safe, in a word or two each: what it is called, or the check that it did not pass."""
    grave = sorted(
        ((key, check) for key, check in verdict.checks.items() if check["state"] != "passed"),
        key=lambda each: each[1]["state"] != "failed",
    )
    few = ["few scenes"] if any(each.startswith("scenes:") for each in verdict.reasons) else []
    return [word for key, check in grave for word in check["named"] or [f"{key}: {check['state']}"]] + few


def is_safe(folder: str | Path) -> bool:
    """Return whether a bundle was audited as it is, and called safe, or as faithful to its examples."""
    found = read_verdict(folder)
    return found is not None and found.verdict in GOOD


def in_a_sentence(folder: str | Path) -> str:
    """Return what is to be said of a bundle's verdict, and what to do where it is bad or missing."""
    if is_onnx(folder):
        return f"{folder}: no verdict travels in an ONNX file; the bundle that it was made of may have one"
    found = read_verdict(folder)
    if found is None:
        return f"{folder}: {why_none(folder)}; {_asking(folder, bundle_of(folder))}"
    about = one_line(f"{folder}: audited {found.written[:10]}, {found.verdict}")
    if found.verdict in GOOD:
        return about
    reason = f" ({one_line(', '.join(called))})" if (called := in_words(found)) else ""
    cure = CURES.get(found.verdict, "look at it before it ships")
    page = Path(folder) / "audit.html"
    return f"{about}{reason}; {cure}{f', see {page}' if page.is_file() else ''}"


def _asking(folder: str | Path, bundle: Bundle | None) -> str:
    """Which command asks what."""
    by_examples = bundle is not None and bundle.asked == "examples"
    further = " HELD_OUT_RAWS --fits FITS_OF_THEM" if by_examples else ""
    if bundle is not None and bundle.program is not None:
        further = " HELD_OUT_RAWS --isp DESCRIPTION"
    question = "whether it comes near examples that it never saw" if by_examples else "whether its gain is real"
    return f"`attiqa audit {folder}{further}` asks {question}"
