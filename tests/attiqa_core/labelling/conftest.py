"""Photos to embed."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for index in range(11):
        pixels = generator.integers(0, 256, (8, 9, 3), dtype=np.uint8)
        Image.fromarray(pixels // (1 + index % 3)).save(folder / f"{index:02d}.png")
    return folder
