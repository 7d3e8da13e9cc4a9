import dataclasses

import numpy as np
import pytest
import torch

from attiqa_core.errors import InputError
from isp_env.frames.batch import FrameBatch
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame
from isp_env.raw_io.camera_colour import OWN
from isp_env.raw_io.cameras import GOPRO_CALIBRATION
from isp_env.raw_io.dng import write_dng
from isp_env.raw_io.find import find_raws
from isp_env.raw_io.own_sensor.description import Layout, SensorDescription
from isp_env.sensor.cfa import CFA_PATTERNS, cfa_sites

BLACK, WHITE, GAINS = (100.0, 200.0, 300.0, 400.0), 4095.0, (2.0, 1.0, 1.5)


def grey_mosaic(cfa, light, shape=(64, 96)):
    """Samples of a grey card: of each colour the light divided by its gain, between its own black and white."""
    samples = np.empty(shape)
    light = np.broadcast_to(light, shape)
    for (row, column), colour in cfa_sites(cfa).items():
        value = light[row::2, column::2] / GAINS[(0, 1, 1, 2)[colour]]
        samples[row::2, column::2] = BLACK[colour] + value * (WHITE - BLACK[colour])
    return np.rint(samples).astype(np.uint16)


def described(folder, name="sensor.toml", cfa="RGGB", further=""):
    (folder / name).write_text(
        f'[raw]\nwidth = 96\nheight = 64\ncfa = "{cfa}"\n[levels]\nblack_dn = {list(BLACK)}\nwhite_dn = {WHITE}\n'
        f"[white_balance]\ngains = {list(GAINS)}\n{further}"
    )


def linear(frame):
    return frame.proxy(32).samples * np.array(frame.wb_as_shot)


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
def test_a_grey_card_without_a_header_comes_out_grey(tmp_path, cfa):
    grey_mosaic(cfa, 0.3).tofile(tmp_path / "card.raw")
    described(tmp_path, cfa=cfa)
    frame = RawFrame.load(tmp_path / "card.raw")
    assert (frame.cfa, frame.black_level_dn, frame.white_level_dn) == (cfa, BLACK, (WHITE,) * 4)
    assert np.allclose(linear(frame), 0.3, atol=1 / 3695)
    assert frame.metadata["wb_source"] == OWN


@pytest.mark.parametrize("orientation,cfa", [(6, "GRBG"), (8, "GBRG"), (3, "BGGR")])
def test_a_headerless_raw_is_turned_upright(tmp_path, orientation, cfa):
    light = np.where(np.arange(96) < 48, 0.1, 0.3)[None]
    grey_mosaic("RGGB", light).tofile(tmp_path / "card.raw")
    described(tmp_path)
    own = SensorDescription(layout=Layout(96, 64, "RGGB", orientation=orientation))
    frame = RawFrame.load(tmp_path / "card.raw", own)
    assert frame.cfa == cfa and frame.samples.shape == ((64, 96) if orientation == 3 else (96, 64))
    bright = {6: np.s_[60:], 8: np.s_[:36], 3: np.s_[:, :36]}[orientation]
    site = {colour: site for site, colour in cfa_sites(cfa).items()}[0]
    red = frame.samples[site[0] :: 2, site[1] :: 2]
    part = tuple(slice(each.start and each.start // 2, each.stop and each.stop // 2) for each in np.atleast_1d(bright))
    assert red[part].min() > 600


def test_the_raws_own_file_comes_before_the_folders_and_what_is_given_before_both(tmp_path):
    grey_mosaic("RGGB", 0.3).tofile(tmp_path / "card.raw")
    described(tmp_path, further='[capture]\nmodel = "of the folder"\niso = 200')
    (tmp_path / "card.sensor.toml").write_text('[capture]\nmodel = "of the raw"\n')
    frame = RawFrame.load(tmp_path / "card.raw")
    assert (frame.metadata["model"], frame.metadata["iso"]) == ("of the raw", 200)
    assert RawFrame.load(tmp_path / "card.raw", SensorDescription(model="given")).metadata["model"] == "given"


def test_a_ccm_maps_white_balanced_camera_rgb_to_linear_srgb(tmp_path):
    """A card of camera colour (0.2, 0.3, 0.1) after white balance: ccm times that, by the matrix alone."""
    ccm = np.array([[1.6, -0.4, -0.2], [-0.3, 1.5, -0.2], [0.0, -0.5, 1.5]])
    samples = np.empty((64, 96), np.uint16)
    for (row, column), colour in cfa_sites("RGGB").items():
        place = (0, 1, 1, 2)[colour]
        value = (0.2, 0.3, 0.1)[place] / GAINS[place]
        samples[row::2, column::2] = round(BLACK[colour] + value * (WHITE - BLACK[colour]))
    samples.tofile(tmp_path / "card.raw")
    described(tmp_path, further=f"[calibration]\nccm = {ccm.ravel().tolist()}")
    frame = dataclasses.replace(RawFrame.load(tmp_path / "card.raw"), baseline_exposure_ev=0.0)
    with torch.no_grad():
        rendered = render(FrameBatch.stack([frame.proxy(32)]), IspParams.default(1), look="linear")[0, :, 16, 16]
    expected = ccm @ (0.2, 0.3, 0.1)
    display = np.where(expected <= 0.0031308, 12.92 * expected, 1.055 * np.maximum(expected, 0) ** (1 / 2.4) - 0.055)
    assert np.allclose(rendered, display, atol=2e-3)


def test_a_black_frame_takes_a_pattern_out_of_the_dark(tmp_path):
    pattern = np.random.default_rng(3).integers(90, 130, (64, 96)).astype(np.uint16)
    (pattern + 500).tofile(tmp_path / "card.raw")
    np.save(tmp_path / "dark.npy", pattern)
    (tmp_path / "sensor.toml").write_text(
        '[raw]\nwidth = 96\nheight = 64\ncfa = "RGGB"\n[levels]\nwhite_dn = 4095\nblack_frame = "dark.npy"\n'
    )
    frame = RawFrame.load(tmp_path / "card.raw")
    assert frame.samples.min() == frame.samples.max()
    assert frame.samples[0, 0] - frame.black_level_dn[0] == 500


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_flat_field_makes_a_card_under_the_same_lens_flat(tmp_path, orientation):
    shape = (192, 288)
    down, across = np.mgrid[: shape[0], : shape[1]] / np.array(shape)[:, None, None] - 0.5
    fall = 1 - 0.8 * (down**2 + across**2)
    grey_mosaic("RGGB", 0.3 * fall, shape).tofile(tmp_path / "card.raw")
    grey_mosaic("RGGB", 0.9 * fall, shape).tofile(tmp_path / "flat.raw")
    described(tmp_path, further='[shading]\nflat_field = "flat.raw"')
    own = SensorDescription(layout=Layout(*reversed(shape), "RGGB", orientation=orientation))
    frame = dataclasses.replace(RawFrame.load(tmp_path / "card.raw", own), baseline_exposure_ev=0.0)
    with torch.no_grad():
        rendered = render(FrameBatch.stack([frame.proxy(32)]), IspParams.default(1), look="linear")[0]
    assert (
        rendered.max() - rendered.min() < 0.02
    )  # without it 0.15; cells of 16 samples, over which the fall is a parabola
    assert frame.metadata["corrections"]["applied"] == ["flat field"]


def test_a_sensor_without_colours_comes_out_neutral(tmp_path):
    np.tile(np.linspace(0, 1023, 96), (64, 1)).round().astype("<u2").tofile(tmp_path / "card.bin")
    (tmp_path / "card.sensor.toml").write_text(
        '[raw]\nwidth = 96\nheight = 64\ncfa = "mono"\n[levels]\nwhite_dn = 1023\n'
    )
    (path,) = find_raws([tmp_path])
    with torch.no_grad():
        rendered = render(FrameBatch.stack([RawFrame.load(path)]), IspParams.default(1), look="linear")[0]
    assert torch.allclose(rendered[0], rendered[1], atol=1e-3) and torch.allclose(rendered[1], rendered[2], atol=1e-3)


def test_the_size_that_the_layout_asks_for_is_named(tmp_path):
    grey_mosaic("RGGB", 0.3, (64, 94)).tofile(tmp_path / "card.raw")
    described(tmp_path)
    with pytest.raises(InputError, match=r"card\.raw: has 12032 bytes, but 96 x 64 uint16le .* are 12288"):
        RawFrame.load(tmp_path / "card.raw")


def test_a_photographers_own_matrix_and_levels_come_before_a_dngs(tmp_path):
    samples = grey_mosaic("RGGB", 0.3)
    arguments = {"black_level_dn": (0.0,) * 4, "white_level_dn": 16383, "as_shot_neutral": (0.5, 1.0, 0.6)}
    write_dng(tmp_path / "a.dng", samples, "RGGB", calibration=GOPRO_CALIBRATION, **arguments)
    (tmp_path / "sensor.toml").write_text(
        f"[levels]\nblack_dn = {list(BLACK)}\nwhite_dn = {WHITE}\n[noise]\nvariance = [1e-4, 1e-6]\n"
        "[calibration]\nxyz_to_camera = [0.8, -0.2, -0.1, -0.4, 1.2, 0.2, -0.1, 0.2, 0.6]\nilluminant_kelvin = 5000\n"
    )
    frame = RawFrame.load(tmp_path / "a.dng")
    assert (frame.black_level_dn, frame.white_level_dn[0], frame.noise) == (BLACK, WHITE, (1e-4, 1e-6))
    assert frame.calibration.illuminant_kelvin == (5000.0,) and frame.calibration.xyz_to_camera[0][1, 1] == 1.2
    assert frame.metadata["colour_source"] == frame.metadata["noise_source"] == OWN


@pytest.mark.parametrize(
    "text,sentence",
    [
        ("[raw]\nwidth = 96\nheight = 64\n", r"\[raw\] cfa: is missing"),
        ('[raw]\nwidth = 96\nheight = 64\ncfa = "RGBG"', "CFA 'RGBG' is not one of"),
        ('[raw]\nwidth = 96\nheight = 64\ncfa = "RGGB"\npacking = "zip"', "packing 'zip'"),
        ('[raw]\nwidth = "96"\nheight = 64\ncfa = "RGGB"', "'96' is not a whole number"),
        ('[raw]\nwidth = 96\nheight = 64\ncfa = "RGGB"\nrow_bytes = 100', "192 bytes at least"),
        ("[level]\nblack_dn = 1", r"level: is not one of the tables \[raw\]"),
        ("[levels]\nblack = 1", r"\[levels\] black: is not known"),
        ("[levels]\nblack_dn = [1, 2]", "has 2 numbers; give 1 or 4"),
        ("[white_balance]\ngains = [0, 1, 1]", "not three positive numbers"),
        ("[calibration]\nccm = [1, 0, 0, 1, 0, 0, 0, 0, 1]", "no sensible inverse"),
        ("[calibration]\nccm = [1, 0, 0, 0, 1, 0, 0, 1, -1]", "a row of it sums to"),
        ("[calibration]\nilluminant_kelvin = 5000", "xyz_to_camera: is missing"),
        ("[noise]\nvariance = [-1, 0]", "both in"),
        ('[shading]\nflat_field = "no.npy"', "no such file"),
        ("[levels]\nblack_dn = 9\nwhite_dn = 9", r"\[levels\]: black 9 is not below white 9"),
        ("[levels]\nwhite_dn = nan", "nan is not a number"),
        ("[raw", "cannot be read as TOML"),
    ],
)
def test_a_fault_of_a_sensor_file_is_one_sentence(tmp_path, text, sentence):
    (tmp_path / "card.raw").write_bytes(bytes(12288))
    (tmp_path / "sensor.toml").write_text(text)
    with pytest.raises(InputError, match=f"sensor.toml: .*{sentence}"):
        RawFrame.load(tmp_path / "card.raw")


@pytest.mark.slow
def test_real_headerless_phases_show_the_same_scene_by_their_sensor_files(shared_data, tmp_path):
    proxies = []  # of one scene shifted by a pixel
    for cfa in CFA_PATTERNS:
        content = (shared_data / "raw" / "nikon_headerless" / f"DSC_1339_768x512_{cfa.lower()}.raw").read_bytes()
        (tmp_path / f"{cfa}.raw").write_bytes(content)
        (tmp_path / f"{cfa}.sensor.toml").write_text(
            f'[raw]\nwidth = 768\nheight = 512\ncfa = "{cfa}"\n[levels]\nblack_dn = 600\nwhite_dn = 16383\n'
        )
        proxies.append(RawFrame.load(tmp_path / f"{cfa}.raw").proxy(64).samples)
    assert all(np.abs(each - proxies[0]).mean() < 0.004 for each in proxies)
