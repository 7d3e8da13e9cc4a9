"""EXIF in every format, read back by exifread, which had no part in writing it."""

import io
import struct
from fractions import Fraction

import exifread
import numpy as np
import pytest
import tifffile
from fixtures.tiff_bytes import READ
from PIL import Image

from experiments.options.picture_output import DEPTHS, PictureOutput
from experiments.pictures.exif import picture_fields
from experiments.pictures.writing import encoded

FORMATS = tuple(DEPTHS)


def pixels(output: PictureOutput, height: int = 24, width: int = 40) -> np.ndarray:
    down, across = np.mgrid[:height, :width]
    rgb = np.stack([across / width, down / height, 0.5 + 0 * down], -1)
    return np.round(rgb * (2**output.depth - 1)).astype(np.uint8 if output.depth == 8 else np.uint16)


def written(name: str, metadata: dict, **options) -> bytes:
    output = PictureOutput(format=name, **options)  # type: ignore[arg-type]
    return encoded(pixels(output), metadata, output)


def read_back(content: bytes) -> dict:
    """Numbers as they are, texts as str."""
    block = content
    if b"JXL " in content[:12]:  # exifread finds no EXIF behind other boxes: it is given the box
        start = content.index(b"Exif", 32) + 8
        block = content[start : content.index(b"jxlc")]
    found = exifread.process_file(io.BytesIO(block), details=False, truncate_tags=False, strict=False)
    return {name.partition(" ")[2] if not name.startswith("GPS ") else name[4:]: tag for name, tag in found.items()}


@pytest.mark.parametrize("name", FORMATS)
def test_dates_lens_place_and_author_are_in_every_format(name):
    content = written(name, {"exif": READ})
    found = read_back(content)
    for field in ("DateTimeOriginal", "DateTimeDigitized", "OffsetTimeOriginal", "SubSecTimeOriginal", "LensModel", "LensMake",
                  "BodySerialNumber", "LensSerialNumber", "Copyright", "Make", "Model", "ImageDescription"):  # fmt: skip
        assert str(found[field]).strip() == READ[field], field
    assert str(found["DateTime"]) == READ["DateTime"] and b"ASCII\0\0\0handheld" in content
    assert [Fraction(each.num, each.den) for each in found["LensSpecification"].values] == [24, 105, 4, 4]
    assert found["ExposureTime"].values[0] == Fraction(1, 125) and found["FocalLength"].values[0] == 85
    assert found["ExposureBiasValue"].values[0] == Fraction(-7, 10)
    for field in ("GPSLatitude", "GPSLongitude", "GPSTimeStamp"):
        assert [Fraction(each.num, each.den) for each in found[field].values] == [
            Fraction(*each) for each in READ[field]
        ]
    assert (str(found["GPSLatitudeRef"]), str(found["GPSLongitudeRef"]), str(found["GPSDate"])) == (
        "N",
        "W",
        "2024:06:21",
    )


@pytest.mark.parametrize("name", FORMATS)
def test_the_program_the_size_and_an_upright_orientation_are_the_pictures_own(name):
    found = read_back(written(name, {"exif": READ | {"Orientation": 6}}))
    assert str(found["Software"]).startswith("attiqa-isp")
    if name != "tif":  # whose sizes are tags of its own
        assert (found["ExifImageWidth"].values[0], found["ExifImageLength"].values[0]) == (40, 24)
    if name == "avif":
        assert Image.open(io.BytesIO(written(name, {"exif": READ}))).getexif().get(0x0112, 1) == 1
    else:
        assert found["Orientation"].values == [1]


@pytest.mark.parametrize("name", FORMATS)
def test_the_colour_space_field_says_srgb_or_that_the_profile_knows(name):
    assert read_back(written(name, {}))["ColorSpace"].values == [1]
    if name != "jxl":
        assert read_back(written(name, {}, space="display-p3"))["ColorSpace"].values == [65535]


def test_a_speed_beyond_16_bits_is_whole_in_the_extended_field():
    for metadata in ({"exif": READ}, {"exif": {"PhotographicSensitivity": 102400}}, {"iso": 102400.0}):
        found = read_back(written("jpg", metadata))
        assert found["ISOSpeedRatings"].values == [65535]
        assert found["RecommendedExposureIndex"].values == [102400] and found["SensitivityType"].values == [2]


def test_what_the_decoder_knows_stands_in_for_what_exif_lacks():
    metadata = {"make": "Canon", "model": "EOS R5", "lens_model": "RF24-70mm", "exposure_s": 1 / 250, "f_number": 2.8,
                "iso": 400, "captured_at": "2021-05-01T10:11:12.5", "exif": {"Model": "Canon EOS R5"}}  # fmt: skip
    fields = picture_fields(metadata, 10, 20, "srgb")
    assert (fields["Make"], fields["Model"], fields["LensModel"]) == ("Canon", "Canon EOS R5", "RF24-70mm")
    assert (fields["ExposureTime"], fields["FNumber"], fields["PhotographicSensitivity"]) == ([1, 250], [14, 5], 400)
    assert fields["DateTimeOriginal"] == "2021:05:01 10:11:12"


@pytest.mark.parametrize("name", FORMATS)
def test_a_rating_is_in_exif_and_in_the_xmp(name):
    content = written(name, {"exif": READ})
    assert b'xmp:Rating="4"' in content and b"xmp:Rating" not in written(name, {})
    if name == "tif":
        assert b"Rating" in tifffile.TiffFile(io.BytesIO(content)).pages.first.tags[700].value
    elif name != "jxl":
        xmp = Image.open(io.BytesIO(content)).info
        assert any(b"Rating" in (each if isinstance(each, bytes) else str(each).encode()) for each in xmp.values())


def test_the_place_is_left_out_when_asked():
    assert not [field for field in read_back(written("jpg", {"exif": READ}, gps=False)) if field.startswith("GPS")]
    assert b"FE 24-105mm" in written("jpg", {"exif": READ}, gps=False)


def test_texts_that_a_jpeg_has_no_room_for_are_left_out_the_longest_first():
    exif = READ | {"UserComment": "日" * 20_000, "Copyright": "c" * 30_000, "Artist": "a" * 30_000}
    content = written("jpg", {"exif": exif})
    assert "日".encode("utf-16-le") * 99 not in content and b"FE 24-105mm" in content
    assert b"c" * 30_000 in content and b"a" * 30_000 in content


def test_letters_beyond_ascii_are_utf_8():
    exif = {"Artist": "Zoë Müller", "UserComment": "日の出"}
    content = written("jpg", {"exif": exif})
    assert "Zoë Müller".encode() + b"\0" in content and b"UNICODE\0" + "日の出".encode("utf-16-le") in content
    tiff = tifffile.TiffFile(io.BytesIO(written("tif", {"exif": exif}))).pages.first.tags[315]
    assert tiff.count == len("Zoë Müller".encode()) + 1


def test_fields_that_are_not_known_are_not_written():
    assert "Nonsense" not in picture_fields({"exif": {"Nonsense": 1}}, 1, 1, "srgb")


@pytest.mark.parametrize("quality", [95, 100])
def test_jpeg_xl_is_a_container_whose_boxes_follow_each_other(quality):
    content, place, kinds = written("jxl", {"exif": READ}, quality=quality), 0, []
    while place < len(content):
        size, kind = struct.unpack_from(">I4s", content, place)
        kinds.append(kind)
        place += size
    assert place == len(content) and [kind for kind in kinds if kind != b"jxll"] == [
        b"JXL ",
        b"ftyp",
        b"Exif",
        b"xml ",
        b"jxlc",
    ]


def test_what_is_no_text_in_a_cameras_name_is_left_out():
    fields = picture_fields({"make": "Ca\nnon\x1b[31m", "model": "\ufffd\ufffd\x01"}, 2, 2, "srgb")
    assert fields["Make"] == "Canon[31m" and "Model" not in fields
