"""The page that raters open: one HTML file without any request to elsewhere, which works from `file://`."""

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.drawing.page_template import filled, policy_of_content

TEMPLATE = Path(__file__).with_name("old_page.html")


def page(study: str, trials: Sequence[Mapping[str, Any]], *, question: str, ties: bool) -> str:
    """Return the page. `trials` hold `trial`, `left` and `right`: opaque names in `pictures/` beside it.

    Only the page's own style and script may run: the content policy names their hashes.
    """
    template = TEMPLATE.read_text(encoding="utf-8")
    content = {"study": study, "question": question, "ties": ties, "trials": [dict(trial) for trial in trials]}
    texts = {
        "POLICY": policy_of_content(template),
        "QUESTION": html.escape(question),
        "STUDY": json.dumps(content).replace("<", "\\u003c"),
    }
    return filled(template, texts)
