"""The report as one HTML file: pictures embedded, no request to elsewhere, readable on a phone and on paper."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from experiments.drawing.benchmark_table import climbed_as
from experiments.drawing.page_template import filled, policy_of_content
from experiments.drawing.report_doubts import doubts
from experiments.drawing.report_grid import cells, grid
from experiments.drawing.report_judges import JudgedRaw, disagreements, judges_of, judges_part
from experiments.drawing.svg_plots import curve_plot, scene_plot

TEMPLATE = Path(__file__).with_name("report.html")
TABLES = {"plain": "Raws as they are", "errors": "With drawn errors of exposure and white balance"}
CURVES = (
    ("Reward in training and on validation scenes", ("reward", "validation_reward")),
    ("How far a step of PPO goes: approximate KL", ("approx_kl",)),
    ("Share of clipped ratios in PPO", ("clip_fraction",)),
)
MORE_PAIRS = 24
"""Pairs beside the best, the median and the worst at most: the file is to go through a mailbox."""


@dataclass(frozen=True)
class Example:
    """A raw at the camera default and tuned: what is said of it, and both pictures as JPEG."""

    caption: str
    before: bytes
    after: bytes


@dataclass(frozen=True)
class Examined:
    """One table of a benchmark: its key in `standings.json`, the examples, further pairs, gains by row and scene, how many raws, and
    what judges say of each under the row that is shown."""

    name: str
    examples: Sequence[Example]
    further: Sequence[Example]
    gains: Mapping[str, Mapping[str, float]]
    images: int
    judged: Sequence[JudgedRaw] = ()


def report_page(
    title: str,
    stored: Mapping[str, Any],
    facts: Mapping[str, str],
    tables: Sequence[Examined],
    trainings: Mapping[str, Sequence[Mapping[str, Any]]],
    unsafe: Sequence[str] = (),
) -> str:
    """Return the page. `stored` is a `standings.json`, `trainings` the metrics of train runs by name, `unsafe` the policies that
    no audit calls safe: `facts` hold its "verdict on" each."""
    metrics = [row for rows in trainings.values() for row in rows]
    audits = [f"That the gain of {name} is real: {facts[f'verdict on {name}']}." for name in unsafe]
    found = [*audits, *doubts(stored, metrics), *_of_raws(stored, tables)]
    parts = [
        f"<h1>{escape(title)}</h1>",
        *_in_short(stored),
        "<h2>Pictures: the best, the median and the worst scene</h2>",
        f'<p class="note">Left of the line the camera default, right of it {escape(stored["shown"])}; drag it. '
        "The scenes are chosen by their gain, not by looks.</p>",
        *(part for table in tables for part in _pictures(table, stored["shown"])),
        "<h2>What was not proved</h2>",
        f'<ul class="doubts">{"".join(f"<li>{escape(each)}</li>" for each in found)}</ul>',
        "<h2>What was tuned, and on what</h2>",
        f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(text)}</dd>' for name, text in facts.items())}</dl>",
        "<h2>Every row</h2>",
        *(part for table in tables for part in _table(stored, table)),
        *_curves(trainings),
    ]
    template = TEMPLATE.read_text(encoding="utf-8")
    return filled(template, {"POLICY": policy_of_content(template), "TITLE": escape(title), "BODY": "\n".join(parts)})


def _in_short(stored: Mapping[str, Any]) -> list[str]:
    sentences = []
    for name, table in stored["tables"].items():
        row = next(each for each in table["standings"] if each["tuner"] == stored["shown"])
        verdict = row["verdicts"][stored["judge"]]
        where = "with drawn errors of exposure and white balance" if name == "errors" else "as they are"
        sentences.append(
            f"On {row['images']} raws of {row['scenes']} scenes {where}, {stored['shown']} changes the score of "
            f"{stored['judge']} by {cell(verdict)} against the camera default, and {verdict['better_share']:.0%} of the pictures "
            f"score higher; queries per raw: {row['queries']}."
        )
    return [f'<p class="lead">{escape(each)}</p>' for each in sentences]


def cell(gain: Mapping[str, Any]) -> str:
    """Return a gain and its interval in words."""
    if gain["gain_low"] is None:
        return f"{gain['mean_gain']:+.4f} (one scene only)"
    return f"{gain['mean_gain']:+.4f} ({gain['gain_low']:+.4f} to {gain['gain_high']:+.4f})"


def _pictures(table: Examined, shown: str) -> list[str]:
    more = "".join(_pair(each, shown) for each in table.further)
    folded = f"<details><summary>{len(table.further)} more raws</summary>{more}</details>" if more else ""
    return [f"<h3>{TABLES[table.name]}</h3>", *(_pair(each, shown) for each in table.examples), folded]


def _pair(example: Example, shown: str) -> str:
    caption, row = escape(example.caption), escape(shown, quote=True)
    before, after = (base64.b64encode(each).decode() for each in (example.before, example.after))
    return (
        f'<figure><figcaption><b>{caption}</b></figcaption><div class="slider">'
        f'<img src="data:image/jpeg;base64,{before}" alt="{caption}: camera default">'
        f'<img class="after" src="data:image/jpeg;base64,{after}" alt="{caption}: {row}">'
        f'<span class="cut"></span><input type="range" min="0" max="100" value="50" '
        f'aria-label="share of the camera default in {caption}"></div></figure>'
    )


def _not_held_out(row: Mapping[str, Any], judges: Sequence[str]) -> str:
    """A sentence about the judges that are no evidence, if there are any."""
    climbed = [f"{judge} ({climbed_as(judge)})" for judge in judges if not row["verdicts"][judge]["held_out"]]
    return f" NOT held out, and no evidence: {escape(', '.join(climbed))}." if climbed else ""


def _table(stored: Mapping[str, Any], table: Examined) -> list[str]:
    content, shown, judges = stored["tables"][table.name], stored["shown"], judges_of(stored, table.name)
    judge, *others = judges
    prices = [
        "row",
        "score",
        "gain (95 % over scenes)",
        "better",
        "reward (95 %)",
        "queries",
        "renders",
        "s/raw",
    ]
    pictures = ["row", *others, "chroma (over raws)", "cast", "clipped", "noise"]
    parts = [
        f"<h3>{TABLES[table.name]}</h3>",
        grid(prices, [_price_row(each, judge, each["tuner"] == shown) for each in content["standings"]]),
        grid(pictures, [_picture_row(each, others, each["tuner"] == shown) for each in content["standings"]]),
        f'<p class="note">The score is by {escape(judge)}. Gains are over the camera default. Queries, renders and seconds: per raw, to choose its parameters. Other '
        "judges: mean gain and share of raws better. Chroma and noise: of the default's; cast: Lab distance farther from "
        f"neutral; clipped: more of the pixels.{_not_held_out(content['standings'][0], judges)}</p>",
        *judges_part(table.judged, judges, shown),
    ]
    if content["differences"]:
        differences = [
            cells([f"{each['tuner']} less {each['less']}", cell(each["gains"][judge]), cell(each["gains"]["reward"])])
            for each in content["differences"]
        ]
        parts += ["<h3>Rows against each other</h3>", grid(["difference", "score", "reward"], differences)]
    title = f"Gain of each scene: {TABLES[table.name].lower()}"
    return [*parts, f"<h3>{escape(title)}</h3>", scene_plot(table.gains, title)]


def _of_raws(stored: Mapping[str, Any], tables: Sequence[Examined]) -> list[str]:
    """On which raws held-out judges say the opposite of the score."""
    found = []
    for table in tables:
        found += disagreements(table.judged, judges_of(stored, table.name, held_out=True), stored["shown"])
    return [f"That held-out judges agree on every raw: {each}" for each in found]


def _price_row(row: Mapping[str, Any], judge: str, is_shown: bool) -> str:
    verdict = row["verdicts"][judge]
    score = [f"{verdict['mean_score']:.4f}", cell(verdict), f"{verdict['better_share']:.0%}", cell(row["reward"])]
    return cells([row["tuner"], *score, row["queries"], row["renders"], f"{row['seconds_per_image']:.2f}"], is_shown)


def _picture_row(row: Mapping[str, Any], others: Sequence[str], is_shown: bool) -> str:
    verdicts, change = [row["verdicts"][name] for name in others], row["change"]
    gains = [f"{each['mean_gain']:+.4f} ({each['better_share']:.0%})" for each in verdicts]
    chroma = f"{change['chroma']:.2f}× ({change['chroma_low']:.2f} to {change['chroma_high']:.2f})"
    others_told = [f"{change['cast']:+.1f}", f"{100 * change['clipped']:+.1f}%", f"{change['noise']:.2f}×"]
    return cells([row["tuner"], *gains, chroma, *others_told], is_shown)


def _curves(trainings: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    parts = []
    for name, rows in trainings.items():
        drawn = [(title, curve_plot(rows, names, f"{title}, {name}")) for title, names in CURVES]
        plots = "".join(f"<h3>{escape(title)}</h3>{plot}" for title, plot in drawn if plot)
        parts += [f"<h2>Training of {escape(name)}</h2>", plots or '<p class="note">No curves were logged.</p>']
    return parts
