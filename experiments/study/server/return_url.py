"""Where a rater of Prolific goes at the end: its page with the completion code that fits how the session ended."""

from urllib.parse import urlencode

from experiments.study.protocol import Protocol

COMPLETE_URL = "https://app.prolific.com/submissions/complete"

CODE_OF = {
    "complete": "completed",
    "nothing-left": "screened_out",
    "screened-out": "screened_out",
    "failed-checks": "failed_checks",
    "no-consent": "no_consent",
    "withdrawn": "no_consent",
}
"""How a session ended -> the key in the protocol's [prolific] that names the code. Who came when nothing was left to
judge is told at the door, as one whose screen does not fit."""


def return_url(protocol: Protocol, status: str) -> str | None:
    """Return the address that sends a rater back, None while the session goes on or where the protocol has no such code."""
    key = CODE_OF.get(status)
    code = getattr(protocol.prolific, key) if key else ""
    return f"{COMPLETE_URL}?{urlencode({'cc': code})}" if code else None
