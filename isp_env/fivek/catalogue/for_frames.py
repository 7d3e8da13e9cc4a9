"""An edit as the parameters of one raw: white balance against the raw's own."""

from isp_env.colorimetry.colour import CameraCalibration, ColourBatch
from isp_env.fivek.catalogue.develop import DevelopSettings
from isp_env.fivek.catalogue.translation import Translation, White, translate
from isp_env.frames.raw_samples import RawSamples
from isp_env.raw_io.files import PICTURE_EXPOSURE


def params_from_sliders(settings: DevelopSettings, frame: RawSamples) -> Translation:
    """Return the parameters that an edit of this raw comes to: a start for a fit, and its prior (`translation.py`)."""
    return translate(settings, as_shot_white(frame.calibration, frame.wb_as_shot), own_exposure_ev(frame))


def as_shot_white(calibration: CameraCalibration, wb_as_shot: tuple[float, float, float]) -> White:
    """Return the white point that a camera balanced for."""
    colour = ColourBatch.stack([calibration], [wb_as_shot])
    return White(float(colour.white_mired[0]), float(colour.white_duv[0]))


def own_exposure_ev(frame: RawSamples) -> float:
    """Return what our camera default adds to a raw that states no BaselineExposure, which Lightroom does not."""
    return frame.baseline_exposure_ev if frame.metadata.get("exposure_source") == PICTURE_EXPOSURE else 0.0
