"""Plots of the chart's page as inline SVG: patches beside their references, responses of the edge, noise of the greys."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import torch

from attiqa_core.srgb import srgb_from_linear
from experiments.chart.colour_errors import SRGB_TO_D50, xyz_from_lab
from experiments.chart.measurement import Measured
from experiments.chart.reference import COLUMNS, GREYS, Lab, Reference

COLOURS = {"camera": "var(--first)", "default": "var(--second)", "tuned": "var(--third)"}
DASHES = {"camera": "2 4", "default": "8 4", "tuned": "none"}
PATCH_PX, GAP_PX = 92, 8
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 760, 320, 60, 46, 34


def patches_svg(measured: Measured, reference: Reference) -> str:
    """Return the 24 patches: outside as measured, inside the reference, below them Delta E."""
    shown, wanted = hex_colours(measured.errors.lab), hex_colours(reference.lab)
    parts = []
    for patch, delta_e in enumerate(measured.errors.delta_e):
        x, y = patch % COLUMNS * (PATCH_PX + GAP_PX), patch // COLUMNS * (PATCH_PX + 28)
        inner = PATCH_PX / 2
        parts += [
            f'<rect x="{x}" y="{y}" width="{PATCH_PX}" height="{PATCH_PX}" fill="{shown[patch]}"/>',
            f'<rect x="{x + inner / 2:g}" y="{y + inner / 2:g}" width="{inner:g}" height="{inner:g}" fill="{wanted[patch]}"/>',
            f'<text x="{x}" y="{y + PATCH_PX + 18}" font-size="17">{patch + 1}: {delta_e:.2f}</text>',
            f'<rect x="{x}" y="{y}" width="{PATCH_PX}" height="{PATCH_PX}" fill="none" stroke="var(--line)">'
            f"<title>{escape(reference.names[patch])}: Delta E {delta_e:.2f}</title></rect>",
        ]
    width, height = COLUMNS * (PATCH_PX + GAP_PX), len(shown) // COLUMNS * (PATCH_PX + 28)
    return _svg(width, height, f"Patches of {measured.name}", parts, "patches")


def hex_colours(lab: Lab) -> list[str]:
    """Return sRGB colours for a page; what is outside of it is clipped."""
    linear = xyz_from_lab(lab) @ np.linalg.inv(SRGB_TO_D50).T
    display = srgb_from_linear(torch.from_numpy(linear)).clamp(0, 1).numpy()
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in np.rint(display * 255).astype(int)]


def sfr_svg(measured: Sequence[Measured]) -> str:
    """Return the responses over cycles per pixel, with a line at 50 %; "" where no edge was measured."""
    curves = {each.name: each.sfr for each in measured if each.sfr is not None}
    if not curves:
        return ""
    highest = max(1.0, *(float(sfr.response.max()) for sfr in curves.values()))
    parts = [_legend(list(curves)), *_axis(highest, "response"), *_frequencies()]
    for name, sfr in curves.items():
        path = " ".join(
            f"{LEFT + 2 * frequency * (WIDTH - LEFT - 10):.1f},{_y(response, highest):.1f}"
            for frequency, response in zip(sfr.frequency, sfr.response, strict=True)
        )
        parts.append(
            f'<polyline points="{path}" fill="none" stroke-width="2.5" stroke="{COLOURS[name]}" stroke-dasharray="{DASHES[name]}"/>'
        )
    return _svg(WIDTH, HEIGHT, "Spatial frequency response", parts)


def noise_svg(measured: Sequence[Measured], reference: Reference) -> str:
    """Return the SNR of the greys in each picture, of luminance or, of the raw, of green."""
    names = reference.names[GREYS]
    bars = {each.name: each.patches.snr_db[GREYS, -1 if each.patches.noise.shape[1] == 4 else 1] for each in measured}
    highest = max(float(values.max()) for values in bars.values())
    parts = [_legend(list(bars)), *_axis(highest, "dB")]
    step = (WIDTH - LEFT - 10) / len(names)
    width = 0.8 * step / len(bars)
    for place, name in enumerate(names):
        x = LEFT + step * (place + 0.1)
        parts.append(f'<text x="{x + 0.4 * step:.1f}" y="{HEIGHT - 24}" text-anchor="middle">{escape(name)}</text>')
        for index, (picture, values) in enumerate(bars.items()):
            y = _y(max(float(values[place]), 0.0), highest)
            parts.append(
                f'<rect x="{x + index * width:.1f}" y="{y:.1f}" width="{width - 2:.1f}" height="{HEIGHT - BOTTOM - y:.1f}" '
                f'fill="{COLOURS[picture]}"><title>{escape(name)}, {picture}: {values[place]:.1f} dB</title></rect>'
            )
    return _svg(WIDTH, HEIGHT, "Signal to noise of the greys", parts)


def _frequencies() -> list[str]:
    parts = []
    for frequency in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5):
        x = LEFT + 2 * frequency * (WIDTH - LEFT - 10)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 28}" text-anchor="middle">{frequency:g}</text>')
    parts.append(f'<text x="{WIDTH - 10}" y="{HEIGHT - 8}" text-anchor="end">cycles per pixel; 0.5 is Nyquist</text>')
    return parts


def _axis(highest: float, unit: str) -> list[str]:
    parts = []
    step = 0.25 if unit == "response" else 10.0
    for value in np.arange(0.0, highest + step / 100, step):
        y = _y(value, highest)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 10}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--line)"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    parts.append(f'<text x="0" y="14">{unit}</text>')
    return parts


def _y(value: float, highest: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / highest


def _legend(names: Sequence[str]) -> str:
    parts, x = [], LEFT + 40
    for name in names:
        parts.append(f'<rect x="{x}" y="6" width="22" height="6" fill="{COLOURS[name]}"/>')
        parts.append(f'<text x="{x + 28}" y="14">{escape(name)}</text>')
        x += 60 + 8 * len(name)
    return "".join(parts)


def _svg(width: float, height: float, title: str, parts: Sequence[str], kind: str = "plot") -> str:
    return (
        f'<div class="wide"><svg class="{kind}" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title, quote=True)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg></div>"
    )


def table(rows: Mapping[str, Sequence[str]], titles: Sequence[str]) -> str:
    """Return an HTML table; its first column are the keys."""
    head = "".join(f"<th>{escape(title)}</th>" for title in ("", *titles))
    body = "".join(
        f"<tr><td>{escape(name)}</td>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for name, cells in rows.items()
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
