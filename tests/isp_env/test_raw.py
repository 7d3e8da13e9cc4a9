import numpy as np
import pytest
import rawpy
import tifffile
import torch
from PIL import Image

from attiqa_core.errors import InputError
from isp_env.frames.batch import FrameBatch
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS, GOPRO_CALIBRATION
from isp_env.raw_io.dng import write_dng
from isp_env.raw_io.find import find_raws
from isp_env.sensor.cfa import CFA_PATTERNS, cfa_sites
from isp_env.sensor.noise import estimate_noise

BLACKS, WHITES = (60.0, 64.0, 66.0, 70.0), (1000.0, 1010.0, 1020.0, 1023.0)


def headerless(cfa="RGGB", shape=(24, 32), **options) -> RawFrame:
    samples = np.random.default_rng(1).integers(64, 1023, shape).astype(np.uint16)
    levels = {"black_level_dn": BLACKS, "white_level_dn": WHITES}
    return RawFrame.from_mosaic(samples, cfa, **{**levels, **options})


def flat(cfa, rgb=(0.2, 0.5, 0.3), shape=(16, 24)) -> RawFrame:
    """A mosaic of one camera colour, levels different for each CFA colour."""
    samples = np.empty(shape, np.uint16)
    for (row, column), colour in cfa_sites(cfa).items():
        value = rgb[(0, 1, 1, 2)[colour]]
        samples[row::2, column::2] = round(1000 * (colour + 1) + value * 10000)
    blacks = (1000.0, 2000.0, 3000.0, 4000.0)
    whites = (11000.0, 12000.0, 13000.0, 14000.0)
    return RawFrame.from_mosaic(samples, cfa, black_level_dn=blacks, white_level_dn=whites)


def dng(path, **options):
    samples = np.random.default_rng(2).integers(500, 16000, (64, 96)).astype(np.uint16)
    arguments = {"black_level_dn": (0.0,) * 4, "white_level_dn": 16383, **options}
    write_dng(path, samples, "RGGB", calibration=GOPRO_CALIBRATION, as_shot_neutral=(0.5, 1.0, 0.6), **arguments)
    return path


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
def test_levels_are_applied_per_cfa_colour(cfa):
    cells = flat(cfa).proxy(8).samples
    assert np.allclose(cells, (0.2, 0.5, 0.3), atol=1e-4)


def test_samples_beyond_the_levels_are_kept():
    frame = RawFrame.from_mosaic(
        np.array([[0, 1100], [500, 64]], np.uint16), "RGGB", black_level_dn=64.0, white_level_dn=1000.0
    )
    assert frame.normalised().min() < 0 and frame.normalised().max() > 1


def test_stack_gives_tensors_of_one_batch():
    batch = FrameBatch.stack([headerless(cfa) for cfa in CFA_PATTERNS])
    assert len(batch) == 4 and batch.samples.shape == (4, 1, 24, 32)
    assert batch.samples.dtype == torch.float32
    assert batch.cfa_index.tolist() == [0, 1, 2, 3]
    taken = batch.take(torch.tensor([2, 0]))
    assert taken.cfa_index.tolist() == [2, 0] and len(taken.colour) == 2
    assert torch.equal(taken.samples[1], batch.samples[0])


def test_linear_rgb_stacks_channels_first():
    frame = headerless().proxy(8)
    batch = FrameBatch.stack([frame, frame])
    assert batch.samples.shape == (2, 3, 8, 11) and batch.cfa_index.tolist() == [-1, -1]
    assert np.array_equal(batch.samples[0].permute(1, 2, 0).numpy(), frame.samples)


def test_frames_of_other_sizes_do_not_stack():
    with pytest.raises(InputError, match="cannot be batched"):
        FrameBatch.stack([headerless(), headerless(shape=(24, 34))])


def test_proxy_has_the_short_edge_and_its_scale():
    frame = headerless(shape=(48, 64))
    for edge in (8, 24, 40):
        proxy = frame.proxy(edge)
        assert proxy.samples.shape == (edge, round(edge * 4 / 3), 3)
        assert proxy.scale == pytest.approx(edge / 48)
        assert proxy.cfa is None and not proxy.is_mosaic
    assert headerless(shape=(48, 64)).proxy(16, square=True).samples.shape == (16, 16, 3)


def test_proxy_of_a_proxy_is_resampled_only():
    small = headerless(shape=(64, 64)).proxy(32)
    assert small.proxy(32) is small
    assert small.proxy(16).scale == pytest.approx(0.25)


def test_area_averaging_keeps_the_mean_and_predicts_the_noise():
    rng = np.random.default_rng(0)
    for edge in (32, 40, 64):
        rgb = rng.normal(0.5, 0.01, (96, 128, 3)).astype(np.float32)
        frame = RawFrame.from_linear_rgb(rgb, wb_as_shot=(2.0, 1.0, 1.5), noise=(0.0, 1e-4))
        proxy = frame.proxy(edge)
        assert proxy.samples.mean() == pytest.approx(0.5, abs=1e-3)
        assert proxy.samples.var() == pytest.approx(proxy.noise[1], rel=0.15)


def test_noise_estimate_grows_with_iso_and_says_so():
    (low_shot, low_read), source = estimate_noise(100, [4000])
    (high_shot, high_read), _ = estimate_noise(3200, [4000])
    assert high_shot == pytest.approx(32 * low_shot) and high_read > 32 * low_read
    assert "ISO 100" in source and "assumed" in headerless().metadata["noise_source"]


def test_dng_without_noise_profile_says_that_its_noise_is_estimated(tmp_path):
    assert "estimated from ISO 800" in RawFrame.load(dng(tmp_path / "a.dng", iso=800)).metadata["noise_source"]


@pytest.mark.parametrize(
    "options,message",
    [
        ({"cfa": "RGBG"}, "not one of RGGB"),
        ({"black_level_dn": 1023.0}, "not below white"),
        ({"wb_as_shot": (0.0, 1.0, 1.0)}, "not three positive"),
        ({"shape": (0, 8)}, "give unsigned"),
    ],
)
def test_bad_headerless_input_is_named(options, message):
    with pytest.raises(InputError, match=message):
        headerless(**options)


def test_nan_linear_rgb_is_refused():
    with pytest.raises(InputError, match="NaN"):
        RawFrame.from_linear_rgb(np.full((4, 4, 3), np.nan), wb_as_shot=(1.0, 1.0, 1.0), name="x")


def bad_files(folder):
    whole = dng(folder / "whole.dng").read_bytes()
    Image.new("RGB", (64, 48)).save(folder / "photo.jpg")
    contents = {
        "half.dng": (whole[: len(whole) // 2], "truncated"),
        "most.dng": (whole[: len(whole) * 95 // 100], "truncated"),
        "head.dng": (whole[:300], "again|raw"),
        "photo.dng": ((folder / "photo.jpg").read_bytes(), "JPEG picture"),
        "text.nef": (b"hello " * 100, "not a raw file"),
        "empty.cr2": (b"", "empty"),
    }
    for name, (content, message) in contents.items():
        (folder / name).write_bytes(content)
        yield folder / name, message
    yield dng(folder / "levels.dng", black_level_dn=(20000.0,) * 4), "BlackLevel 20000 is not below WhiteLevel 16383"
    yield folder / "missing.dng", "no such file"
    yield folder, "is a folder"


def test_bad_files_are_named_in_one_sentence(tmp_path):
    for path, message in bad_files(tmp_path):
        with pytest.raises(InputError, match=message) as caught:
            RawFrame.load(path)
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_linear_dng_goes_through_libraw_to_linear_rgb(tmp_path):
    """A demosaiced (LinearRaw) DNG of one colour keeps that colour, upright, black at 0 and white at 1."""
    path = tmp_path / "linear.dng"
    samples = np.broadcast_to(np.array([4000, 9000, 6000], np.uint16), (32, 48, 3))
    matrix = [part for value in GOPRO_CALIBRATION.xyz_to_camera[1].ravel() for part in (round(value * 1e4), 10000)]
    tags = [
        (50706, 1, 4, bytes([1, 4, 0, 0]), True),
        (50708, 2, 0, "Linear One", True),
        (274, 3, 1, [6], True),
        (50717, 4, 3, [16383] * 3, True),
        (50721, 10, 9, matrix, True),
        (50728, 5, 3, [1, 2, 1, 1, 3, 5], True),
        (50778, 3, 1, [21], True),
    ]
    tifffile.imwrite(path, samples, photometric=34892, planarconfig=1, metadata=None, extratags=tags)
    frame = RawFrame.load(path)
    assert frame.cfa is None and frame.samples.shape == (48, 32, 3)
    assert np.allclose(frame.samples, np.array([4000, 9000, 6000]) / 16383, atol=1e-3)
    assert np.allclose(frame.wb_as_shot, (2.0, 1.0, 5 / 3), rtol=1e-6)


def test_find_raws_takes_files_and_folders(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("b.dng", "deep/a.NEF", "c.jpg", ".hidden.dng"):
        (tmp_path / name).write_bytes(b"x")
    assert find_raws([tmp_path]) == [tmp_path / "b.dng", tmp_path / "deep" / "a.NEF"]
    assert find_raws([tmp_path / "c.jpg", tmp_path / "b.dng", tmp_path / "b.dng"]) == [
        tmp_path / "b.dng",
        tmp_path / "c.jpg",
    ]


def test_find_raws_names_what_is_not_there(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        find_raws([tmp_path / "none"])
    with pytest.raises(InputError, match="no raw files found"):
        find_raws([tmp_path])


def test_camera_noise_is_of_the_cameras_scale():
    assert CAMERAS["gopro-hero6"].noise(100)[0] > CAMERAS["sony-a7m3"].noise(100)[0]


@pytest.mark.slow
def test_real_dngs_load_as_libraw_sees_them(shared_data):
    paths = find_raws([shared_data / "raw" / "gopro", shared_data / "raw" / "gopro_whole"])
    assert len(paths) == 25
    for path in paths[::6]:
        frame = RawFrame.load(path)
        with rawpy.imread(str(path)) as raw:
            assert np.array_equal(frame.samples, raw.raw_image_visible)
            assert np.allclose(frame.wb_as_shot, raw.camera_whitebalance[:3], rtol=1e-5)
        assert frame.cfa == "RGGB" and frame.metadata["noise_source"] == "DNG NoiseProfile"


def test_a_real_raw_without_a_header_is_refused_though_libraw_guesses_it_by_size(shared_data):
    (path,) = find_raws([shared_data / "raw" / "not_bayer"])
    with pytest.raises(InputError, match="begins as no raw file does"):
        RawFrame.load(path)


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
def test_real_headerless_phases_show_the_same_scene(shared_data, cfa):
    """The four files are one scene shifted by a pixel: their proxies agree."""
    folder = shared_data / "raw" / "nikon_headerless"

    def proxy(pattern):
        samples = np.fromfile(folder / f"DSC_1339_768x512_{pattern.lower()}.raw", "<u2").reshape(512, 768)
        return RawFrame.from_mosaic(samples, pattern, black_level_dn=600, white_level_dn=16383).proxy(64).samples

    assert np.abs(proxy(cfa) - proxy("RGGB")).mean() < 0.004
