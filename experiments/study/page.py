"""The page that raters open: one HTML file without any request to elsewhere, which works from `file://`."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TEMPLATE = Path(__file__).with_name("page.html")


def page(study: str, trials: Sequence[Mapping[str, Any]], *, question: str, ties: bool) -> str:
    """Return the page. `trials` hold `trial`, `left` and `right`: opaque names in `pictures/` beside it.

    Only the page's own style and script may run: the content policy names their hashes.
    """
    template = TEMPLATE.read_text(encoding="utf-8")
    content = {"study": study, "question": question, "ties": ties, "trials": [dict(trial) for trial in trials]}
    filled = {
        "POLICY": _policy(template),
        "QUESTION": html.escape(question),
        "STUDY": json.dumps(content).replace("<", "\\u003c"),
    }
    return re.sub(r"%%([A-Z]+)%%", lambda match: filled[match[1]], template)


def _policy(template: str) -> str:
    style, script = (re.findall(rf"<{tag}>(.*?)</{tag}>", template, re.DOTALL) for tag in ("style", "script"))
    assert len(style) == len(script) == 1, "the template holds one style and one script"
    return "; ".join(
        [
            "default-src 'none'",
            "img-src 'self' file: data:",
            f"style-src {_hash(style[0])}",
            f"script-src {_hash(script[0])}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
