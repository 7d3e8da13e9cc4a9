"""The file of fits: what is written is read, and what cannot be true is refused by name."""

from dataclasses import replace

import pytest

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, write_json
from isp_env.fitting.files import FITS, Fit, Fits, read_fits, write_fits
from isp_env.parameters.profiles import CORE, PROFILES
from isp_env.parameters.table import CURVE_NAMES, KNOWN, NAMES

VALUES = {name: KNOWN[name].identity for name in NAMES}


def fit(name="a0001-x", **params):
    return Fit(f"{name}.dng", name, {**VALUES, **params}, 1.5, 32.0, f"{name}.tif", scene="s", figures={"default": {}})


def test_what_is_written_is_read(tmp_path):
    fits = Fits(CORE, (fit(exposure_ev=0.5), fit("a0002-y", saturation=-0.2)))
    write_fits(tmp_path / FITS, fits)
    assert read_fits(tmp_path) == read_fits(tmp_path / FITS) == fits


def test_the_profile_comes_back_with_its_columns(tmp_path):
    params = {**VALUES, **dict.fromkeys(CURVE_NAMES, 0.25)}
    write_fits(tmp_path / FITS, Fits(PROFILES["core+curve"], (replace(fit(), params=params),)))
    assert read_fits(tmp_path).profile == PROFILES["core+curve"]


def test_a_rounding_error_beyond_a_limit_is_put_back(tmp_path):
    low, high = KNOWN["exposure_ev"].limits
    write_fits(tmp_path / FITS, Fits(CORE, (fit(exposure_ev=high + 1e-7 * (high - low)),)))
    assert read_fits(tmp_path).items[0].params["exposure_ev"] == high


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "attiqa-fits/2"}, "this version reads"),
        ({"format": "recipe"}, "holds no fits"),
        ({"profile": {"name": "core"}}, "profile is damaged"),
        ({"items": []}, "holds no fitted raw"),
        ({"items": [3]}, "item 0 is no table"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path, change, said):
    write_fits(tmp_path / FITS, Fits(CORE, (fit(),)))
    content = read_json(tmp_path / FITS)
    write_json(tmp_path / FITS, {**content, **change})
    with pytest.raises(InputError, match=said):
        read_fits(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"params": {**VALUES, "exposure_ev": 9}}, "a0001-x: exposure_ev: 9 is outside"),
        ({"params": {**VALUES, "glow": 1}}, "glow: is not one of"),
        ({"params": {"exposure_ev": 0}}, "no value of temperature_mired"),
        ({"params": {**VALUES, "exposure_ev": "bright"}}, "'bright' is not a number"),
        ({"delta_e": None}, "None is not a number"),
        ({"psnr": True}, "True is not a number"),
        ({"name": ""}, "names are no texts"),
        ({"colour": 1}, "has not the fields"),
    ],
)
def test_an_item_that_cannot_be_is_refused_by_its_raws_name(tmp_path, change, said):
    write_fits(tmp_path / FITS, Fits(CORE, (fit(),)))
    content = read_json(tmp_path / FITS)
    content["items"][0].update(change)
    write_json(tmp_path / FITS, content)
    with pytest.raises(InputError, match=said):
        read_fits(tmp_path)


def test_a_raw_that_comes_twice_is_refused(tmp_path):
    write_fits(tmp_path / FITS, Fits(CORE, (fit(), fit("a0002-y"))))
    content = read_json(tmp_path / FITS)
    content["items"][1]["name"] = "a0001-x"
    write_json(tmp_path / FITS, content)
    with pytest.raises(InputError, match="comes twice"):
        read_fits(tmp_path)


@pytest.mark.parametrize("change", [{"delta_e": 10**400}, {"weight": -1.0}, {"figures": 5}])
def test_numbers_and_figures_that_cannot_be_are_refused(tmp_path, change):
    write_fits(tmp_path / FITS, Fits(CORE, (fit(),)))
    content = read_json(tmp_path / FITS)
    content["items"][0] |= change
    write_json(tmp_path / FITS, content)
    with pytest.raises(InputError, match=r"a0001-x|401 digits"):
        read_fits(tmp_path)
