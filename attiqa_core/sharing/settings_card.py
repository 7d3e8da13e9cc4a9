"""The model card of a scorer of `attiqa settings`: nobody rated anything for it, and it says nothing of people's opinions."""

from collections.abc import Mapping
from typing import Any

READS = "settings"
"""The kind of regressor that such a scorer has."""


def introduction(described: Mapping[str, Any], name: str) -> str:
    """Return what it is, and how it is asked."""
    return (
        f"By how much a picture's settings are off: {described['architecture']['backbone']} reads chroma and contrast in "
        "doublings, cast (along red and across it) and exposure in EV off a picture; 0 is a photo as it was. The score is 1 "
        "less what it costs to be off, either way.\n\n"
        "```python\nfrom attiqa_core.scorer import Scorer\n\n"
        f'scorer = Scorer.from_pretrained("{name}")  # a folder, or "org/name@<commit>" on the hub\n'
        "scorer.attributes(images)  # (batch, 5), of (batch, 3, height, width) display sRGB in [0, 1]\n```"
    )


def measured() -> str:
    """Return where figures are to be found."""
    return "Errors on photos that it never saw are in the `summary.json` of its run, if `--test-on` named any."


def limits(described: Mapping[str, Any]) -> str:
    """Return what it must not be taken for."""
    photos = described.get("provenance", {}).get("images")
    return (
        f"- It knows how {photos or 'its'} photos were set, right or wrong; what other photographers do on purpose looks off to it.\n"
        "- No person's opinion is in it: a picture whose settings are right may be blurred, noisy and dull.\n"
        "- It was taught one picture at a time; readings of a single one are rough, means over many are what counts.\n"
        "- As a reward it can be fooled: run the gate (`attiqa gate`) and look at pictures before optimising against it."
    )
