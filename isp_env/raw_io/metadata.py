"""What a raw says about itself besides its picture: camera, exposure, noise, and where each number comes from."""

from collections.abc import Mapping
from typing import Any

from isp_env.raw_io.camera_colour import OWN
from isp_env.raw_io.decoding.decoded import Decoded
from isp_env.raw_io.dng_tags.meaning import DngTags
from isp_env.raw_io.exif.capture import iso_speed
from isp_env.raw_io.levels import Levelled
from isp_env.raw_io.own_sensor.description import SensorDescription
from isp_env.sensor.noise import estimate_noise


def metadata_of(
    decoded: Decoded, tags: DngTags | None, own: SensorDescription, capture: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the metadata of a frame; `capture`, what `read_capture` found, goes into it as "exif"."""
    said = {"Make": own.make, "Model": own.model, "PhotographicSensitivity": own.iso and round(own.iso)}
    exif = {**capture, **{name: value for name, value in said.items() if value}}
    return {
        "make": own.make or (tags and tags.make) or exif.get("Make", ""),
        "model": own.model or (tags and tags.model) or exif.get("Model", ""),
        "lens_make": decoded.lens_make,
        "lens_model": decoded.lens_model,
        "iso": own.iso or iso_speed(exif) or (tags and tags.iso) or decoded.iso,
        "exposure_s": (tags and tags.exposure_s) or decoded.exposure_s,
        "f_number": (tags and tags.f_number) or decoded.f_number,
        "focal_length_mm": (tags and tags.focal_length_mm) or decoded.focal_length_mm,
        "captured_at": tags.captured_at if tags else decoded.captured_at,
        "exif": exif,
    }


def exposure_ev(tags: DngTags | None, own: SensorDescription) -> float | None:
    """Return the file's BaselineExposure with the profile's offset; None if it states none."""
    if tags is None or tags.baseline_exposure_ev is None:
        return None
    profile = own.profile or tags.colour.profile
    return tags.baseline_exposure_ev + (profile.exposure_offset_ev if profile else 0.0)


def noise_of(
    iso: float | None, levels: Levelled, tags: DngTags | None, own: SensorDescription
) -> tuple[tuple[float, float], str]:
    """Return the noise that is known, the file's NoiseProfile, or an estimate with a DNG's hints; and where it comes from."""
    if own.noise is not None:
        return own.noise, OWN
    if tags is not None and tags.noise_profile is not None:
        return tags.noise_profile, "DNG NoiseProfile"
    noise, source = estimate_noise(iso, levels.range_dn)
    factor = tags.hints.noise * tags.hints.noise_left if tags else 1.0
    if factor == 1.0:
        return noise, source
    return (noise[0] * factor**2, noise[1] * factor**2), f"{source}, times {factor:g} by the DNG's hints"


def left_out(tags: DngTags | None, own: SensorDescription) -> list[str]:
    """Return what the file or the profile says of the picture that is not followed, by name."""
    profile = own.profile or (tags.colour.profile if tags else None)
    return [*(profile.not_applied if profile else ()), *(tags.hints.not_applied if tags else ())]
