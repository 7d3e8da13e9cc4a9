"""Orientation as Pillow has it."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from attiqa_core.photos.upright import SIDEWAYS, TURNS, upright

STORED = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


@pytest.mark.parametrize("orientation", TURNS)
def test_every_orientation_is_turned_as_pillow_turns_it(orientation):
    image = Image.fromarray(STORED)
    image.getexif()[0x0112] = orientation
    turned = upright(STORED, orientation)
    assert (turned == np.asarray(ImageOps.exif_transpose(image))).all()
    assert (turned.shape[:2] == (3, 2)) == (orientation in SIDEWAYS)


def test_a_number_that_is_no_orientation_turns_nothing():
    assert upright(STORED, 0) is STORED
