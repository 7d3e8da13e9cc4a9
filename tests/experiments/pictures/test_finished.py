"""From a raw to the pixels of a file: sizes in linear light, spaces, and what comes back out of the file."""

import io

import exifread
import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from fixtures import tiff_bytes
from fixtures.photographs import smooth_scene
from fixtures.tiff_bytes import READ
from PIL import Image

from attiqa_core.srgb import linear_from_srgb, srgb_from_linear
from experiments.options.picture_output import PictureOutput
from experiments.pictures.finished import finished_pixels, resized
from experiments.pictures.writing import encoded, save_pixels
from isp_env.colorimetry.output_space import DISPLAY_P3, REC2020_LINEAR, SPACES, SRGB
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.synthetic import synthesise
from isp_env.tiles import render_full


@pytest.fixture(scope="module")
def frame() -> RawFrame:
    return synthesise(smooth_scene(), CAMERAS["sony-a7m3"], iso=100)


def test_fine_lines_become_the_mean_of_their_light_not_of_their_code():
    lines = torch.zeros(3, 60, 80)
    lines[:, :, ::2] = 1
    for space, expected in ((SRGB, float(srgb_from_linear(torch.tensor(0.5)))), (REC2020_LINEAR, 0.5)):
        small = resized(lines, (15, 20), space)
        assert small.shape == (3, 15, 20) and (small[:, 3:-3, 3:-3] - expected).abs().max() < 0.02


@pytest.mark.parametrize("size", [(15, 20), (47, 61), (120, 160)])
def test_an_even_colour_stays_what_it_is_at_any_size(size):
    even = torch.tensor([0.1, 0.5, 0.97])[:, None, None].expand(3, 60, 80)
    assert (resized(even.contiguous(), size, DISPLAY_P3) - even[:, :1, :1]).abs().max() < 1e-5


def test_a_sharp_edge_stays_in_range_and_a_ramp_keeps_its_place():
    edge = torch.zeros(3, 40, 40)
    edge[:, :, 20:] = 1
    small = resized(edge, (10, 10), SRGB)
    assert small.min() == 0 and 1 - 1e-6 < small.max() <= 1
    ramp = srgb_from_linear(torch.linspace(0.1, 0.9, 80))[None, None].expand(3, 60, 80).contiguous()
    light = linear_from_srgb(resized(ramp, (30, 40), SRGB))[0, 10]
    centres = (torch.arange(40) * 2 + 0.5) / 79 * 0.8 + 0.1
    assert (light - centres)[3:-3].abs().max() < 1e-4


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("name", ["png", "tif"])
def test_16_bit_files_hold_the_float_render_within_rounding(frame, tmp_path, name, space):
    output, params = PictureOutput(format=name, space=space), IspParams.default(1)
    path = tmp_path / f"shot{output.suffix}"
    save_pixels(path, finished_pixels(frame, params, output), metadata={}, output=output)
    stored = tifffile.imread(path) if name == "tif" else imagecodecs.imread(str(path))
    expected = render_full(frame, params, space=SPACES[space]).numpy().transpose(1, 2, 0).astype(np.float64) * 65535
    assert stored.dtype == np.uint16 and np.abs(stored - expected).max() <= 0.5 + 0.01  # float32 carries 2^-24


@pytest.mark.parametrize("name", ["jpg", "avif", "jxl"])
def test_lossy_files_hold_the_picture_within_their_coding_error(frame, name):
    params = IspParams.default(1)
    output = PictureOutput(format=name, bits=8)
    pixels = finished_pixels(frame, params, output)
    content = encoded(pixels, {}, output)
    back = imagecodecs.jpegxl_decode(content) if name == "jxl" else np.asarray(Image.open(io.BytesIO(content)))
    assert back.shape == pixels.shape and np.abs(back.astype(int) - pixels).mean() < 2


def test_jpeg_xl_is_lossless_at_100(frame):
    output = PictureOutput(format="jxl", quality=100)
    pixels = finished_pixels(frame, IspParams.default(1), output)
    assert np.array_equal(imagecodecs.jpegxl_decode(encoded(pixels, {}, output)), pixels)


@pytest.mark.parametrize(("subsampling", "factors"), [("444", 0x11), ("422", 0x21), ("420", 0x22)])
def test_the_subsampling_asked_for_is_in_the_jpegs_frame_header(frame, subsampling, factors):
    output = PictureOutput(subsampling=subsampling, long_edge=64)
    content = encoded(finished_pixels(frame, IspParams.default(1), output), {}, output)
    header = content[content.index(b"\xff\xc0") + 4 :]
    assert [header[7 + 3 * component] for component in range(3)] == [factors, 0x11, 0x11]


@pytest.mark.parametrize(
    "options", [{"long_edge": 64}, {"short_edge": 48}, {"megapixels": 0.003072}, {"long_edge": 999}]
)
def test_the_file_has_the_size_asked_for_and_never_more(frame, options):
    size = frame.samples.shape if options.get("long_edge") == 999 else (48, 64)
    assert finished_pixels(frame, IspParams.default(1), PictureOutput(**options)).shape == (*size, 3)


@pytest.mark.slow
@pytest.mark.parametrize("format", ["jpg", "tif"])
def test_date_lens_and_place_of_a_dng_survive_the_command(succeed, frame, tmp_path, format):
    raw = tmp_path / "in" / "shot.dng"
    write_frame(raw, frame)
    raw.write_bytes(tiff_bytes.with_capture(raw.read_bytes()))
    options = ("--no-sheet", "--format", format, "--space", "display-p3", "--long-edge", "100")
    succeed("render", raw.parent, "--out", tmp_path / "out", *options)
    with (tmp_path / "out" / f"shot.{format}").open("rb") as file:
        found = exifread.process_file(file, details=False)
    assert str(found["EXIF DateTimeOriginal"]) == READ["DateTimeOriginal"]
    assert str(found["EXIF LensModel"]) == READ["LensModel"]
    assert [float(part) for part in found["GPS GPSLatitude"].values] == [53, 32, 45.678]
    assert found["EXIF RecommendedExposureIndex"].values == [102400] and found["Image Orientation"].values == [1]


@pytest.mark.slow
def test_a_space_that_the_format_cannot_hold_is_refused_before_anything_is_read(attiqa, tmp_path):
    (tmp_path / "in").mkdir()
    code, _, err = attiqa("render", tmp_path / "in", "--out", tmp_path / "out", "--space", "rec2020-linear")
    assert code == 2 and "--space rec2020-linear: linear light falls apart in 8 bits" in err
