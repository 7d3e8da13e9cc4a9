from isp_env.fivek.catalogue.collections import Collection
from isp_env.fivek.catalogue.csv_rows import columns, row
from isp_env.fivek.catalogue.develop import settings_of
from isp_env.fivek.catalogue.edits import Edit
from isp_env.fivek.catalogue.slider_table import BY_KEY
from isp_env.fivek.catalogue.translation import White, translate
from isp_env.parameters.table import KNOWN

EDIT = Edit(Collection(7, ("Experts", "C"), 1), 'a0003-é, "x"', 3, "Copy 2", True, "Nikon D70", 8, "")


def cells(settings, as_shot=None):
    known = settings_of(settings)
    translation = translate(known, as_shot) if as_shot else None
    return dict(zip(columns(as_shot is not None), row(EDIT, known, translation), strict=True))


def test_columns_are_the_same_whatever_was_edited_and_stand_once():
    assert len(set(columns(True))) == len(columns(True)) and columns(True)[: len(columns())] == columns()
    assert set(cells({})) == set(cells({"Exposure": 1, "Exposure2012": 2})) == set(columns())


def test_a_row_tells_photo_sliders_and_what_was_written_auto_or_unknown():
    found = cells(
        {"Exposure": 0.3, "Contrast": -999999, "Exposure2012": 1, "CustomTemperature": 5200, "WhiteBalance": "Custom"}
    )
    assert (found["number"], found["photo"], found["collection"], found["copy_name"]) == (
        "3",
        EDIT.name,
        "Experts/C",
        "Copy 2",
    )
    assert (found["camera"], found["orientation"], found["process"]) == ("Nikon D70", "8", "2003")
    assert (found["Exposure"], found["Contrast"], found["Brightness"], found["Tint"]) == ("0.3", "", "50", "")
    assert (found["auto"], found["written"], found["unknown"]) == (
        "Contrast",
        "CustomTemperature; Exposure; Contrast",
        "Exposure2012",
    )
    assert (found["temperature_k"], found["tint"], found["tone_curve"]) == ("5200", "", "0 0; 255 255")
    assert all(key in found for key in BY_KEY)


def test_an_as_shot_white_balance_has_no_kelvin_of_its_own():
    found = cells({"WhiteBalance": "As Shot", "Temperature": 4850})
    assert (found["temperature_k"], found["Temperature"]) == ("", "4850")


def test_our_parameters_come_last_with_what_they_do_not_carry():
    found = cells(
        {"WhiteBalance": "Custom", "Temperature": 5000, "Saturation": 10, "VignetteAmount": -5}, White(190.0, 0.0)
    )
    assert float(found["saturation"]) == 0.1 and float(found["temperature_mired"]) == -10 and found["defringe"] == ""
    assert found["left_out"] == "vignette" and found["limited"] == "" and found["hue_deg"] == ""
    assert all(name in found for name in KNOWN if name.startswith("denoise"))
