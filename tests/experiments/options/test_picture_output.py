"""What a finished picture's file may be like, what it may not, and its size."""

import dataclasses

import pytest

from attiqa_core.errors import UsageError
from experiments.options import picture_output
from experiments.options.picture_output import DEPTHS, PictureOutput


@pytest.mark.parametrize("name", DEPTHS)
def test_every_format_is_fine_as_it_is(name):
    output = PictureOutput(format=name)
    output.check()
    assert output.suffix == f".{name}" and output.depth == DEPTHS[name][0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"quality": 0}, "--quality 0: give at least 1"),
        ({"quality": 101}, "--quality 101: give 1 to 100"),
        ({"format": "png", "quality": 80}, "--quality: --format png loses nothing; leave it out"),
        ({"format": "tif", "subsampling": "420"}, "--subsampling: --format tif loses nothing; leave it out"),
        (
            {"format": "jxl", "subsampling": "420"},
            "--subsampling: is of jpg and avif, and JPEG XL has none; leave it out",
        ),
        ({"bits": 16}, "--bits 16: --format jpg holds 8 bits; choose png or tif or jxl"),
        ({"space": "rec2020-linear"}, "falls apart in 8 bits; choose --format tif or png, or --space display-p3"),
        ({"format": "tif", "bits": 8, "space": "rec2020-linear"}, "leave --bits 8 out"),
        ({"format": "jxl", "space": "display-p3"}, "the JPEG XL encoder here writes srgb alone"),
        ({"long_edge": 100, "megapixels": 1.0}, "--long-edge and --megapixels: give one of them"),
        ({"long_edge": 0}, "--long-edge 0: give at least 1"),
        ({"megapixels": 0.0}, "--megapixels 0.0: give a number above 0"),
        ({"megapixels": float("nan")}, "--megapixels nan"),
        ({"enlarge": True}, "--enlarge: to what size?"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(options, said):
    with pytest.raises(UsageError) as refused:
        PictureOutput(**options).check()
    assert said in str(refused.value)


def test_a_format_that_this_machine_lacks_is_refused(monkeypatch):
    import imagecodecs
    from PIL import features

    monkeypatch.setattr(features, "check", lambda name: False)
    with pytest.raises(UsageError, match="--format avif: this machine's Pillow cannot write it"):
        PictureOutput(format="avif").check()
    monkeypatch.setattr(imagecodecs, "JPEGXL", dataclasses.make_dataclass("Codec", [("available", bool, False)])())
    with pytest.raises(UsageError, match="--format jxl: this machine's imagecodecs cannot write it"):
        PictureOutput(format="jxl").check()


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({}, (3000, 4000)),
        ({"long_edge": 1000}, (750, 1000)),
        ({"short_edge": 1000}, (1000, 1333)),
        ({"megapixels": 3.0}, (1500, 2000)),
        ({"long_edge": 5000}, (3000, 4000)),
        ({"long_edge": 5000, "enlarge": True}, (3750, 5000)),
        ({"long_edge": 4000}, (3000, 4000)),
        ({"long_edge": 1}, (1, 1)),
    ],
)
def test_the_size_keeps_the_aspect_and_grows_only_when_asked(options, size):
    assert PictureOutput(**options).size_of(3000, 4000) == size


def test_every_format_has_its_depths():
    assert set(DEPTHS) == set(PictureOutput.__dataclass_fields__["format"].type.__args__)  # type: ignore[union-attr]
    assert picture_output.SPACES_OF_ALL == ("srgb", "display-p3")
