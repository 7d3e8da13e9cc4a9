"""Bars of the parameters' shares: words and numbers as text, so that they are read at any width, and a drawing between them."""

from collections.abc import Mapping
from html import escape
from typing import Any

HALF = 100  # units from zero to the longest bar


def bars(numbers: Mapping[str, Any]) -> str:
    """Return a row for each parameter that was moved, the largest share of the score first, and a sentence on what they are."""
    table: Mapping[str, Mapping[str, float]] = numbers.get("parameters", {})
    moved = {name: row for name, row in table.items() if any(row[key] for key in ("reward", "score", "mean_action"))}
    if not moved:
        return '<p class="note">No parameter was moved.</p>'
    longest = max(max(abs(row["reward"]), abs(row["score"])) for row in moved.values()) or 1.0
    order = sorted(moved, key=lambda name: -moved[name]["score"])
    rows = "".join(_row(name, moved[name], longest) for name in order)
    gain = numbers["gain"]
    note = (
        f"Shapley shares of the gain in score ({gain['score']:+.4f}, thick) and in reward ({gain['reward']:+.4f}, thin), means over "
        f"{numbers['raws']} raws, ± the standard error over sampled orders, from {numbers['evaluations_per_raw']} looks at each raw; "
        f"they sum to the gains within {max(numbers['unexplained'], 1e-6):.0e}. At the right the mean action, from -1 to 1."
    )
    return f'<div class="bars">{rows}</div><p class="note">{escape(note)}</p>'


def _row(name: str, row: Mapping[str, float], longest: float) -> str:
    drawn = "".join(
        f'<rect x="{min(0.0, length):.1f}" width="{abs(length):.1f}" y="{y}" height="{height}" class="{key}"/>'
        for key, y, height in (("score", 2, 9), ("reward", 13, 4))
        for length in [HALF * row[key] / longest]
    )
    error = row["score_error"]
    spread = "" if error is None or error != error else f" ± {error:.4f}"
    return (
        f'<span>{escape(name)}</span><svg viewBox="{-HALF} 0 {2 * HALF} 19" preserveAspectRatio="none" aria-hidden="true">{drawn}'
        f'<line x1="0" x2="0" y1="0" y2="19"/></svg>'
        f"<span>{row['score']:+.4f}<small>{spread}</small></span><span>{row['mean_action']:+.2f}</span>"
    )
