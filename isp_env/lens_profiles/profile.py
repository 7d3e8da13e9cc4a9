"""What is known of a lens at one setting, for a frame of one size, and how a frame takes it on."""

from dataclasses import dataclass, replace

import numpy as np

from isp_env.lens.geometry import LensGeometry
from isp_env.lens.shading import LensShading
from isp_env.raw import RawFrame

KNOTS = 129  # a side of a grid of gains: within 0.07 % of a polynomial to r^10


@dataclass(frozen=True)
class LensProfile:
    """`geometry` and `shading` for a frame, None where nothing is known of either; `name` is where they are from."""

    name: str
    geometry: LensGeometry | None = None
    shading: LensShading | None = None


def taken_on(frame: RawFrame, profile: LensProfile, *, replacing: bool) -> RawFrame:
    """Return the frame with the profile's corrections, those of the file's own that there are being kept unless `replacing`.

    Nothing is corrected twice. `metadata["corrections"]` says what came from where.
    """
    geometry, shading = profile.geometry, profile.shading
    if not replacing:
        geometry = geometry if frame.geometry is None else None
        shading = shading if frame.shading is None else None
    named = (
        ("distortion", geometry is not None and not geometry.is_plain),
        ("lateral colour", geometry is not None and geometry.is_lateral),
        ("vignetting", shading is not None),
    )
    parts = [name for name, corrected in named if corrected]
    applied = [f"{profile.name}: {', '.join(parts)}"] if parts else []
    changed = replace(
        frame,
        geometry=geometry if geometry is not None else frame.geometry,
        shading=shading if shading is not None else frame.shading,
    )
    return noted(changed, applied=applied)


def noted(frame: RawFrame, *, applied: list[str] | None = None, not_applied: list[str] | None = None) -> RawFrame:
    """Return the frame whose metadata say that these corrections were applied, and those were not."""
    had = frame.metadata.get("corrections", {"applied": [], "not_applied": []})
    corrections = {
        "applied": [*had["applied"], *(applied or [])],
        "not_applied": [*had["not_applied"], *(not_applied or [])],
    }
    return replace(frame, metadata={**frame.metadata, "corrections": corrections})


def shading_of(gains: np.ndarray, height: int, width: int) -> LensShading:
    """Return the shading of a height x width frame from gains (3, rows, columns) whose knots share it evenly, as pixels would."""
    rows, columns = gains.shape[1:]
    spacing = (height / rows, width / columns)
    of_planes = np.ascontiguousarray(gains[[0, 1, 1, 2]], np.float32)
    return LensShading(of_planes, (spacing[0] / 2, spacing[1] / 2), spacing)
