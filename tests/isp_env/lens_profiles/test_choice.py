"""Whose corrections a frame gets: the file's, one's own, none; nothing twice, and what is not corrected is named."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from isp_env.lens.geometry import TERMS, LensGeometry
from isp_env.lens.shading import LensShading
from isp_env.lens_profiles import choice
from isp_env.lens_profiles.choice import with_lens
from isp_env.lens_profiles.own import LensNumbers, own_profile
from isp_env.lens_profiles.profile import taken_on
from isp_env.raw import RawFrame

OWN = LensNumbers(Path("mine.toml"), "mine", distortion=(0.97, 0.02, 0.0, 0.0), vignetting=(-0.2, 0.0, 0.0))


def frame(*, warped: bool, lens: str | None = None) -> RawFrame:
    plain = RawFrame.from_mosaic(np.full((40, 60), 500, np.uint16), "RGGB", black_level_dn=0, white_level_dn=1023)
    radial = np.zeros((3, TERMS))
    radial[:, 0] = 0.9
    centre, radius = (19.5, 29.5), float(np.hypot(19.5, 29.5))
    geometry = LensGeometry(radial, np.zeros((3, 2)), centre, centre, (radius, radius))
    corrections = {"applied": ["WarpRectilinear"] if warped else [], "not_applied": []}
    return dataclasses.replace(
        plain, geometry=geometry if warped else None, metadata={"exif": {"LensModel": lens}, "corrections": corrections}
    )


def test_the_files_own_is_kept_as_it_is():
    given = frame(warped=True)
    kept = with_lens(given, "file")
    assert given.geometry is not None and kept.geometry is not None
    assert np.array_equal(kept.geometry.radial, given.geometry.radial)
    assert kept.metadata == given.metadata


def test_none_leaves_the_warp_out_and_says_so():
    left = with_lens(frame(warped=True), "none")
    assert left.geometry is None
    assert left.metadata["corrections"] == {"applied": [], "not_applied": ["WarpRectilinear (--lens none)"]}


def test_lateral_colour_is_named_with_or_without_distortion():
    for distortion, named in ((OWN.distortion, "mine: distortion, lateral colour"), ((), "mine: lateral colour")):
        own = dataclasses.replace(OWN, distortion=distortion, red=1.001, vignetting=())
        assert with_lens(frame(warped=False), "file", own=own).metadata["corrections"]["applied"] == [named]


def test_ones_own_numbers_go_before_the_files():
    corrected = with_lens(frame(warped=True), "file", own=OWN)
    assert corrected.geometry is not None and corrected.shading is not None
    assert "mine: distortion, vignetting" in corrected.metadata["corrections"]["applied"]
    assert "WarpRectilinear" not in corrected.metadata["corrections"]["applied"]


def test_a_lens_that_the_file_says_nothing_of_is_named():
    (named,) = with_lens(frame(warped=False, lens="A 24 mm"), "file").metadata["corrections"]["not_applied"]
    assert "A 24 mm" in named and "--lens lensfun" in named


def test_a_missing_lensfun_is_one_sentence_with_the_command(monkeypatch):
    monkeypatch.setattr(choice, "is_installed", lambda: False)
    (named,) = with_lens(frame(warped=False, lens="A 24 mm"), "auto").metadata["corrections"]["not_applied"]
    assert "pip install 'attiqa-isp[lens]'" in named


@pytest.mark.parametrize(("scale", "expected"), [(1.0, 1.0), (1.1, 1.1), (None, 0.9)])
def test_the_scale_is_of_the_correction_alone(scale, expected):
    given = dataclasses.replace(OWN, distortion=(0.9, 0.0, 0.0, 0.0))
    corrected = with_lens(frame(warped=False), "file", own=given, scale=scale)
    assert corrected.geometry is not None
    assert corrected.geometry.enlargement == pytest.approx(expected, abs=1e-4)


def test_a_files_warp_is_not_made_smaller_to_fill():
    corrected = with_lens(frame(warped=True), "file")
    assert corrected.geometry is not None and corrected.geometry.enlargement == 1


def test_gains_of_the_file_are_not_doubled_by_a_profile():
    ones = LensShading(np.ones((4, 1, 1), np.float32), (0.0, 0.0), (1.0, 1.0))
    given = dataclasses.replace(frame(warped=False), shading=ones)
    kept = taken_on(given, own_profile(OWN, 40, 60), replacing=False)
    assert kept.shading is ones and kept.metadata["corrections"]["applied"] == ["mine: distortion"]
