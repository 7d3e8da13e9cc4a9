"""A model card from what a training run recorded: no number stands in it that is not in the run or in the paper."""

import json
from collections.abc import Mapping
from typing import Any

from attiqa_core.sharing import settings_card
from attiqa_core.sharing.card_parts import facts, front_matter, model_index

PAPER_MAIN_TABLE = {
    "CLIVE": (0.898, 0.916),
    "KonIQ-10k": (0.942, 0.952),
    "SPAQ": (0.926, 0.930),
    "FLIVE": (0.632, 0.742),
    "AVA": (0.761, 0.761),
}
"""SROCC and PLCC. Source: ATTIQA (arXiv 2406.01020v2), Table 2, joint strategy: ResNet-50, CLIP ViT-B/16, ImageNet."""

COEFFICIENTS = {"srocc": "SROCC", "plcc": "PLCC", "plcc_logistic": "PLCC after the logistic", "krocc": "KROCC"}


def model_card(
    described: Mapping[str, Any],
    name: str,
    *,
    meta: Mapping[str, Any] | None = None,
    evaluation: Mapping[str, Any] | None = None,
    licence: str = "other",
) -> str:
    """Return the README.md of a scorer: front matter for the hub, data, recipe, measured numbers, limits.

    `described` is its scorer.json, `meta` its run's meta.json, `evaluation` the summary.json of `attiqa evaluate`;
    what is not given is said to be missing.
    """
    arms = _arms(evaluation)
    if described["architecture"].get("regressor") == settings_card.READS:
        about, figures = settings_card.introduction(described, name), settings_card.measured()
        limits = settings_card.limits(described)
    else:
        about, figures, limits = _introduction(described, name), _measured(arms, evaluation), _limits(described)
    parts = [
        _front_matter(name, licence, arms, evaluation),
        f"# {name}\n\n{about}",
        f"## Data and recipe\n\n{_recipe(described, meta)}",
        f"## Measured\n\n{figures}",
        f"## Limits\n\n{limits}",
    ]
    return "\n\n".join(parts) + "\n"


def _arms(evaluation: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    """The evaluated arms that have a median of something, under what they were trained and tested on."""
    arms = {}
    for result in (evaluation or {}).get("results", []):
        if any(_median(result, key) is not None for key in COEFFICIENTS):
            share = "" if result.get("train_share", 1) == 1 else f" on {result['train_share']:.0%} of the training part"
            arms[f"{result['arm']}, {result['protocol']}{share}, tested on {result['tested_on']}"] = result
    return arms


def _median(values: Mapping[str, Any], key: str) -> float | None:
    cell = values.get(key)
    return cell.get("median") if isinstance(cell, Mapping) else None


def _front_matter(name: str, licence: str, arms: Mapping[str, Any], evaluation: Mapping[str, Any] | None) -> str:
    lines: list[str] = []
    for arm, values in arms.items():
        dataset = json.dumps(str((evaluation or {}).get("data", "")))
        lines += [
            "  - task: {type: image-classification, name: image quality assessment}",
            f"    dataset: {{name: {dataset}, type: {dataset}}}",
            "    metrics:",
        ]
        for key, hub_metric in (("srocc", "spearmanr"), ("plcc", "pearsonr")):
            if (median := _median(values, key)) is not None:
                label = json.dumps(f"{COEFFICIENTS[key]}, median over splits, {arm}")
                lines.append(f"    - {{type: {hub_metric}, value: {median:.4f}, name: {label}}}")
    tags = ("image-quality-assessment", "no-reference", "attiqa")
    further = ["metrics: [spearmanr, pearsonr]", *model_index(name, lines)]
    return front_matter(licence, "image-classification", tags, further)


def _introduction(described: Mapping[str, Any], name: str) -> str:
    arch, range_ = described["architecture"], described["mos_range"]
    return (
        f"A no-reference image-quality scorer after ATTIQA (Kwon et al. 2024): {arch['backbone']}, "
        f"{len(described['attributes'])} attribute heads of width {arch['hidden']} ({', '.join(described['attributes'])}), "
        f"and a regressor ({arch.get('regressor', 'mlp')}) to the mean opinion score. Scores are about 0 to 1, higher is "
        f"better; `to_mos` maps them to {range_['low']:g} to {range_['high']:g}.\n\n"
        "```python\nfrom attiqa_core.scorer import Scorer\n\n"
        f'scorer = Scorer.from_pretrained("{name}")  # a folder, or "org/name@<commit>" on the hub\n'
        "scorer.score(images)  # (batch, 3, height, width) display sRGB in [0, 1]\n```"
    )


def _of_sizes(size: Mapping[str, Any]) -> str:
    share = f"crops of {size['crop']} px"
    if not size.get("sizes"):
        return f"short edge {size['resize']} px (antialiased bilinear), {share}"
    low, high = size["sizes"]
    return f"pictures of a short edge from {low} to {high} px as they are, others at the nearer of the two (antialiased bilinear); {share} where it is {size['resize']} px, in proportion elsewhere"


def _recipe(described: Mapping[str, Any], meta: Mapping[str, Any] | None) -> str:
    size = described["preprocessing"]
    rows: dict[str, Any] = {"preprocessing": _of_sizes(size)}
    rows |= {key.replace("_", " "): value for key, value in described.get("provenance", {}).items()}
    rows["weights' SHA-256"] = f"`{described['sha256']}`"
    if meta is not None:
        versions = meta.get("versions", {})
        known = {"trained": meta.get("written"), "commit": meta.get("commit"), "machine": meta.get("device")}
        rows |= {key: str(value) for key, value in known.items() if value}
        rows |= {"versions": ", ".join(f"{package} {version}" for package, version in versions.items())}
    missing = "" if meta is not None else "\n\nThe run's meta.json was not given to this card."
    return facts(rows) + missing


def _measured(arms: Mapping[str, Mapping[str, Any]], evaluation: Mapping[str, Any] | None) -> str:
    paper = [f"| ATTIQA in the paper, {data} | {s:.3f} | {p:.3f} | | |" for data, (s, p) in PAPER_MAIN_TABLE.items()]
    head = ["| what | " + " | ".join(COEFFICIENTS.values()) + " |", "|---|" + "---|" * len(COEFFICIENTS)]
    rows = [
        f"| {arm}, {values.get('splits', '?')} splits | "
        + " | ".join(_cell(values, key) for key in COEFFICIENTS)
        + " |"
        for arm, values in arms.items()
    ]
    if not rows:
        said = "This scorer was not evaluated on held-out images by the run that this card was made from."
    else:
        said = (
            f"`attiqa evaluate` on {(evaluation or {}).get('data')} ({(evaluation or {}).get('images')} images), median "
            "(range) over splits. The figures are of the recipe on held-out parts; the weights here may have seen all of it."
        )
    note = "The paper: ResNet-50, CLIP teacher, ImageNet pretraining, fine-tuned on each data set (Table 2, joint strategy)."
    return "\n".join([said, "", *head, *rows, *paper, "", note])


def _cell(values: Mapping[str, Any], key: str) -> str:
    cell, median = values.get(key), _median(values, key)
    if median is None or not isinstance(cell, Mapping):
        return "not measured"
    low, high = cell.get("min"), cell.get("max")
    return f"{median:.3f}" + (f" ({low:.3f} to {high:.3f})" if low is not None and high is not None else "")


def _limits(described: Mapping[str, Any]) -> str:
    provenance = described.get("provenance", {})
    rated, votes = provenance.get("images"), provenance.get("votes")
    seen = f"the {rated} rated images" if rated else "the rated images"
    if votes:
        seen = f"{seen} and the {votes}," if rated else f"what it was fine-tuned on before and the {votes},"
    return (
        f"- It knows people's taste from {seen} it was fine-tuned on; other kinds of pictures are extrapolation.\n"
        "- Scores of different contents are rougher than scores of versions of one photo.\n"
        "- As a reward it can be fooled: run the gate (`attiqa gate`) and look at pictures before optimising against it.\n"
        "- It sees the picture at the preprocessing's size: defects smaller than a pixel there are invisible to it."
    )
