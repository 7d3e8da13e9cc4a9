import errno
import io
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from PIL import Image, ImageCms, ImageOps

from attiqa_core.errors import InputError, ResourceError, UsageError
from attiqa_core.srgb import linear_from_srgb
from experiments.options.picture_output import PictureOutput
from experiments.pictures.encoders import encode_jpeg
from experiments.pictures.exif import EXIF_IFD
from experiments.pictures.icc import srgb_profile
from experiments.pictures.reading import load_picture
from experiments.pictures.writing import save_picture
from isp_env.colorimetry.output_space import DISPLAY_P3, REC2020_LINEAR, SRGB
from isp_env.stages.output import encode, quantise

METADATA = {
    "make": "GoPro",
    "model": "HERO6 Black",
    "iso": 400,
    "exposure_s": 1 / 250,
    "f_number": 2.8,
    "focal_length_mm": None,
}


def gradient(height=48, width=80):
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    return torch.from_numpy(np.stack([across, down, 0.7 - 0.5 * across]).astype(np.float32))


@pytest.fixture(params=[".jpg", ".png", ".tif"])
def saved(request, tmp_path):
    path = tmp_path / f"shot{request.param}"
    save_picture(path, gradient(), metadata=METADATA)
    return path


def test_jpeg_comes_back_within_the_coding_error(tmp_path):
    save_picture(tmp_path / "shot.jpg", gradient(), metadata=METADATA)
    pixels = np.asarray(Image.open(tmp_path / "shot.jpg")).astype(int)
    assert np.abs(pixels - quantise(gradient().numpy(), 8)).max() <= 4


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_a_picture_of_a_single_pixel_is_written(suffix, tmp_path):
    for number, grey in enumerate((np.full((3, 1, 1), 0.5, np.float32), np.full((3, 5, 1), 0.5, np.float32))):
        path = tmp_path / f"{number}{suffix}"
        save_picture(path, grey, metadata={})
        assert load_picture(path).tolist() == [[[128, 128, 128]]] * grey.shape[1]


def test_png_and_tiff_come_back_as_the_same_16_bits(tmp_path):
    for name in ("shot.png", "shot.tif"):
        save_picture(tmp_path / name, gradient(), metadata=METADATA)
    expected = np.round(gradient().numpy().astype(np.float64) * 65535).transpose(1, 2, 0)
    for pixels in (imagecodecs.imread(str(tmp_path / "shot.png")), tifffile.imread(tmp_path / "shot.tif")):
        assert pixels.dtype == np.uint16
        assert np.abs(pixels.astype(np.float64) - expected).max() <= 1  # float32 ties
        assert np.mean(pixels == expected) > 0.99


@pytest.mark.parametrize("bits", [8, 16])
def test_quantising_rounds_to_the_nearest_step_and_clips(bits):
    steps = 2**bits - 1
    values = np.array([-0.5, 0.49 / steps, 0.51 / steps, 0.5, 1 - 0.51 / steps, 1 - 0.4 / steps, 1.5], np.float32)
    pixels = quantise(np.broadcast_to(values, (3, 1, 7)), bits)
    assert pixels[0, :, 0].tolist() == [0, 0, 1, (steps + 1) // 2, steps - 1, steps, steps]


def test_every_integer_level_survives_16_bits():
    levels = np.arange(65536, dtype=np.float64).reshape(1, 256, 256)
    pixels = quantise(np.broadcast_to(levels / 65535, (3, 256, 256)).astype(np.float32), 16)
    assert np.array_equal(pixels[..., 1], levels[0])


def test_the_embedded_profile_is_the_srgb_profile(saved):
    if saved.suffix == ".tif":
        assert tifffile.TiffFile(saved).pages.first.tags[34675].value == srgb_profile()
    else:
        assert Image.open(saved).info["icc_profile"] == srgb_profile()


def test_the_profile_maps_srgb_as_the_standard_does():
    """Reference: sRGB values to CIE Lab (D50) by IEC 61966-2-1 and Bradford, from colour-science."""
    colour = pytest.importorskip("colour")
    rgb = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [119, 119, 119], [200, 130, 90]], np.uint8)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    to_lab = ImageCms.buildTransform(
        profile, ImageCms.createProfile("LAB"), "RGB", "LAB", ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
    lab = np.asarray(ImageCms.applyTransform(Image.fromarray(rgb[None]), to_lab)).astype(float)[0]
    lab[:, 0] *= 100 / 255
    lab[:, 1:] = lab[:, 1:].astype(np.uint8).view(np.int8)
    xyz = colour.sRGB_to_XYZ(rgb / 255)
    white = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]
    adapted = colour.chromatic_adaptation(
        xyz, colour.xy_to_XYZ(white["D65"]), colour.xy_to_XYZ(white["D50"]), transform="Bradford"
    )
    expected = colour.XYZ_to_Lab(adapted, white["D50"])
    assert np.abs(lab - expected).max() < 1.2  # 8-bit Lab


@pytest.mark.parametrize("exif", [b"", b"Exif\0\0anything"])
def test_jpeg_has_pillows_bytes(exif):
    pixels, buffer = quantise(gradient(37, 53).numpy(), 8), io.BytesIO()
    profile = {"icc_profile": srgb_profile(), "exif": exif}
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90, subsampling=0, **profile)
    assert encode_jpeg(pixels, exif=exif, quality=90) == buffer.getvalue()


def test_jpeg_keeps_full_colour_resolution(tmp_path):
    """The frame header says so, and single-pixel red and blue columns of equal luma stay apart."""
    stripes = np.zeros((3, 32, 32), np.float32)
    stripes[0, :, ::2], stripes[2, :, 1::2] = 0.6, 1.0
    save_picture(tmp_path / "s.jpg", stripes, metadata={})
    content = (tmp_path / "s.jpg").read_bytes()
    frame = content[content.index(b"\xff\xc0") + 4 :]
    assert [frame[7 + 3 * component] for component in range(3)] == [0x11, 0x11, 0x11]
    pixels = np.asarray(Image.open(tmp_path / "s.jpg")).astype(int)
    assert (pixels[:, ::2, 0] - pixels[:, 1::2, 0]).mean() > 130


def test_the_camera_and_an_upright_orientation_are_in_the_exif(saved):
    if saved.suffix == ".tif":
        tags = tifffile.TiffFile(saved).pages.first.tags
        main = {tag.code: tag.value for tag in tags}
        exposure = tags[EXIF_IFD].value
        assert (
            exposure["ExposureTime"] == (1, 250)
            and exposure["ISOSpeedRatings"] == 400
            and exposure["FNumber"] == (14, 5)
        )
    else:
        exif = Image.open(saved).getexif()
        main, exposure = dict(exif), exif.get_ifd(EXIF_IFD)
        assert (exposure[0x829A].numerator, exposure[0x829A].denominator) == (1, 250)
        assert exposure[0x8827] == 400 and exposure[0x829D] == 2.8
    assert (main[0x010F], main[0x0110], main[0x0112]) == ("GoPro", "HERO6 Black", 1)
    assert main[0x0131].startswith("attiqa-isp")


def test_empty_and_odd_metadata_is_left_out(tmp_path):
    odd = {"make": "Caméra", "iso": float("nan"), "exposure_s": -1, "f_number": "f/2", "model": ""}
    for suffix in (".jpg", ".png", ".tif"):
        save_picture(tmp_path / f"plain{suffix}", gradient(), metadata={})
        save_picture(tmp_path / f"odd{suffix}", gradient(), metadata=odd)
    fields = Image.open(tmp_path / "odd.jpg").getexif()
    assert (
        fields[0x010F].encode("latin-1").decode() == "Caméra"
        and 0x0110 not in fields
        and 0x8827 not in fields.get_ifd(EXIF_IFD)
    )


def test_png_chunks_are_whole_and_the_profile_precedes_the_pixels(tmp_path):
    save_picture(tmp_path / "shot.png", gradient(), metadata=METADATA)
    content, position, kinds = (tmp_path / "shot.png").read_bytes(), 8, []
    while position < len(content):
        length, kind = struct.unpack(">I4s", content[position : position + 8])
        kinds.append(kind)
        position += length + 12
    assert position == len(content)
    assert kinds[0] == b"IHDR" and kinds[-1] == b"IEND"
    assert kinds.index(b"iCCP") < kinds.index(b"IDAT")
    Image.open(tmp_path / "shot.png").load()  # Pillow checks every CRC


def test_the_same_picture_makes_the_same_bytes(saved):
    again = saved.with_stem("again")
    save_picture(again, gradient(), metadata=METADATA)
    assert again.read_bytes() == saved.read_bytes()


def test_mistakes_are_named_and_leave_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "shot.png"
    save_picture(target, gradient(), metadata={})
    before = target.read_bytes()
    with pytest.raises(UsageError, match=r"\.webp"):
        save_picture(tmp_path / "shot.webp", gradient(), metadata={})
    with pytest.raises(InputError, match="NaN"):
        save_picture(target, torch.full((3, 4, 4), float("nan")), metadata={})

    def full_disk(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(ResourceError, match=r"shot\.png"):
        save_picture(target, gradient() * 0.5, metadata={})
    monkeypatch.undo()
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["shot.png"]


def test_reading_rounds_16_bits_and_agrees_between_formats(tmp_path):
    for suffix in (".png", ".tif"):
        save_picture(tmp_path / f"shot{suffix}", gradient(), metadata=METADATA)
        assert np.array_equal(load_picture(tmp_path / f"shot{suffix}"), quantise(gradient().numpy(), 8))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_reading_applies_the_orientation_as_pillow_does(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    (tmp_path / "turned.jpg").write_bytes(encode_jpeg(quantise(gradient().numpy(), 8), exif=exif.tobytes()))
    expected = ImageOps.exif_transpose(Image.open(tmp_path / "turned.jpg"))
    assert np.array_equal(load_picture(tmp_path / "turned.jpg"), np.asarray(expected))


def test_reading_converts_another_profile_to_srgb(tmp_path):
    """Linear light, sRGB primaries: level 55 is 0.2159 of full light, which sRGB encodes as 128."""
    linear = bytearray(srgb_profile())
    curve = linear.index(b"para\0\0\0\0\0\x03")
    linear[curve : curve + 16] = b"para" + bytes(8) + struct.pack(">i", 65536)  # exponent 1
    grey = Image.new("RGB", (8, 8), (55, 55, 55))
    grey.save(tmp_path / "linear.png", icc_profile=bytes(linear))
    assert np.abs(load_picture(tmp_path / "linear.png").astype(int) - 128).max() <= 1


@pytest.mark.parametrize("space", [DISPLAY_P3, REC2020_LINEAR], ids=lambda space: space.name)
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_reading_takes_wide_pictures_to_srgb_shadows_included(tmp_path, space, suffix):
    srgb = 0.03 + 0.9 * gradient()
    rec2020 = torch.linalg.inv(SRGB.from_rec2020).float() @ linear_from_srgb(srgb).flatten(1)
    wide = encode((space.from_rec2020.float() @ rec2020).view(1, *srgb.shape), space)[0]
    path, output = tmp_path / f"wide{suffix}", PictureOutput(format=suffix[1:], space=space.name)
    save_picture(path, wide, metadata={}, output=output)
    assert np.abs(load_picture(path).astype(int) - quantise(srgb.numpy(), 8)).max() <= 1


def test_reading_takes_grey_and_lays_what_is_transparent_over_white(tmp_path):
    Image.new("LA", (6, 4), (0, 165)).save(tmp_path / "grey.png")
    tifffile.imwrite(tmp_path / "grey.tif", np.full((4, 6), 90 * 257, np.uint16))
    for name in ("grey.png", "grey.tif"):
        assert np.array_equal(load_picture(tmp_path / name), np.full((4, 6, 3), 90))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_reading_refuses_what_is_cut_off_missing_or_no_picture(tmp_path, suffix):
    path = tmp_path / f"shot{suffix}"
    with pytest.raises(InputError, match="no such file"):
        load_picture(path)
    save_picture(path, torch.rand(3, 60, 60), metadata={})
    for content in (path.read_bytes()[: path.stat().st_size // 2], b"", b"raw raw raw" * 9):
        path.write_bytes(content)
        with pytest.raises(InputError, match=f"shot{suffix}"):
            load_picture(path)
