"""The page as one HTML file: its style and script put together from `parts/`, and the data beside them; it asks for nothing elsewhere."""

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from experiments.drawing.page_template import filled, policy_of_content
from experiments.gallery.shelf import MARK

PARTS = Path(__file__).with_name("parts")
STYLES = ("colours.css", "grid.css", "viewer.css", "phone.css")
SCRIPTS = ("data.js", "grid.js", "histogram.js", "panel.js", "place.js", "viewer.js", "gestures.js", "start.js")
"""In the order in which they run: each uses those before it."""


def page(content: Mapping[str, Any]) -> str:
    """Return the page about `content`, which is JSON; nothing in it can end the script that holds it or be taken for markup."""
    template = (PARTS / "page.html").read_text(encoding="utf-8")
    whole = filled(template, {"STYLE": _joined(STYLES), "SCRIPT": _joined(SCRIPTS)})
    data = json.dumps(content, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    about = {"POLICY": policy_of_content(whole), "MARK": MARK, "TITLE": escape(str(content["title"])), "DATA": data}
    return filled(whole, about)


def _joined(names: tuple[str, ...]) -> str:
    return "\n".join((PARTS / name).read_text(encoding="utf-8").strip() for name in names)
