"""Lens files: the three models' formulas, sizes of colours, vignetting; what is refused and by which key."""

from pathlib import Path

import numpy as np
import pytest

from attiqa_core.errors import InputError
from isp_env.lens_profiles.own import own_profile, read_lens_file

HEIGHT, WIDTH = 300, 400
CORNER = float(np.hypot(149.5, 199.5))


def profile(folder: Path, text: str):
    path = folder / "lens.toml"
    path.write_text(text)
    return own_profile(read_lens_file(path), HEIGHT, WIDTH)


def ratio(geometry, distance: float, plane: int = 1) -> float:
    """By how much farther from the axis than it is shown a place straight to the right was drawn."""
    _, column = geometry.source_px(np.array(149.5), np.array(199.5 + distance), plane)
    return (float(column) - 199.5) / distance


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("distortion = [0.98, 0.03, -0.02, 0.004]", lambda r, _: 0.98 + 0.03 * r**2 - 0.02 * r**4 + 0.004 * r**6),
        (
            'model = "ptlens"\ndistortion = [0.01, -0.03, 0.005]',
            lambda _, r: 0.01 * r**3 - 0.03 * r**2 + 0.005 * r + 1.015,
        ),
        ('model = "poly3"\ndistortion = [-0.02]', lambda _, r: 1.02 - 0.02 * r**2),
    ],
)
def test_models_are_their_formulas(tmp_path, text, expected):
    geometry = profile(tmp_path, text).geometry
    for distance in (10.0, 90.0, 190.0):
        assert ratio(geometry, distance) == pytest.approx(expected(distance / CORNER, distance / 150), abs=2e-4)


def test_sizes_of_colours_are_relative_to_green(tmp_path):
    geometry = profile(tmp_path, "distortion = [0.98, 0.01, 0, 0]\nred = 1.001\nblue = 0.9995").geometry
    assert ratio(geometry, 150, 0) / ratio(geometry, 150) == pytest.approx(1.001)
    assert ratio(geometry, 150, 2) / ratio(geometry, 150) == pytest.approx(0.9995)


def test_vignetting_is_made_up_for(tmp_path):
    shading = profile(tmp_path, "vignetting = [-0.4, 0.1, 0.0]").shading
    assert shading.gains[:, 64, 64] == pytest.approx(1.0)
    assert shading.gains[:, 0, 0] == pytest.approx(1 / 0.7, rel=0.01)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("distorsion = [1]", "distorsion: is not known"),
        ("model = []", "model = "),
        ('model = "brown"', "model = 'brown'"),
        ("distortion = [1, 2]", "distortion = .* 4 or 6 finite numbers"),
        ('distortion = [1, 0, 0, "a"]', "distortion ="),
        ("distortion = [nan, 0, 0, 0]", r"\[distortion\] 0: nan is not a number"),
        ("distortion = [1.0, -0.4, 0, 0]", "folds"),
        ("red = 1.2", "red = 1.2: give a size"),
        ('blue = "1"', "blue ="),
        ("vignetting = [-1.0, 0, 0]", "vignetting: leaves"),
        ("centre = [2, 0.5]", "centre ="),
        ("centre = 3", "centre ="),
        ("= 3", "cannot be read as TOML"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        profile(tmp_path, text)


def test_a_missing_lens_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml: no such file"):
        read_lens_file(tmp_path / "none.toml")
