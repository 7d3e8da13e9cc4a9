"""Measure a raw of a ColorChecker before and after tuning, and fit a colour matrix to it."""

from collections.abc import Mapping
from typing import Any

import torch

from attiqa_core.errors import InputError, UsageError
from attiqa_core.runs.device import pick_device
from experiments.chart.camera_matrix import FittedMatrix, fit_matrix
from experiments.chart.detection import find_chart, laid_better
from experiments.chart.edges import Region, check_region, find_edge
from experiments.chart.measurement import Measured, linear_luminance, measure_camera, measure_picture, summary
from experiments.chart.placement import CORNERS, Placement, check_corners, place, require_inside
from experiments.chart.reference import Reference, read_reference
from experiments.chart.report import Chart, write_report
from experiments.options.chart import CORNER_ORDER, Config
from experiments.options.outcome import Outcome, count, say
from experiments.rendering.tuning import of_policy, of_values
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.tiles import render_full


def run(config: Config) -> Outcome:
    """Measure the raw, write the tables and the page, and say the main figures."""
    config.check()
    device = pick_device(config.device)
    reference = read_reference(config.chart)
    frame = RawFrame.load(config.raw, config.reading.description())
    params, source = _tuned(config, frame, device)
    default = render_full(frame, IspParams.default(1), device=device)
    placement, how = _placement(config, default, reference)
    linear = render_full(frame, IspParams.default(1), device=device, look="linear")
    region = _region(config, linear, placement)
    measured = [measure_camera(frame, linear, placement, reference, region)]
    measured.append(measure_picture("default", default, placement, reference, region))
    if params is not None:
        tuned = render_full(frame, params, device=device)
        measured.append(measure_picture("tuned", tuned, placement, reference, region))
    fitted = fit_matrix(frame, measured[0].patches.mean, reference.lab, config.kelvin)
    write_report(config.out, Chart(frame, reference, placement, how, region, measured, fitted, default, source))
    _say(measured, reference, fitted)
    what = f"{len(reference.names)} patches in {count(len(measured), 'picture')} measured"
    return Outcome(config.out, what)


def _tuned(config: Config, frame: RawFrame, device: torch.device) -> tuple[IspParams | None, Mapping[str, Any]]:
    """What the tuned picture is rendered with, None if nothing is named, and where it is from, as a recipe has it."""
    if config.policy is not None:
        tuning = of_policy(config.policy, config.scorer, device, {})
    elif config.params is not None:
        tuning = of_values(config.profile, config.params, {})
    else:
        return None, {}
    return tuning.tune(frame), tuning.source


def _placement(config: Config, default: torch.Tensor, reference: Reference) -> tuple[Placement, str]:
    """Where the chart is, and whether that was given or found. Raises: UsageError or InputError saying what to do."""
    height, width = default.shape[1:]
    corners = config.corner_points()
    if not corners:
        found = find_chart(default, reference.lab)
        if found is None:
            raise InputError(
                f"{config.raw}: no ColorChecker was found; give the middles of its corner patches ({CORNER_ORDER}) in pixels of"
                " the upright picture, as --corners x,y x,y x,y x,y"
            )
        require_inside(found.placement, width, height)
        return found.placement, "found, in a mirror" if found.mirrored else "found"
    check_corners(corners, width, height)
    placement = place(corners)
    require_inside(placement, width, height)
    better = laid_better(default, placement, reference.lab)
    if better is not None:
        x, y = better.picture(CORNERS)[0]
        raise UsageError(
            f"--corners: the colours fit far better with dark skin at {x:g},{y:g}; give the middles of {CORNER_ORDER}, in this order"
        )
    return placement, "given"


def _region(config: Config, linear: torch.Tensor, placement: Placement) -> Region | None:
    """The region of the edge: given, found, or None with a word on stderr."""
    given = config.edge_numbers()
    if given is not None:
        region = Region(*given)
        check_region(region, linear.shape[2], linear.shape[1])
        return region
    region = find_edge(linear_luminance(linear), placement)
    if region is None:
        say(
            "no sharpness: no side of a grey patch is slanted, straight and long enough; turn the chart by about 5 degrees,"
            " or name an edge with --edge x,y,width,height"
        )
    return region


def _say(measured: list[Measured], reference: Reference, fitted: FittedMatrix) -> None:
    """Print the main figures, a line for each picture and one for the matrix."""
    for each in measured:
        figures = summary(each, reference)
        sharpness = "" if figures["mtf50"] is None else f", MTF50 {figures['mtf50']:.3f} cycles/px"
        say(
            f"{each.name}: Delta E 2000 mean {figures['delta_e_mean']:.2f}, worst {figures['delta_e_max']:.2f}"
            f" ({figures['delta_e_worst_patch']}), greys {figures['warmer_mired']:+.1f} mired {figures['greener_duv']:+.4f} Duv,"
            f" exposure {figures['exposure_ev']:+.2f} EV, SNR {figures['snr_db_of_greys']['g']:.1f} dB{sharpness}"
        )
        if figures["clipped_patches"]:
            say(f"{each.name}: at an end of the range: {', '.join(figures['clipped_patches'])}")
    say(
        f"fitted matrix: Delta E 2000 mean {fitted.delta_e.mean():.2f}, {fitted.left_out.mean():.2f} of patches left out"
    )
