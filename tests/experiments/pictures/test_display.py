"""Finished pictures as floats."""

import numpy as np
from PIL import Image

from experiments.pictures.display import read_display


def test_a_png_of_8_bits_is_read_as_it_is(tmp_path):
    Image.new("RGB", (4, 3), (51, 0, 255)).save(tmp_path / "x.png")
    picture, clipped = read_display(tmp_path / "x.png")
    assert clipped == 0 and picture.shape == (1, 3, 3, 4) and np.allclose(picture[0, :, 0, 0], [0.2, 0, 1])
