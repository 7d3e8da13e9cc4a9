import io
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
from fixtures.study_pictures import picture, write_picture
from PIL import Image

from attiqa_core.errors import InputError
from experiments.pictures.encoders import encode_jpeg
from experiments.study.making.alike import padded, picture_of_size, shared_size, size_class


@pytest.mark.parametrize("missing", [0, 1, 2, 3, 4, 5, 300, 65537, 65538, 65540, 200_001])
def test_padding_gives_the_size_and_keeps_the_pixels(missing):
    content = encode_jpeg(picture(1))
    longer = padded(content, len(content) + missing)
    assert len(longer) == len(content) + missing
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(longer))), np.asarray(Image.open(io.BytesIO(content))))


def test_padding_does_not_shrink_where_something_compresses_it():
    content = encode_jpeg(picture(1))
    longer = padded(content, len(content) + 100_000)
    assert len(zlib.compress(longer, 9)) > len(zlib.compress(content, 9)) + 99_000
    assert longer == padded(content, len(content) + 100_000)


def test_a_class_of_sizes_holds_many_and_costs_a_quarter_at_most():
    lengths = np.unique(np.geomspace(1, 10_000_000, 5000).astype(int)).tolist()
    classes = [size_class(length) for length in lengths]
    assert all(length <= size <= 1.25 * length for length, size in zip(lengths, classes, strict=True) if length >= 4)
    assert all(size_class(size) == size for size in classes) and classes == sorted(classes)
    assert len(set(classes)) < 100


def test_all_versions_are_shown_at_the_smallest_ones_size(tmp_path):
    sizes = {"a": (48, 64), "b": (96, 128), "c": (24, 32)}
    for arm, size in sizes.items():
        write_picture(tmp_path / f"{arm}.png", picture(0, *size))
    files = {arm: tmp_path / f"{arm}.png" for arm in sizes}
    assert shared_size(files, 2048) == (32, 24)
    assert shared_size(files, 16) == (16, 12)
    assert picture_of_size(files["b"], (32, 24)).shape == (24, 32, 3)


def test_versions_of_other_shapes_are_refused_by_name_whichever_they_are(tmp_path):
    for arm, size in {"a": (48, 64), "b": (48, 64), "c": (64, 48)}.items():
        write_picture(tmp_path / f"{arm}.png", picture(0, *size))
    with pytest.raises(InputError, match=r"c\.png and .*[ab]\.png: 48x64 and 64x48 differ in shape"):
        shared_size({arm: tmp_path / f"{arm}.png" for arm in "abc"}, 2048)


def test_a_name_that_no_table_can_hold_is_refused_before_anyone_votes():
    with pytest.raises(InputError, match="its name is not UTF-8, which no table can hold; rename it"):
        picture_of_size(Path(os.fsdecode(b"\xff\xfe.png")), (1, 1))
