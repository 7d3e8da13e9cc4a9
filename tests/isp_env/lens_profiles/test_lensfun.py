"""Lenses of lensfun's database: its own map is the oracle."""

import dataclasses

import numpy as np
import pytest

from isp_env.lens_profiles.lensfun import lensfun_profile
from isp_env.lens_profiles.profile import LensProfile
from isp_env.raw import RawFrame

lensfunpy = pytest.importorskip("lensfunpy", reason="lensfunpy, of the extra `lens`, is not installed")

ORACLE_PX = 0.001  # float32 of lensfun's at 450 px is 3e-5
HEIGHT, WIDTH = 600, 900
NIKON = ("NIKON CORPORATION", "NIKON D750")


def frame(
    camera=NIKON, lens: str | None = "AF-S Nikkor 24-70mm f/2.8G ED", focal=24.0, size=(HEIGHT, WIDTH)
) -> RawFrame:
    plain = RawFrame.from_mosaic(np.full(size, 500, np.uint16), "RGGB", black_level_dn=0, white_level_dn=1023)
    metadata = {
        "make": camera[0],
        "model": camera[1],
        "focal_length_mm": focal,
        "f_number": 4.0,
        "exif": {"LensModel": lens},
    }
    return dataclasses.replace(plain, metadata=metadata)


@pytest.mark.parametrize("size", [(HEIGHT, WIDTH), (WIDTH, HEIGHT)])
@pytest.mark.slow
def test_places_are_lensfuns_to_a_thousandth_of_a_pixel(size):
    profile = lensfun_profile(frame(size=size))
    assert isinstance(profile, LensProfile) and profile.geometry is not None
    database = lensfunpy.Database()
    camera = database.find_cameras(*NIKON)[0]
    lens = database.find_lenses(camera, None, "Nikon AF-S Zoom-Nikkor 24-70mm f/2.8G ED")[0]
    oracle = lensfunpy.Modifier(lens, camera.crop_factor, size[1], size[0])
    oracle.initialize(24.0, 4.0, 1000.0, scale=1.0)
    for row in np.linspace(0, size[0] - 1, 7):
        for column in np.linspace(0, size[1] - 1, 9):
            drawn = oracle.apply_subpixel_geometry_distortion(float(column), float(row), 1, 1)[0, 0]
            for plane in range(3):
                down, across = profile.geometry.source_px(row, column, plane)
                assert np.hypot(across - drawn[plane, 0], down - drawn[plane, 1]) < ORACLE_PX


@pytest.mark.slow
def test_vignetting_brightens_the_corners_and_leaves_the_middle():
    profile = lensfun_profile(frame())
    assert isinstance(profile, LensProfile) and profile.shading is not None
    gains = profile.shading.gains
    assert gains[:, 0, 0].min() > 1.5
    assert gains[:, gains.shape[1] // 2, gains.shape[2] // 2] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"camera": ("Nobody", "None")}, "does not know the camera Nobody None"),
        ({"lens": None}, "--lens-name picks one"),
        ({"focal": None}, "no focal length"),
    ],
)
@pytest.mark.slow
def test_why_there_is_no_profile_is_said(given, words):
    said = lensfun_profile(frame(**given))
    assert isinstance(said, str) and words in said


@pytest.mark.slow
def test_a_name_given_goes_before_the_files():
    profile = lensfun_profile(frame(lens="something else"), "Nikon AF-S Zoom-Nikkor 24-70mm f/2.8G ED")
    assert isinstance(profile, LensProfile) and "24-70mm f/2.8G" in profile.name
