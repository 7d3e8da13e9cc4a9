"""Templates of pages that are one file: how they are filled, and the content policy by which only their own script runs there."""

import base64
import hashlib
import re
from collections.abc import Mapping


def filled(template: str, texts: Mapping[str, str]) -> str:
    """Return the template with each %%NAME%% that is among `texts` replaced, in one pass: what is put in is not looked at again."""
    return re.sub(r"%%([A-Z]+)%%", lambda match: texts.get(match[1], match[0]), template)


def policy_of_content(template: str, images: str = "'self' file: data:", asks: str = "") -> str:
    """Return the content policy of a page of one style and at most one script, which alone may run there.

    `images` says where pictures may come from, `asks` what the script may ask; unless given, nothing is fetched.
    """
    style, script = (re.findall(rf"<{tag}>(.*?)</{tag}>", template, re.DOTALL) for tag in ("style", "script"))
    assert len(style) == 1 and len(script) <= 1, "the template holds one style, and one script if any"
    return "; ".join(
        [
            "default-src 'none'",
            f"img-src {images}",
            *([f"connect-src {asks}"] if asks else []),
            f"style-src {_hash(style[0])}",
            f"script-src {_hash(script[0])}" if script else "script-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
