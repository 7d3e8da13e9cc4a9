"""Camera profiles from DCP files: read, put in the place of a raw's own colour, and refused where they are none."""

from dataclasses import replace

import numpy as np
import pytest
from fixtures.dcp_bytes import FLOAT, dcp
from fixtures.dng_files import ASCII, LONG, SHORT, SRATIONAL, stored_dn, write
from fixtures.dng_patches import camera_values, colour_of_tags, largest_delta_e, mosaic_of, picture_of
from fixtures.dng_theory import CM_A, CM_D65, FM_A, FM_D65, Theory, locus_xy

from attiqa_core.errors import InputError
from isp_env.colorimetry.calibration import CameraCalibration
from isp_env.raw import RawFrame
from isp_env.raw_io.camera_colour import with_calibration
from isp_env.raw_io.dng_tags.camera_profiles import read_dcp
from isp_env.raw_io.own_sensor.description import SensorDescription

WHITE_XY = (0.4100, 0.3900)
LIGHTS = (locus_xy(2850), locus_xy(6500))
OWN = Theory((0.9 * CM_A, 1.1 * CM_D65 + 0.02), LIGHTS)
UNIT = np.array([[1.06, 0.03, -0.02], [-0.04, 0.97, 0.05], [0.02, -0.05, 1.1]])
BETTER = Theory((CM_A, CM_D65), LIGHTS, forward=(FM_A, FM_D65))
TABLES = {
    50937: (LONG, [1, 2, 1]),
    50938: (FLOAT, [0.0, 1.0, 1.0] * 2),
    50981: (LONG, [1, 2, 1]),
    50982: (FLOAT, [0.0, 1.0, 1.0] * 2),
}


def profile_tags(theory: Theory, signature: str = "") -> dict:
    kept = {code: tag for code, tag in colour_of_tags(theory).items() if code != 50727}
    return kept | {
        50708: (ASCII, "Maker One"),
        50936: (ASCII, "Studio"),
        50932: (ASCII, signature),
        51109: (SRATIONAL, [-0.25]),
    }


@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_a_profile_is_read(tmp_path, byte_order):
    (tmp_path / "a.dcp").write_bytes(dcp(profile_tags(BETTER, "com.adobe") | TABLES, byte_order))
    profile = read_dcp(tmp_path / "a.dcp")
    assert (profile.name, profile.camera_model, profile.signature) == ("Studio", "Maker One", "com.adobe")
    assert np.allclose(profile.calibration.xyz_to_camera, (CM_A, CM_D65)) and profile.calibration.illuminant_kelvin == (
        2850,
        6500,
    )
    assert np.allclose(profile.calibration.white_to_d50, (FM_A, FM_D65))
    assert profile.exposure_offset_ev == -0.25
    assert profile.not_applied == ("ProfileHueSatMap", "ProfileLookTable")


@pytest.mark.parametrize("signature", ["com.adobe", "another"])
def test_a_profile_takes_the_place_of_the_files_own(tmp_path, signature):
    """The unit's calibration goes with it where the signatures are the same."""
    theory = replace(BETTER, calibration=(UNIT, UNIT)) if signature == "com.adobe" else BETTER
    tags = colour_of_tags(replace(OWN, calibration=(UNIT, UNIT)), white_xy=WHITE_XY)
    tags |= {50931: (ASCII, "com.adobe"), 50932: (ASCII, "com.adobe"), 50730: (SRATIONAL, [1.0])}
    camera = camera_values(theory, WHITE_XY)
    path = write(tmp_path / "a.dng", stored_dn(mosaic_of(picture_of(camera), "RGGB")), tags)
    (tmp_path / "a.dcp").write_bytes(dcp(profile_tags(BETTER, signature) | TABLES))
    frame = RawFrame.load(path, SensorDescription(profile=read_dcp(tmp_path / "a.dcp")))
    assert largest_delta_e(frame, theory, WHITE_XY, camera) <= 0.3
    assert frame.metadata["colour_source"] == "DCP Studio"
    assert frame.metadata["corrections"]["not_applied"] == ["ProfileHueSatMap", "ProfileLookTable"]
    assert frame.baseline_exposure_ev == 0.75


def test_a_calibration_can_be_put_in_the_place_of_a_frames(tmp_path):
    camera = camera_values(BETTER, WHITE_XY)
    tags = colour_of_tags(OWN, neutral=BETTER.neutral(WHITE_XY))
    frame = RawFrame.load(write(tmp_path / "a.dng", stored_dn(mosaic_of(picture_of(camera), "RGGB")), tags))
    own = with_calibration(frame, CameraCalibration((CM_A, CM_D65), (2850, 6500), (FM_A, FM_D65)), "given")
    assert isinstance(own, RawFrame) and own.metadata["colour_source"] == "given"
    assert largest_delta_e(own, BETTER, WHITE_XY, camera) <= 0.3


def whole() -> bytes:
    return dcp(profile_tags(BETTER))


BAD = {
    "is an ICC profile": bytes(36) + b"acsp" + bytes(100),
    "is no camera profile": b"II*\0" + bytes(100),
    "damaged camera profile": whole()[:40],
    "a tag reaches beyond its end": whole()[:-8],
    "damaged camera profile .60000 tags": whole()[:8] + b"\x60\xea" + whole()[10:],
    "has no ColorMatrix1": dcp({50708: (ASCII, "Maker One"), 50721: (SRATIONAL, [1.0] * 12), 50778: (SHORT, [17])}),
}


@pytest.mark.parametrize("sentence", BAD)
def test_what_is_no_profile_is_refused_in_one_sentence(tmp_path, sentence):
    path = tmp_path / "a.dcp"
    path.write_bytes(BAD[sentence])
    with pytest.raises(InputError, match=sentence) as caught:
        read_dcp(path)
    assert str(path) in str(caught.value)


def test_a_missing_profile_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_dcp(tmp_path / "none.dcp")


@pytest.mark.slow
def test_a_profile_cut_or_changed_anywhere_is_read_or_refused(tmp_path):
    content, generator = whole(), np.random.default_rng(1)
    for _ in range(200):
        changed = bytearray(content)
        for place in generator.integers(0, len(content), 3):
            changed[place] = generator.integers(256)
        (tmp_path / "a.dcp").write_bytes(bytes(changed))
        try:
            profile = read_dcp(tmp_path / "a.dcp")
        except InputError:
            continue
        assert all(np.isfinite(each).all() for each in profile.calibration.xyz_to_camera)
