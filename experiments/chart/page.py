"""The page about one chart: one file, no request to elsewhere, readable on a phone and on paper."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from experiments.chart.measurement import Measured
from experiments.chart.plots import noise_svg, patches_svg, sfr_svg, table
from experiments.chart.reference import Reference
from experiments.drawing.page_template import filled
from experiments.options.chart import CHARTS

TEMPLATE = Path(__file__).with_name("chart.html")


def chart_page(content: Mapping[str, Any], measured: Sequence[Measured], reference: Reference, overlay: bytes) -> str:
    """Return the page. `content` is what chart.json holds, `overlay` the picture with what was found, as JPEG."""
    picture = base64.b64encode(overlay).decode()
    parts = [
        f"<h1>{escape(content['raw'])}</h1>",
        f'<p class="lead">{escape(_lead(content))}</p>',
        _main_figures(content["pictures"]),
        '<p class="note">Delta E is CIEDE2000 about D50, at the exposure of the middle greys; "as exposed" leaves the exposure in. '
        "Mired and Duv: how the greys are off their reference, positive is too warm, too green. Exposure: 0 is where a perfect "
        "diffuser would be at display white, of the raw where it would clip. SNR: mean of the middle greys, green of the raw, luminance of a picture.</p>",
        f'<figure><img src="data:image/jpeg;base64,{picture}" alt="the picture with the measured parts of the patches outlined">'
        "<figcaption>What was measured: the outlined part of each patch, and the edge in yellow. Is it the chart, "
        "with number 1 on dark skin?</figcaption></figure>",
        "<h2>Patches</h2>",
        '<p class="note">Outside as measured, inside the reference; the number and Delta E below.</p>',
        *(f"<h3>{escape(each.name)}</h3>{_about(content, each)}{patches_svg(each, reference)}" for each in measured),
        *_sharpness(content, measured),
        "<h2>Noise</h2>",
        f'<p class="note">{escape(_noise(content["noise_profile"]))}</p>',
        noise_svg(measured, reference),
        *_matrix(content),
    ]
    texts = {"TITLE": escape(f"Chart: {content['raw']}"), "BODY": "\n".join(parts)}
    return filled(TEMPLATE.read_text(encoding="utf-8"), texts)


def _lead(content: Mapping[str, Any]) -> str:
    iso = f" at ISO {content['iso']:g}" if content["iso"] else ""
    chart = CHARTS.get(content["chart"], content["chart"])
    tuned = " ".join(
        f"Tuned by {content['tuned_by'][key]}." for key in ("policy", "file") if key in content["tuned_by"]
    )
    return f"{content['camera'] or 'Camera not named'}{iso}. {chart}; {content['corners']['how']}. {tuned}".strip()


def _main_figures(pictures: Mapping[str, Mapping[str, Any]]) -> str:
    rows = {name: _figures(each) for name, each in pictures.items()}
    titles = (
        "Delta E mean", "worst", "as exposed", "Delta C", "greys mired", "greys Duv", "exposure EV", "saturation",
        "SNR dB", "MTF50", "MTF10",
    )  # fmt: skip
    return table(rows, titles)


def _figures(each: Mapping[str, Any]) -> list[str]:
    snr = each["snr_db_of_greys"]
    return [
        f"{each['delta_e_mean']:.2f}",
        f"{each['delta_e_max']:.2f} ({each['delta_e_worst_patch']})",
        f"{each['delta_e_as_is_mean']:.2f}",
        f"{each['delta_c_mean']:.2f}",
        f"{each['warmer_mired']:+.1f}",
        f"{each['greener_duv']:+.4f}",
        f"{each['exposure_ev']:+.2f}",
        f"{each['saturation']:.2f}",
        f"{snr.get('y', snr['g']):.1f}",
        *("-" if each[key] is None else f"{each[key]:.3f}" for key in ("mtf50", "mtf10")),
    ]


def _about(content: Mapping[str, Any], each: Measured) -> str:
    figures = content["pictures"][each.name]
    clipped = figures["clipped_patches"]
    at_end = f" At an end of its range: {', '.join(clipped)}." if clipped else ""
    return f'<p class="note">{escape(figures["about"] + "." + at_end)}</p>'


def _sharpness(content: Mapping[str, Any], measured: Sequence[Measured]) -> list[str]:
    if content["edge"] is None:
        return ["<h2>Sharpness</h2>", "<p>No slanted edge was found or named.</p>"]
    left, top, width, height = content["edge"]
    where = f"Of the edge in the region of {width} x {height} px at {left}, {top}; luminance in linear light (ISO 12233:2017, e-SFR)."
    return ["<h2>Sharpness</h2>", f'<p class="note">{where}</p>', sfr_svg(measured)]


def _noise(profile: Mapping[str, Any]) -> str:
    """What was measured beside what the file states, of variance = a x + b with clipping at x = 1."""
    (a, b), (shot, read) = profile["measured"], profile["stated"]
    return (
        f"Each patch about a plane fitted to it. Variance = a x + b of the raw's samples, 1 being clipping: measured a {a:.3g}, "
        f"b {b:.3g}; {profile['source'] or 'assumed'}: a {shot:.3g}, b {read:.3g}."
    )


def _matrix(content: Mapping[str, Any]) -> list[str]:
    matrix = content["matrix"]
    numbers = matrix["xyz_to_camera"]
    lines = "\n".join("  ".join(f"{value:9.5f}" for value in numbers[start : start + 3]) for start in (0, 3, 6))
    said = (
        f"XYZ to camera, for a light of {matrix['illuminant_kelvin']} K, white kept: mean Delta E {matrix['delta_e_mean']:.2f} "
        f"after it, {content['pictures']['camera']['delta_e_mean']:.2f} with the camera's own; {matrix['delta_e_left_out_mean']:.2f} "
        "of patches that the fit was not shown. In camera_matrix.toml."
    )
    return ["<h2>A matrix of your own</h2>", f"<p>{said}</p>", f"<pre>{lines}</pre>"]
