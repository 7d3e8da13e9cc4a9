"""The page of an audit: one HTML file, pictures embedded, no request to elsewhere, readable on a phone, dark and light."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from agents.audit.finding import Finding
from agents.audit.verdict import RULES, Asked, Verdict
from experiments.audit.bars import bars
from experiments.audit.examples import Example, Shown
from experiments.drawing.page_template import filled, policy_of_content

TEMPLATE = Path(__file__).with_name("audit.html")
MARKS = {"passed": "✓", "doubtful": "?", "failed": "✗", "left out": "–"}
BY: Mapping[Asked, str] = {
    "gain": "the policy's gain in score",
    "examples": "how much nearer the policy comes to the example than the camera default does (Delta E 2000)",
}
UNSEEN = (
    "Pictures are proxies with windows at native resolution, not full-size renders; people were not asked "
    "(attiqa study export makes a blind test). A spoiling that no ruler here knows, and no held-out judge minds, passes."
)


def audit_page(
    verdict: Verdict, findings: Sequence[Finding], pictures: Sequence[Example], about: Mapping[str, str]
) -> str:
    """Return the page."""
    carried = [finding for finding in findings if finding.key == "parameters"]
    parts = [
        f'<header class="{verdict.verdict}"><p>Audit of {escape(about["policy"].split(";")[0])}</p>'
        f"<h1>{verdict.verdict}</h1><p>{escape(RULES[verdict.verdict])}.</p></header>",
        _reasons(verdict),
        "<h2>Checks</h2>",
        *map(_check, findings),
        "<h2>Pictures: best, median and worst</h2>",
        f'<p class="note">By {BY[verdict.asked]} among the raws that were examined closely, not by looks. Above the whole '
        "picture, below a window at native resolution; the number is the scorer's.</p>",
        *map(_example, pictures),
        *(part for each in carried for part in ("<h2>Which parameter carries the gain</h2>", bars(each.numbers))),
        "<h2>What was audited, and on what</h2>",
        f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(text)}</dd>' for name, text in about.items())}</dl>",
        f'<p class="note">{escape(UNSEEN)}</p>',
    ]
    template = TEMPLATE.read_text(encoding="utf-8")
    title = f"{verdict.verdict}: {about['policy'].split(';')[0]}"
    return filled(template, {"POLICY": policy_of_content(template), "TITLE": escape(title), "BODY": "\n".join(parts)})


def _reasons(verdict: Verdict) -> str:
    if verdict.verdict == "safe":
        return ""
    return f'<ul class="reasons">{"".join(f"<li>{escape(each)}</li>" for each in verdict.reasons)}</ul>'


def _check(finding: Finding) -> str:
    """One check: how it ended, its question, its sentence; the rule and the numbers folded."""
    state, named = finding.state, "".join(f"<b>{escape(each)}</b>" for each in finding.named)
    return (
        f'<section class="check {state.replace(" ", "-")}"><h3><span>{MARKS[state]} {state}</span>'
        f"{escape(finding.question)}{named}</h3><p>{escape(finding.says)}</p>"
        f"<details><summary>Rule</summary><p>{escape(finding.rule)}</p></details></section>"
    )


def _example(example: Example) -> str:
    figures = "".join(_figure(each, example.raw) for each in example.shown)
    caption = f"{example.place.capitalize()}: {example.raw}, {example.gain:+.4f}"
    return f'<h3>{escape(caption)}</h3><div class="row">{figures}</div>'


def _figure(shown: Shown, raw: str) -> str:
    pictures = [(shown.whole, "whole"), *([(shown.crop, "at native resolution")] if shown.crop else [])]
    images = "".join(
        f'<img src="data:image/jpeg;base64,{base64.b64encode(content).decode()}" '
        f'alt="{escape(raw, quote=True)}, {escape(shown.of)}, {what}">'
        for content, what in pictures
    )
    return f"<figure>{images}<figcaption>{escape(shown.of)} <b>{shown.score:.3f}</b></figcaption></figure>"
