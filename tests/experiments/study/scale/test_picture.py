import numpy as np
import pytest
from PIL import Image

from experiments.study.intervals.wilson import Interval
from experiments.study.scale.bradley_terry import Scale, Strength
from experiments.study.scale.picture import draw


@pytest.mark.slow
def test_the_scale_is_drawn_as_png_and_as_svg_with_every_arm(tmp_path):
    strengths = tuple(
        Strength(f"arm {n}", -0.3 * n, Interval(-0.3 * n - 0.2, -0.3 * n + 0.2), (n, n + 1)) for n in range(1, 4)
    )
    scale = Scale(strengths, (), {}, "sandwich", 90, 9, 10, 0.0)
    pixels = np.asarray(Image.open(draw(scale, tmp_path / "scale.png")).convert("RGB"))
    blue = (np.abs(pixels.astype(int) - (0, 114, 178)) < 20).all(-1)
    assert blue.sum(1).astype(bool).astype(int)[:-1].dot(np.diff(blue.sum(1) > 0)) >= 3  # three bars apart
    assert draw(scale, tmp_path / "scale.svg").read_text().startswith("<?xml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scale.png", "scale.svg"]
