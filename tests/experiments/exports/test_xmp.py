from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attiqa_core.errors import InputError
from experiments.exports.sidecars import REPLACED, write_sidecars
from experiments.exports.xmp_fields import AMOUNTS, SLIDERS, crs_fields, recipe_of
from experiments.exports.xmp_packet import CRS, RDF, merged, read_crs
from isp_env.params import IspParams

DC = "http://purl.org/dc/elements/1.1/"
XMP = "http://ns.adobe.com/xap/1.0/"
OF_A_PHOTOGRAPHER = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0">
 <rdf:RDF xmlns:rdf="{RDF}">
  <rdf:Description rdf:about="" xmlns:xmp="{XMP}" xmlns:dc="{DC}" xmlns:crs="{CRS}" xmp:Rating="4" xmp:Label="Red"
    crs:Exposure2012="-1.00" crs:Dehaze="+10" crs:Temperature="3000">
   <dc:subject><rdf:Bag><rdf:li>lake</rdf:li><rdf:li>d\u00e4mmerung</rdf:li></rdf:Bag></dc:subject>
   <crs:ToneCurvePV2012><rdf:Seq><rdf:li>0, 9</rdf:li><rdf:li>255, 255</rdf:li></rdf:Seq></crs:ToneCurvePV2012>
   <crs:Shadows2012>+7</crs:Shadows2012>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
EVERYTHING = {
    "exposure_ev": 0.5, "temperature_mired": 20.0, "tint_duv": 0.004, "contrast": 0.3, "highlights_ev": -0.75, "shadows_ev": 1.0,
    "whites_ev": 0.9, "blacks": -0.015, "saturation": -0.2, "vibrance": 0.4, "clarity": 0.6, "sharpen": 0.5,
    "sharpen_radius_px": 1.2, "denoise_luma": 0.3, "denoise_chroma": -0.4, "defringe": 0.5,
}  # fmt: skip


def fields_of(frame, **recipe):
    return crs_fields(frame, IspParams.from_dict(recipe))


def test_the_camera_default_is_neutral_in_every_field(frame):
    fields, notes = fields_of(frame)
    assert {fields[each.field] for each in SLIDERS} == {"0"} and fields["Exposure2012"] == "+0.00"
    assert fields["WhiteBalance"] == "As Shot" and "Temperature" not in fields
    assert [fields[each.field] for each in AMOUNTS] == [f"{each.default}" for each in AMOUNTS]
    assert fields["ToneCurveName2012"] == "Linear" and "ToneCurvePV2012" not in fields
    assert (notes.left_out, notes.limited) == ([], [])


def test_names_and_values_are_those_of_process_2012(frame):
    fields, _ = fields_of(frame, **EVERYTHING)
    expected = {"Exposure2012": "+0.50", "Contrast2012": "+50", "Highlights2012": "-50", "Shadows2012": "+50"}
    expected |= {"Whites2012": "+50", "Blacks2012": "-50", "Clarity2012": "+40", "Saturation": "-20", "Vibrance": "+40"}
    expected |= {"Sharpness": "95", "SharpenRadius": "+1.2", "LuminanceSmoothing": "30", "ColorNoiseReduction": "15"}
    expected |= {"DefringePurpleAmount": "10", "ProcessVersion": "11.0", "WhiteBalance": "Custom"}
    assert {name: fields[name] for name in expected} == expected


def test_what_is_one_to_one_comes_back_within_rounding(frame):
    fields, _ = fields_of(frame, **EVERYTHING)
    back = recipe_of(fields, frame)
    half = {each.parameter: each.unit / 200 for each in SLIDERS} | {
        each.parameter: 1 / each.largest for each in AMOUNTS
    }
    half |= {"denoise_chroma": 0.02, "exposure_ev": 0.005, "temperature_mired": 0.03, "tint_duv": 0.5 / 3000}
    half |= {"sharpen_radius_px": 0.05, "defringe": 0.025}
    for name, value in EVERYTHING.items():
        assert back[name] == pytest.approx(value, abs=1.01 * half[name]), name


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.sampled_from([(each.parameter, each.field) for each in SLIDERS]), st.floats(-1, 1), st.floats(-1, 1))
def test_every_slider_rises_with_its_parameter_and_stays_in_its_range(frame, pair, one, other):
    parameter, field = pair
    unit = next(each.unit for each in SLIDERS if each.parameter == parameter)
    low, high = sorted((one, other))
    values = [int(fields_of(frame, **{parameter: each * unit})[0][field]) for each in (low, high)]
    assert -100 <= values[0] <= values[1] <= 100


def test_what_a_field_does_not_take_is_limited_and_said(frame):
    fields, notes = fields_of(frame, saturation=1.5, contrast=-1.0, exposure_ev=4.0)
    assert (fields["Saturation"], fields["Contrast2012"], fields["Exposure2012"]) == ("+100", "-100", "+4.00")
    assert notes.limited == ["Contrast2012: -166.7 limited to -100", "Saturation: 150 limited to 100"]


def test_what_no_field_carries_is_named(frame):
    _, notes = fields_of(frame, hue_deg=5.0, lateral_ca_red=0.001, e8_green=0.1, e8_gamma=1.2)
    assert notes.left_out == ["hue_deg", "lateral_ca_red", "e8_green"]


def test_knots_of_lightness_are_a_rising_tone_curve_from_black_to_white(frame):
    fields, _ = fields_of(frame, curve_2=0.8, curve_6=-0.5)
    points = [tuple(map(int, each.split(", "))) for each in fields["ToneCurvePV2012"]]
    assert (points[0], points[-1]) == ((0, 0), (255, 255)) and points == sorted(points)
    assert [value for _, value in points] == sorted(value for _, value in points)
    assert max(value - place for place, value in points) > 5


def test_a_sidecar_that_is_there_keeps_ratings_keywords_and_fields_that_are_not_ours(frame):
    fields, _ = fields_of(frame, exposure_ev=0.25, shadows_ev=0.2)
    text = merged(OF_A_PHOTOGRAPHER.encode(), fields, {"leftOut": "nothing"}, REPLACED, "a.xmp")
    root = ElementTree.fromstring(text.encode())
    description = root.find(f".//{{{RDF}}}Description")
    assert description is not None and description.get(f"{{{XMP}}}Rating") == "4"
    assert [each.text for each in root.findall(f".//{{{DC}}}subject//{{{RDF}}}li")] == ["lake", "dämmerung"]
    crs = read_crs(text.encode())
    assert (crs["Dehaze"], crs["Exposure2012"], crs["Shadows2012"]) == ("+10", "+0.25", "+10")
    assert "Temperature" not in crs and "ToneCurvePV2012" not in crs  # of the settings that the recipe replaces
    assert "xmlns:dc" in text and "ns0" not in text


def test_merging_twice_is_merging_once(frame):
    fields, _ = fields_of(frame, **EVERYTHING, curve_3=0.5)
    once = merged(OF_A_PHOTOGRAPHER.encode(), fields, {"leftOut": "nothing"}, REPLACED, "a.xmp")
    assert merged(once.encode(), fields, {"leftOut": "nothing"}, REPLACED, "a.xmp") == once
    assert once.count("<crs:ToneCurvePV2012>") == 1 and once.count("Shadows2012") == 1


@pytest.mark.parametrize("content", [b"", b"no xml", b"<a/>", b"\xff\xfe\x00", OF_A_PHOTOGRAPHER[:400].encode()])
def test_what_is_no_sidecar_is_refused_by_name_and_left_alone(frame, tmp_path, content):
    (tmp_path / "waves.xmp").write_bytes(content)
    with pytest.raises(InputError, match=r"waves\.xmp"):
        write_sidecars(tmp_path / "waves.jpg", frame, IspParams.default(1), ("xmp",))
    assert (tmp_path / "waves.xmp").read_bytes() == content


@pytest.mark.slow
def test_the_residual_is_rounding_where_all_is_carried_and_more_where_not(frame, tmp_path):
    near = write_sidecars(tmp_path / "near.jpg", frame, IspParams.from_dict(EVERYTHING), ("xmp",))["xmp"]["residual"]
    far = write_sidecars(tmp_path / "far.jpg", frame, IspParams.from_dict({"hue_deg": 30.0}), ("xmp",))["xmp"][
        "residual"
    ]
    assert near["mean_delta_e_2000"] < 0.5 < 3 < far["mean_delta_e_2000"]
    assert "Lightroom were not run" in (tmp_path / "far.xmp").read_text() and "not run" in far["method"]
