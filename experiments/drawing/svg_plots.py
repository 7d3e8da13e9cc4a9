"""Plots as inline SVG, in the page's own colours: gains of scenes, and the curves of a training."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

COLOURS = ("var(--first)", "var(--second)", "var(--third)")
WIDTH, NAME_WIDTH, RIGHT, ROW, TOP = 760, 230, 50, 20, 34  # px
LONGEST_NAME = 28  # characters that fit beside a plot


def scene_plot(gains: Mapping[str, Mapping[str, float]], title: str) -> str:
    """Return a dot for each row and scene: `gains` by row and scene; scenes are ordered by the first row's."""
    rows = list(gains)
    scenes = sorted(gains[rows[0]], key=lambda scene: -gains[rows[0]][scene])
    values = [0.0, *(value for own in gains.values() for value in own.values())]
    low, high = _padded(min(values), max(values))
    height = TOP + ROW * len(scenes) + 28

    def x(value: float) -> float:
        return NAME_WIDTH + (WIDTH - NAME_WIDTH - RIGHT) * (value - low) / (high - low)

    parts = [_legend(rows), _vertical(x(0), height - 26)]
    for index, scene in enumerate(scenes):
        y = TOP + ROW * (index + 0.5)
        parts.append(f'<text x="{NAME_WIDTH - 10}" y="{y + 4:.1f}" text-anchor="end">{escape(_short(scene))}</text>')
        for place, row in enumerate(rows):
            value = gains[row][scene]
            parts.append(
                f'<circle cx="{x(value):.1f}" cy="{y:.1f}" r="5" fill="{COLOURS[place % 3]}">'
                f"<title>{escape(scene)}, {escape(row)}: {value:+.4f}</title></circle>"
            )
    parts += [
        _number(x(value), height - 8, value) for value in (low, 0.0, high) if value == 0 or abs(x(value) - x(0)) > 50
    ]
    return _svg(WIDTH, height, title, parts)


def curve_plot(rows: Sequence[Mapping[str, Any]], names: Sequence[str], title: str) -> str:
    """Return a line for each name over `timesteps`; "" where there are fewer than two points of all of them."""
    lines = {name: _points(rows, name) for name in names}
    lines = {name: points for name, points in lines.items() if len(points) > 1}
    if not lines:
        return ""
    xs = [x for points in lines.values() for x, _ in points]
    low, high = _padded(*_ends([y for points in lines.values() for _, y in points]))
    height, left, right = 230, 70, WIDTH - 20
    bottom = height - 30

    def place(x: float, y: float) -> str:
        across = (x - min(xs)) / max(max(xs) - min(xs), 1e-9)
        return f"{left + (right - left) * across:.1f},{bottom - (bottom - TOP) * (y - low) / (high - low):.1f}"

    parts = [_legend(list(lines))]
    for value in (low, (low + high) / 2, high):
        y = bottom - (bottom - TOP) * (value - low) / (high - low)
        parts.append(f'<line x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--line)"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    for index, points in enumerate(lines.values()):
        path = " ".join(place(*point) for point in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke-width="2" stroke="{COLOURS[index % 3]}"/>')
    parts.append(f'<text x="{right}" y="{height - 8}" text-anchor="end">{max(xs):,.0f} steps</text>')
    return _svg(WIDTH, height, title, parts)


def _points(rows: Sequence[Mapping[str, Any]], name: str) -> list[tuple[float, float]]:
    return [(row["timesteps"], row[name]) for row in rows if row.get(name) is not None and "timesteps" in row]


def _ends(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def _padded(low: float, high: float) -> tuple[float, float]:
    """Round ends outwards, to a 20th of what lies between, so that nothing stands on the border."""
    margin = 0.06 * (high - low) or 0.01
    step = 10 ** math.floor(math.log10(margin))
    return math.floor((low - margin) / step) * step, math.ceil((high + margin) / step) * step


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    label = escape(title, quote=True)
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _legend(names: Sequence[str]) -> str:
    x, parts = 10, []
    for index, name in enumerate(names):
        parts.append(f'<circle cx="{x}" cy="14" r="5" fill="{COLOURS[index % 3]}"/>')
        parts.append(f'<text x="{x + 10}" y="18">{escape(name)}</text>')
        x += 40 + 8 * len(name)
    return "".join(parts)


def _vertical(x: float, bottom: float) -> str:
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 4}" y2="{bottom}" stroke="var(--faint)"/>'


def _number(x: float, y: float, value: float) -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{"0" if value == 0 else f"{value:+.3g}"}</text>'


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
