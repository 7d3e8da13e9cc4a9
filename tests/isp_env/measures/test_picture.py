"""What is measured of an attacked picture: known values, and what leaves it alone."""

import pytest
import torch
from fixtures.seeded import seeded

from attiqa_core.distortions.finished import chroma_times, exposed
from attiqa_core.distortions.photo_ladders import cast_of
from isp_env.measures.picture import PictureMeasures


def scene() -> torch.Tensor:
    """Grey with some coloured fields, display sRGB."""
    colours = 0.5 + 0.25 * torch.rand((1, 3, 6, 6), generator=seeded())
    colours[:, :, ::2] = colours[:, :1, ::2]
    return colours.repeat_interleave(12, 2).repeat_interleave(12, 3)


def test_a_flat_colour_has_its_lab_chroma_and_no_noise():
    """sRGB (0.8, 0.5, 0.5) is CIELAB (60.30, 28.86, 12.46): skimage.color.rgb2lab."""
    from skimage.color import rgb2lab

    colour = torch.tensor([0.8, 0.5, 0.5])
    measures = PictureMeasures.of(colour.view(1, 3, 1, 1).expand(1, 3, 72, 72))
    _, a, b = rgb2lab(colour.numpy()[None, None])[0, 0]
    assert float(measures.chroma) == pytest.approx((a**2 + b**2) ** 0.5, abs=0.05)
    assert float(measures.noise) == pytest.approx(0, abs=1e-6) and float(measures.clipped) == 0


def test_grey_has_neither_chroma_nor_cast():
    measures = PictureMeasures.of(torch.full((1, 3, 72, 72), 0.4))
    assert float(measures.chroma) == pytest.approx(0, abs=0.02) and float(measures.cast) == pytest.approx(0, abs=0.02)


def test_less_colour_is_less_chroma_and_a_cast_is_a_cast():
    plain = PictureMeasures.of(scene())
    assert float(PictureMeasures.of(chroma_times(scene(), 0.5)).chroma / plain.chroma) == pytest.approx(0.5, abs=0.05)
    for angle in (0.5, 2.0, 4.0):
        tinted = PictureMeasures.of(cast_of(scene(), 0.5, angle))
        assert float(tinted.cast - plain.cast) > 4
        assert float(tinted.own_chroma / plain.own_chroma) == pytest.approx(1, abs=0.15)


def test_black_and_blown_pixels_are_clipped():
    assert float(PictureMeasures.of(exposed(scene(), 3.0)).clipped) > 0.9
    assert float(PictureMeasures.of(exposed(scene(), -12.0)).clipped) == 1
