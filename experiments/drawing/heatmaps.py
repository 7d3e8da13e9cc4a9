"""Heat maps of a prompt search: a cell for each pair of adjectives."""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from attiqa_core.files.whole import replacing
from attiqa_core.prompts.search import Ranking


def draw_heatmap(path: Path, title: str, unit: str, ranking: Ranking, paper: tuple[int, int] | None) -> None:
    """Write one attribute's pairs as a PNG: the adjectives that do best on average at the top and at the left.

    The best pair has a solid frame, the pair of the paper's Table 1 a dashed one; undefined pairs are grey.
    """
    rows, columns = (np.argsort(-np.nan_to_num(ranking.scores).mean(axis), kind="stable") for axis in (1, 0))
    positive = [ranking.adjectives.positive[index] for index in rows]
    negative = [ranking.adjectives.negative[index] for index in columns]
    scores = ranking.scores[np.ix_(rows, columns)]
    figure = Figure(figsize=(13, 12), dpi=100)
    axes = figure.add_axes((0.13, 0.13, 0.77, 0.81), facecolor="lightgrey")
    limit = max(np.nanmax(np.abs(scores)), 1e-9)
    shown = axes.imshow(scores, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    axes.set_xticks(range(len(negative)), negative, rotation=90, fontsize=9)
    axes.set_yticks(range(len(positive)), positive, fontsize=9)
    axes.set_xlabel("negative adjective", fontsize=12)
    axes.set_ylabel("positive adjective", fontsize=12)
    framed = []
    for name, line, pair in (("solid frame: best pair", "-", ranking.at(0.0)), ("dashed: Table 1", "--", paper)):
        if pair is not None:
            framed.append(f"{name}, {' / '.join(ranking.words(pair))}, {ranking.scores[pair]:.3f}")
            corner = (columns.tolist().index(pair[1]) - 0.5, rows.tolist().index(pair[0]) - 0.5)
            frame = Rectangle(corner, 1, 1, fill=False, edgecolor="black", linewidth=2, linestyle=line)
            frame.set_path_effects([withStroke(linewidth=5, foreground="white")])
            axes.add_patch(frame)
    axes.set_title(f"{title}\n{'; '.join(framed)}", fontsize=13)
    figure.colorbar(shown, cax=figure.add_axes((0.92, 0.3, 0.02, 0.47)), label=unit)
    with replacing(path) as temporary:
        FigureCanvasAgg(figure).print_png(temporary)
