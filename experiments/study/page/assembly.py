"""The page as one HTML file: its style and script put together from `parts/`, and what it shows beside them."""

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from experiments.drawing.page_template import filled, policy_of_content
from experiments.study.folder import RaterList, Study
from experiments.study.page.languages.reading import SHIPPED, languages_of
from experiments.study.protocol import content_of
from experiments.study.trials import ANSWERS, Trial

PARTS = Path(__file__).with_name("parts")
STYLES = ("colours.css", "cards.css", "trial.css", "phone.css")
SCRIPTS = (
    "texts.js",
    "state.js",
    "pictures.js",
    "sizes.js",
    "view.js",
    "zoom.js",
    "attention.js",
    "tabs.js",
    "local.js",
    "server.js",
    "plates.js",
    "calibration.js",
    "device.js",
    "trial.js",
    "keys.js",
    "cards.js",
    "ending.js",
    "start.js",
)
"""In the order in which they run: each uses those before it."""


def page_of(study: Study, ratings: RaterList | None = None, *, is_named: bool | None = None) -> str:
    """Return the page of one list of trials, which needs no server: it lies beside the folder `pictures`.

    Without `ratings` the study's only list. `is_named`: whether raters type a name, by which a list that several of them
    use tells them apart; unless given, only where the study has one list.

    The page holds names of files and the order of trials; which of them are checks stays in the key.
    Raises: InputError for a language that cannot be read.
    """
    if ratings is None:
        (ratings,) = study.lists
    texts = languages_of(study.protocol.question.languages)
    content = {
        "study": study.study,
        "protocol_sha256": study.protocol.sha256,
        "code": ratings.code,
        "named": len(study.lists) <= 1 if is_named is None else is_named,
        "about": {**told(study), "languages": list(texts)},
        "trials": [_shown(study, trial) for trial in ratings.trials],
    }
    return _page(study.protocol.name, {"kind": "static", "texts": texts, "content": content}, {})


def served_page() -> str:
    """Return the page that a server gives to everyone: nothing of a study is in it, and it asks that server alone."""
    data = {"kind": "served", "texts": languages_of(SHIPPED), "content": None}
    return _page("", data, {"images": "blob: data:", "asks": "'self'"})


def told(study: Study) -> dict[str, Any]:
    """Return what raters are told of a study: nothing of its arms, scenes, checks or rules."""
    said = content_of(study.protocol)
    question = said["question"]
    return {
        "name": said["name"],
        "question": question["text"],
        "answers": question["answers"],
        "choices": list(ANSWERS[question["answers"]]),
        "view": question["view"],
        "languages": list(question["languages"]),
        "consent": said["consent"],
        "device": said["device"],
        "break_every": said["session"]["break_every"],
    }


def _shown(study: Study, trial: Trial) -> dict[str, Any]:
    scene = study.scenes[trial.scene]
    return {
        "trial": trial.trial,
        "left": scene.files[trial.left],
        "right": scene.files[trial.right],
        "width": scene.width,
        "height": scene.height,
        "training": trial.kind == "training",
        "instruct": trial.expected if trial.kind == "trap" else None,
    }


def _page(title: str, data: Mapping[str, Any], policy: Mapping[str, str]) -> str:
    template = (PARTS / "page.html").read_text(encoding="utf-8")
    whole = filled(template, {"STYLE": _joined(STYLES), "SCRIPT": _joined(SCRIPTS)})
    content = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    about = {"POLICY": policy_of_content(whole, **policy), "TITLE": escape(title), "DATA": content}
    return filled(whole, about)


def _joined(names: tuple[str, ...]) -> str:
    return "\n".join((PARTS / name).read_text(encoding="utf-8").strip() for name in names)
