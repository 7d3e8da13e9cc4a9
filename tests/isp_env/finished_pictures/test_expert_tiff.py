"""Experts' TIFFs: what is read, by which colour, and what is refused by name."""

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch

from attiqa_core.errors import InputError
from attiqa_core.photos.upright import TURNS, upright
from attiqa_core.srgb import linear_from_srgb
from isp_env.finished_pictures.expert_tiff import linear_srgb_profile, open_expert, prophoto_profile, read_expert

colour = pytest.importorskip("colour")
HALF_A_STEP = 0.5 / 255
ROMM_TOE = np.round(np.where((x := np.arange(4096) / 4095) < 16 / 512, x / 16, x**1.8) * 65535)  # ISO 22028-2, 5.2


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 65536, (24, 36, 3)).astype(np.uint16)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a0001-x.tif"


def written(path, samples, **how):
    tifffile.imwrite(path, samples, **{"photometric": "rgb", "iccprofile": prophoto_profile(), "metadata": None, **how})
    return path


def to_srgb(linear_romm: np.ndarray) -> np.ndarray:
    """colour-science's linear sRGB of linear ROMM RGB."""
    return np.asarray(colour.RGB_to_RGB(linear_romm, "ROMM RGB", "sRGB", chromatic_adaptation_transform="Bradford"))


def test_prophoto_is_linear_srgb_as_colour_science_has_it_in_gamut_and_out(path, samples):
    linear = open_expert(written(path, samples)).linear()[0].permute(1, 2, 0).numpy()
    assert np.abs(linear - to_srgb((samples / 65535) ** 1.8)).max() < 1e-3
    assert linear.min() < -0.5 and linear.max() > 1.5, "Little CMS clipped what sRGB cannot hold"


def test_a_grey_ramp_in_romm_with_its_toe_is_within_half_an_8_bit_step_of_colour_science(path):
    ramp = np.repeat(np.arange(0, 65536, 257, np.uint16)[None, :, None], 3, 2)
    primaries = [0.7347, 0.2653, 1, 0.1596, 0.8404, 1, 0.0366, 0.0001, 1]
    white, curve = [0.3457, 0.3585, 1], (ROMM_TOE / 65535).astype(np.float32)
    profile = imagecodecs.cms_profile("rgb", whitepoint=white, primaries=primaries, transferfunction=curve)
    made = read_expert(written(path, ramp, iccprofile=profile))[0].permute(1, 2, 0).numpy()
    romm = colour.RGB_COLOURSPACES["ROMM RGB"]
    expected = colour.RGB_COLOURSPACES["sRGB"].cctf_encoding(np.clip(to_srgb(romm.cctf_decoding(ramp / 65535.0)), 0, 1))
    assert np.abs(made - expected).max() < HALF_A_STEP


def test_sixteen_bits_are_not_read_as_eight(path):
    ramp = np.repeat(np.arange(30000, 30256, dtype=np.uint16)[None, :, None], 3, 2)
    made = read_expert(written(path, ramp))
    assert (made[0, 0, 0].diff() > 0).all()


@pytest.mark.parametrize(
    "how",
    [{"compression": "lzw", "predictor": True}, {"compression": "zlib"}, {"byteorder": ">"}, {"tile": (16, 16)},
     {"bigtiff": True}, {"rowsperstrip": 7}],
    ids=lambda how: "-".join(how),
)  # fmt: skip
def test_however_the_samples_are_stored_they_are_read_as_they_are(path, samples, how):
    assert (open_expert(written(path, samples, **how)).samples == samples).all()


def test_planes_apart_and_plain_alpha_are_read_as_they_are(path, samples):
    planes = np.ascontiguousarray(samples.transpose(2, 0, 1))
    assert (open_expert(written(path, planes, planarconfig="separate")).samples == samples).all()
    alpha = np.concatenate([samples, samples[..., :1]], 2)
    assert (open_expert(written(path, alpha, extrasamples=["unassalpha"])).samples == samples).all()


@pytest.mark.parametrize("orientation", TURNS)
def test_every_orientation_comes_out_upright(path, orientation):
    picture = np.zeros((4, 6, 3), np.uint16)
    picture[0, 0], picture[0, -1] = 65535, 30000
    stored = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)  # a turn to the left is undone by one to the right
    tags = [(274, "H", 1, orientation, True)]
    turned = np.ascontiguousarray(upright(picture, stored))
    assert (open_expert(written(path, turned, extratags=tags)).samples == picture).all()


def test_eight_bits_in_adobe_rgb_are_converted_by_their_own_profile(path, samples):
    small = (samples // 257).astype(np.uint8)
    made = open_expert(written(path, small, iccprofile=imagecodecs.cms_profile("adobergb"))).linear()
    linear = (small / 255.0) ** (563 / 256)
    expected = colour.RGB_to_RGB(linear, "Adobe RGB (1998)", "sRGB", chromatic_adaptation_transform=None)
    assert np.abs(made[0].permute(1, 2, 0).numpy() - expected).max() < 2e-3


def test_srgb_in_is_srgb_out(path, samples):
    made = read_expert(written(path, samples, iccprofile=imagecodecs.cms_profile("srgb")))
    assert (made[0].permute(1, 2, 0).double() - torch.from_numpy(samples / 65535)).abs().max() < HALF_A_STEP / 10


def test_the_share_beyond_srgb_is_told_and_the_rest_is_the_linear_picture(path):
    samples = np.full((2, 4, 3), 32768, np.uint16)
    samples[0, 0] = 0, 65535, 0  # ProPhoto's green is no colour that can be
    expert = open_expert(written(path, samples))
    display, beyond = expert.display()
    assert beyond == 1 / 8 and display.min() >= 0 and display.max() <= 1
    assert (linear_from_srgb(display) - expert.linear())[0, :, 1].abs().max() < 1e-5


def refused(path) -> str:
    with pytest.raises(InputError, match=str(path)) as error:
        open_expert(path).linear()
    return str(error.value)


def test_no_profile_is_refused_unless_prophoto_is_assumed(path, samples):
    written(path, samples, iccprofile=None)
    assert "--assume prophoto" in refused(path)
    assert (read_expert(path, "prophoto") == read_expert(written(path, samples))).all()


@pytest.mark.parametrize(
    ("change", "how", "said"),
    [
        (lambda x: x[..., 0], {"photometric": "minisblack"}, "MINISBLACK of 1 channels, not RGB"),
        (lambda x: x[..., [0, 1, 2, 0]], {"photometric": "separated"}, "SEPARATED of 4 channels"),
        (lambda x: (x / 65535).astype(np.float32), {}, "float32 samples"),
        (lambda x: x[..., [0, 1, 2, 0]], {"extrasamples": ["assocalpha"]}, "multiplied by its alpha"),
        (lambda x: x, {"iccprofile": imagecodecs.cms_profile("gray", gamma=2.2)}, "of GRAY, not of RGB"),
        (lambda x: x, {"iccprofile": b"no profile"}, "profile is damaged"),
        (lambda x: x, {"iccprofile": linear_srgb_profile()[:128] + b"\xff" * 400}, "profile cannot be used"),
    ],
    ids=["grey", "cmyk", "floats", "premultiplied", "grey profile", "short profile", "broken profile"],
)  # fmt: skip
def test_what_is_no_experts_picture_is_refused_by_name(path, samples, change, how, said):
    assert said in refused(written(path, np.ascontiguousarray(change(samples)), **how))


def test_a_preview_before_the_picture_is_passed_over(path, samples):
    with tifffile.TiffWriter(path) as file:
        for pixels, kind in ((samples[::4, ::4], 1), (samples, 0)):
            file.write(pixels, photometric="rgb", subfiletype=kind, iccprofile=prophoto_profile(), metadata=None)
    assert (open_expert(path).samples == samples).all()


@pytest.mark.parametrize("how", [{}, {"compression": "zlib", "rowsperstrip": 4}], ids=["plain", "zip"])
@pytest.mark.parametrize("kept", [3, 100, 3000])
def test_a_file_that_was_cut_off_is_refused_and_not_filled_with_black(path, samples, kept, how):
    content = written(path, samples, **how).read_bytes()
    path.write_bytes(content[:kept])
    assert "cut off" in refused(path) or "is no TIFF" in refused(path)


def test_a_file_with_a_part_that_was_never_written_is_refused_and_not_filled_with_black(path, samples):
    with tifffile.TiffFile(written(path, samples, rowsperstrip=8), mode="r+") as file:
        counts = file.pages.first.tags["StripByteCounts"]
        counts.overwrite((counts.value[0], 0, counts.value[2]))
    assert "parts of its picture are empty" in refused(path)


def test_what_is_not_there_or_no_tiff_says_so(tmp_path):
    assert "no such file" in refused(tmp_path / "gone.tif")
    (tmp_path / "a.tif").write_bytes(b"\x89PNG....")
    assert "is no TIFF" in refused(tmp_path / "a.tif")


def test_a_chain_of_pages_is_not_followed_for_ever(path):
    tags, step = 1, 18
    chain = b"II*\0" + (8).to_bytes(4, "little")
    for number in range(5000):
        entry = (254).to_bytes(2, "little") + b"\4\0\1\0\0\0\1\0\0\0"
        chain += tags.to_bytes(2, "little") + entry + (8 + step * (number + 1)).to_bytes(4, "little")
    path.write_bytes(chain)
    with pytest.MonkeyPatch.context() as patch:
        seen = []
        known = tifffile.tifffile.TiffPages.__iter__
        patch.setattr(
            tifffile.tifffile.TiffPages, "__iter__", lambda pages: (seen.append(page) or page for page in known(pages))
        )
        assert "claims 0x0" in refused(path)
    assert 0 < len(seen) <= 1001
