"""Sidecars of one picture: written beside it, with what they leave out and the residual that was measured."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attiqa_core.errors import UsageError
from attiqa_core.files.whole import write_text
from experiments.exports.colour_cube import HEAD as CUBE_HEAD
from experiments.exports.colour_cube import colour_cube, cube_text
from experiments.exports.pp3 import HEAD as PP3_HEAD
from experiments.exports.pp3 import profile_sections, profile_text
from experiments.exports.residuals import residual_of_cube, residual_of_fields, small_batch
from experiments.exports.scene_light import LOCAL
from experiments.exports.translation import Notes, moved
from experiments.exports.xmp_fields import CURVE_FIELDS, crs_fields, curves_of, recipe_of
from experiments.exports.xmp_packet import merged, read_existing
from isp_env.params import IspParams
from isp_env.raw import RawFrame

KINDS = ("xmp", "pp3", "cube")
REPLACED = (*CURVE_FIELDS.values(), "Temperature", "Tint")
PP3_RESIDUAL = (
    "not measured on this raw; on eight crops of four real raws RawTherapee 5.9 came within a mean Delta E 2000 of 0.8 of our camera "
    "default and of 1.7 (0.9 to 4.4) of drawn recipes, averaged by 8 (docs/exports.md)"
)
"""RawTherapee is no part of the toolkit: `experiments/isp_quality/rawtherapee_table.py` measures where it is installed."""


def sidecar_path(picture: Path, frame: RawFrame, kind: str) -> Path:
    """Return where a sidecar of a picture goes: STEM.xmp and STEM.cube; RAW.EXT.pp3, the name that RawTherapee looks for.

    STEM is the picture's, which is the raw's unless two raws of one name stand in one folder.
    """
    stem = picture.name.removesuffix(picture.suffix)
    suffix = Path(frame.path).suffix if kind == "pp3" else ""
    return picture.with_name(f"{stem}{suffix}.{kind}")


def write_sidecars(picture: Path, frame: RawFrame, params: IspParams, kinds: Sequence[str]) -> dict[str, Any]:
    """Write the sidecars of these kinds beside a picture and return what the recipe says of them, by kind.

    `params` is one row. An .xmp that is there, beside the picture or else beside the raw, is merged into; another program's
    .pp3 or .cube is not overwritten. Raises: InputError for an .xmp that is none, UsageError for a file of another's.
    """
    writers = {"xmp": _write_xmp, "pp3": _write_pp3, "cube": _write_cube}
    return {kind: writers[kind](sidecar_path(picture, frame, kind), frame, params) for kind in kinds}


def _write_xmp(path: Path, frame: RawFrame, params: IspParams) -> dict[str, Any]:
    fields, notes = crs_fields(frame, params)
    fields["RawFileName"] = Path(frame.path).name or frame.name
    measured = residual_of_fields(small_batch(frame), params, recipe_of(fields, frame), curves_of(fields))
    own = {
        "residualMeanDeltaE2000": f"{measured['mean_delta_e_2000']}",
        "residual95DeltaE2000": f"{measured['p95_delta_e_2000']}",
        "residualMethod": str(measured["method"]),
        "leftOut": "; ".join(notes.left_out) or "nothing",
        "limited": "; ".join(notes.limited) or "nothing",
    }
    existing, name = read_existing(path, Path(frame.path).with_suffix(".xmp") if frame.path else path)
    write_text(path, merged(existing, fields, own, REPLACED, name or str(path)))
    return _entry(path, notes, measured) | ({"merged_into": name} if existing else {})


def _write_pp3(path: Path, frame: RawFrame, params: IspParams) -> dict[str, Any]:
    _not_anothers(path, PP3_HEAD)
    sections, notes = profile_sections(frame, params)
    remarks = [
        f"left out: {'; '.join(notes.left_out) or 'nothing'}",
        f"limited: {'; '.join(notes.limited) or 'nothing'}",
    ]
    write_text(path, profile_text(sections, (*remarks, f"residual: {PP3_RESIDUAL}")))
    return _entry(path, notes, {"method": PP3_RESIDUAL})


def _write_cube(path: Path, frame: RawFrame, params: IspParams) -> dict[str, Any]:
    _not_anothers(path, CUBE_HEAD)
    notes = Notes()
    notes.leave_out(moved(params), LOCAL, "looks at neighbours")
    tone = ("highlights_ev", "shadows_ev", "whites_ev")
    notes.leave_out(moved(params), tone, "carried for each pixel by itself, not on the smooth base of the picture")
    cube = colour_cube(frame, params)
    measured = residual_of_cube(small_batch(frame), params, cube)
    remarks = (
        "sRGB display of attiqa-isp's camera default in, of the recipe out",
        f"left out: {'; '.join(notes.left_out) or 'nothing'}",
        f"residual: mean Delta E 2000 {measured['mean_delta_e_2000']}, 95 % {measured['p95_delta_e_2000']}: {measured['method']}",
    )
    write_text(path, cube_text(cube, path.stem, remarks))
    return _entry(path, notes, measured)


def _entry(path: Path, notes: Notes, measured: dict[str, float | str]) -> dict[str, Any]:
    return {"file": path.name, **notes.as_recipe(), "residual": measured}


def _not_anothers(path: Path, head: str) -> None:
    if path.exists():
        with path.open("rb") as file:
            if not file.read(len(head)) == head.encode():
                raise UsageError(f"{path}: exists and is not attiqa's; move it away, or name another folder")
