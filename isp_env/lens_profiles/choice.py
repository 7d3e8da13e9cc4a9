"""Which correction of a lens a frame gets: the file's own, lensfun's, one's own numbers, or none."""

from dataclasses import replace
from typing import Literal

from isp_env.lens.geometry import filling_factor
from isp_env.lens_profiles.lensfun import INSTALL, is_installed, lensfun_profile, refuse_missing
from isp_env.lens_profiles.own import LensNumbers, own_profile
from isp_env.lens_profiles.profile import noted, taken_on
from isp_env.raw import RawFrame

Source = Literal["auto", "file", "lensfun", "none"]


def with_lens(
    frame: RawFrame,
    source: Source,
    *,
    lens_name: str | None = None,
    own: LensNumbers | None = None,
    scale: float | None = None,
) -> RawFrame:
    """Return the frame with the corrections of `source`; `own` are the numbers of a lens file, which go before all others.

    `scale` is how much larger than the correction alone makes it the picture is; by None it fills the frame. What could be
    corrected and is not is in `metadata["corrections"]`. Raises: UsageError where lensfun is asked for and is not there.
    """
    asked_of_file = frame.geometry is not None
    if own is not None:
        profile = own_profile(own, *frame.samples.shape[:2])
        frame = _left_out(frame, "--lens-file") if profile.geometry is not None else frame
        frame = taken_on(frame, profile, replacing=True)
    elif source == "none":
        frame = _left_out(frame, "--lens none")
    elif source == "lensfun" or (source == "auto" and not asked_of_file):
        frame = _from_lensfun(frame, source, lens_name)
    elif not asked_of_file and (name := _lens_of(frame)):
        frame = noted(
            frame, not_applied=[f"distortion of {name}, of which the file says nothing (--lens lensfun was not asked)"]
        )
    return _scaled(frame, scale, of_file=asked_of_file and own is None and source != "lensfun")


def _left_out(frame: RawFrame, why: str) -> RawFrame:
    if frame.geometry is None:
        return frame
    had = frame.metadata.get("corrections", {"applied": [], "not_applied": []})
    warps = [name for name in had["applied"] if name.startswith("Warp")]
    rest = {"applied": [name for name in had["applied"] if name not in warps], "not_applied": had["not_applied"]}
    frame = replace(frame, geometry=None, metadata={**frame.metadata, "corrections": rest})
    return noted(frame, not_applied=[f"{name} ({why})" for name in warps])


def _from_lensfun(frame: RawFrame, source: Source, lens_name: str | None) -> RawFrame:
    if source == "lensfun":
        refuse_missing()
    elif not is_installed():
        name = _lens_of(frame) or "the lens"
        return noted(frame, not_applied=[f"distortion of {name}: lensfunpy is not installed ({INSTALL})"])
    profile = lensfun_profile(frame, lens_name)
    if isinstance(profile, str):
        return noted(frame, not_applied=[profile])
    return taken_on(frame, profile, replacing=False)


def _lens_of(frame: RawFrame) -> str | None:
    return (frame.metadata.get("exif") or {}).get("LensModel")


def _scaled(frame: RawFrame, scale: float | None, *, of_file: bool) -> RawFrame:
    if frame.geometry is None:
        return frame
    alone = frame.geometry.enlarged(1 / frame.geometry.enlargement)
    if scale is None:
        filling = filling_factor(alone, *frame.samples.shape[:2])
        scale = max(1.0, filling) if of_file else filling  # a file's own warp knows how much it shows
    return replace(frame, geometry=alone if scale == 1 else alone.enlarged(scale))
