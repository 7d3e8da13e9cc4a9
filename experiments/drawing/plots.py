"""The pictures of `attiqa plot`, drawn with Okabe and Ito's colours, which colour-blind readers tell apart."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from attiqa_core.evaluation.metrics import agreement, fit_logistic, logistic
from attiqa_core.files.whole import replacing, write_text
from experiments.drawing.score_table import as_csv

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", ":", "-.")
LABELS = {"loss": "loss", "lr": "learning rate", "images_per_second": "images/s", "learning_rate": "learning rate"}


def draw_curves(metrics: dict[str, list[dict]], path: Path) -> Path:
    """One panel for each number that the runs logged per epoch, one line for each run; and the numbers as CSV."""
    quantities = list(
        dict.fromkeys(key for rows in metrics.values() for row in rows for key in row if _is_number(row[key]))
    )
    quantities = [key for key in quantities if key not in ("epoch", "step")]
    figure, axes = _panels(len(quantities))
    cells: list[tuple] = []
    for axis, quantity in zip(axes, quantities, strict=True):
        for index, (name, rows) in enumerate(metrics.items()):
            points = [(row["epoch"], row[quantity]) for row in rows if _is_number(row.get(quantity))]
            cells += [(name, epoch, quantity, value) for epoch, value in points]
            _line(axis, points, index, name)
        _finish(axis, "epoch", LABELS.get(quantity) or quantity.replace("_", " "))
        axis.legend()
    return _save(figure, path, ("run", "epoch", "quantity", "value"), cells)


AGENT_PANELS = (
    ("validation_reward", "reward on validation scenes"),
    ("reward", "reward while exploring"),
    ("validation_better", "share of validation raws gained"),
    ("approx_kl", "approx. KL divergence of an update"),
    ("clip_fraction", "clip fraction of an update"),
    ("std", "sigma of exploration"),
    ("explained_variance", "explained variance of the critic"),
)
"""What matters most of a training of an agent, in order; then the reward's parts, then the rest."""
TRUST_REGION = {"approx_kl": 0.05, "clip_fraction": 0.3}
"""What PPO's updates are to stay below (Schulman et al. 2017; stable-baselines3's own advice)."""
UNSHOWN = ("timesteps", "seconds", "loss", "largest_approx_kl", "largest_clip_fraction")
SMALLEST_PART = 0.0005
"""A part of the reward that never came to that has no panel; the others have one scale, so that the small look small."""


def draw_agents(metrics: dict[str, list[dict]], parts: Sequence[str], path: Path) -> Path:
    """One panel for each number that trainings of agents logged, over their steps, one line for each run; and a CSV.

    `parts` are the terms of the reward: each has a panel for the validation scenes where it moved at all.
    """
    numbers = [row for rows in metrics.values() for row in rows]
    largest = {key: max(abs(row[key]) for row in numbers if _is_number(row.get(key)))
               for key in dict.fromkeys(key for row in numbers for key in row if _is_number(row[key]))}  # fmt: skip
    terms = {f"validation_{part}": f"{part}, validation" for part in parts}
    titles = {key: title for key, title in AGENT_PANELS if key in largest}
    titles |= {key: title for key, title in terms.items() if largest.get(key, 0) >= SMALLEST_PART}
    others = [key for key in largest if key not in (*titles, *terms, *UNSHOWN, *parts)]
    titles |= {key: key.replace("_", " ") for key in others}
    figure, axes = _panels(len(titles))
    cells: list[tuple] = []
    for axis, (quantity, title) in zip(axes, titles.items(), strict=True):
        for index, (name, rows) in enumerate(metrics.items()):
            points = [(row["timesteps"], row[quantity]) for row in rows if _is_number(row.get(quantity))]
            cells += [(name, steps, quantity, value) for steps, value in points]
            if points:
                _line(axis, points, index, name)
        if quantity in TRUST_REGION:
            axis.axhline(TRUST_REGION[quantity], color="grey", linewidth=0.8, linestyle=":")
        _finish(axis, "steps", title)
    _on_one_scale([axis for axis, key in zip(axes, titles, strict=True) if key in terms])
    axes[0].legend()
    return _save(figure, path, ("run", "timesteps", "quantity", "value"), cells)


def _on_one_scale(axes: Sequence[Any]) -> None:
    limits = [axis.get_ylim() for axis in axes]
    for axis in axes:
        axis.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))


def draw_ranking_accuracy(name: str, rows: list[dict], path: Path) -> Path:
    """One panel for each teacher, one line for each attribute: share of held-out pairs ranked as the teacher ranks them."""
    measured = [(row["epoch"], row["held_out_ranking_accuracy"]) for row in rows if "held_out_ranking_accuracy" in row]
    by_teacher = [(epoch, _nested(accuracy)) for epoch, accuracy in measured]
    teachers = list(dict.fromkeys(teacher for _, accuracy in by_teacher for teacher in accuracy))
    figure, axes = _panels(len(teachers))
    cells: list[tuple] = []
    for axis, teacher in zip(axes, teachers, strict=True):
        attributes = dict.fromkeys(key for _, accuracy in by_teacher for key in accuracy.get(teacher, {}))
        for index, attribute in enumerate(attributes):
            points = [(epoch, accuracy.get(teacher, {}).get(attribute)) for epoch, accuracy in by_teacher]
            points = [(epoch, value) for epoch, value in points if _is_number(value)]
            cells += [(teacher, attribute, epoch, value) for epoch, value in points]
            _line(axis, points, index, attribute)
        axis.axhline(0.5, color="grey", linewidth=0.8, linestyle=":")
        axis.set_ylim(top=1.005)
        axis.set_title(f"{name}: {teacher}" if teacher else name)
        _finish(axis, "epoch", "held-out ranking accuracy (0.5 is chance)")
        axis.legend()
    return _save(figure, path, ("teacher", "attribute", "epoch", "accuracy"), cells)


def draw_scatter(name: str, rows: list[tuple[str, float, float]], path: Path) -> Path:
    """Predicted against rated MOS with the fitted 4-parameter logistic; the coefficients are in the title."""
    mos, predicted = (np.array([row[k] for row in rows]) for k in (1, 2))
    fitted = fit_logistic(predicted, mos)
    figure, (axis,) = _panels(1)
    axis.scatter(predicted, mos, s=14, color=COLOURS[0], alpha=0.6, linewidths=0, label=f"{len(rows)} images")
    if fitted is not None:
        x = np.linspace(predicted.min(), predicted.max(), 200)
        axis.plot(x, logistic(x, *fitted), color=COLOURS[1], linewidth=2, label="fitted 4-parameter logistic")
    measured = agreement(predicted, mos)
    values = {"SROCC": measured["srocc"], "PLCC": measured["plcc"]}
    if fitted is not None:
        values["PLCC fitted"] = measured["plcc_logistic"]
    said = ", ".join(f"{key} {'undefined' if value is None else f'{value:.3f}'}" for key, value in values.items())
    axis.set_title(f"{name}\n{said}", fontsize=10)
    _finish(axis, "predicted MOS (points of the data set's scale)", "rated MOS (points)")
    axis.legend()
    curve = ["" if fitted is None else float(logistic(value, *fitted)) for value in predicted]
    cells = [(*row, fit) for row, fit in zip(rows, curve, strict=True)]
    return _save(figure, path, ("image", "mos", "predicted", "fitted"), cells)


def _nested(accuracy: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Accuracies as {teacher: {attribute: value}}; a run with a single teacher may log them without its name."""
    return accuracy if all(isinstance(value, dict) for value in accuracy.values()) else {"": accuracy}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def _panels(count: int) -> tuple[Any, list[Any]]:
    columns = min(3, count)
    rows = -(-count // columns)
    figure = Figure(figsize=(6 * columns, 4.4 * rows), layout="constrained", dpi=110)
    axes = list(np.atleast_1d(figure.subplots(rows, columns)).ravel())
    for unused in axes[count:]:
        unused.set_axis_off()
    return figure, axes[:count]


def _line(axis: Any, points: list[tuple], index: int, label: str) -> None:
    """A line that differs from its neighbours in colour, and in dashes once the colours repeat."""
    style = DASHES[index // len(COLOURS) % len(DASHES)]
    x, y = zip(*points, strict=True) if points else ((), ())
    axis.plot(x, y, style, color=COLOURS[index % len(COLOURS)], marker="o", markersize=3, label=label)


def _finish(axis: Any, x: str, y: str) -> None:
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    axis.grid(alpha=0.3)
    if x == "epoch":
        axis.xaxis.get_major_locator().set_params(integer=True)


def _save(figure: Any, path: Path, header: tuple[str, ...], cells: list[tuple]) -> Path:
    write_text(path.with_suffix(".csv"), as_csv(header, cells))
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png")
    return path
