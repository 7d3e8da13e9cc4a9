import dataclasses

import pytest
from fixtures.black_boxes import BLOCKS, described

from attiqa_core.errors import InputError
from isp_env.black_box.description import BlackBox
from isp_env.parameters.profiles import Profile
from isp_env.params import IspParams

AMOUNT = "[parameters.amount]\nlow = 0\nhigh = 1\ndefault = 0.5\n"


def test_a_description_becomes_a_profile_whose_identity_are_the_defaults():
    profile = BlackBox.load(BLOCKS).profile
    assert profile.names == profile.columns == ("exposure_ev", "saturation", "look")
    assert IspParams.default(1, profile=profile).to_dicts() == [{"exposure_ev": 0, "saturation": 1, "look": 0}]
    assert IspParams.identity_action(profile).tolist() == [0, 0, -1]  # a choice at its first word lies at an end
    ends = [IspParams.from_action(IspParams.identity_action(profile)[None] * 0 + end, profile) for end in (-1.0, 1.0)]
    assert [each["saturation"].item() for each in ends] == pytest.approx([0.25, 4])  # in logarithms


def test_a_profile_of_another_program_comes_back_from_json_as_it_was():
    profile = BlackBox.load(BLOCKS).profile
    assert Profile.from_stored(dataclasses.asdict(profile)) == profile


def test_values_become_text_in_their_formats():
    texts = BlackBox.load(BLOCKS).texts({"exposure_ev": -0.12345, "look": 0.6})
    assert texts == {"exposure_ev": "-0.123", "saturation": "1.000", "look": "warm"}


def test_whole_numbers_hexadecimal_blobs_and_values_beyond_the_range(tmp_path):
    rows = AMOUNT.replace("0.5", "0") + "whole = true\n"
    box = BlackBox.load(described(tmp_path, "", rows))
    assert [box.texts({"amount": value})["amount"] for value in (0.4, 0.6, 7, -0.1)] == ["0", "1", "1", "0"]
    box = BlackBox.load(described(tmp_path, "", AMOUNT + "format = 'float32-hex'\n"))
    assert box.texts({"amount": 1.0})["amount"] == "0000803f"  # IEEE 754, little-endian


def test_what_is_only_said_to_people_changes_no_hash(tmp_path):
    first = BlackBox.load(described(tmp_path, "", AMOUNT)).sha256
    assert BlackBox.load(described(tmp_path, "", AMOUNT + "doc = 'how much'\n", timeout_s="3")).sha256 == first
    assert BlackBox.load(described(tmp_path, "", AMOUNT + "format = '.1f'\n")).sha256 != first


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('name = "small"', 'nam = "small"', r"\[program\] nam: is not known"),
        ('"{raw}", ', "", r"\[program\] command: does not say {raw}"),
        ("{amount}", "{amout}", r"\[program\] command: {amout} is no parameter"),
        (', "{amount}"', "", r"\[parameters.amount\]: {amount} stands in neither"),
        ('"ppm"', '"gif"', r"\[output\] format = 'gif': is not one of png, tiff, jpeg, ppm"),
        ("default = 0.5", "default = 1.5", r"\[parameters.amount\]: low 0, default 1.5, high 1 are not in this order"),
        ("default = 0.5", "default = 'half'", r"\[parameters.amount\] default = 'half': is not a number"),
        ("default = 0.5", "", r"\[parameters.amount\]: has no default"),
        ("default = 0.5", "default = 0.5\nscale = 'log'", r"\[parameters.amount\] low = 0: a scale in logarithms"),
        ("default = 0.5", "default = 0.5\nwhole = true", r"whole numbers are asked for, and 0.5 is none"),
        ("default = 0.5", "default = 0.5\nformat = '{}'", r"\[parameters.amount\] format = '{}': give decimals"),
        ("default = 0.5", "default = 0.5\nstep = 1", r"\[parameters.amount\] step: is not known"),
        ("parameters.amount", "parameters.raw", r"'raw' is no parameter's name"),
        ('name = "small"', 'name = "../small"', r"\[program\] name = '../small': give one of letters"),
        ('"{raw}"', '"{raw}\\u0000"', r"holds a NUL, which no command line can"),
        ("[output]", 'environment = { "A=B" = "1" }\n[output]', r"\[program\] environment: give words"),
        ("[output]", 'version = ["{raw}"]\n[output]', r"\[program\] version: {raw} is not known there"),
        ("[output]", "memory_mb = 1e300\n[output]", r"\[program\] memory_mb = 1e\+300: give a number above 0, below"),
        ("default = 0.5", "default = 1e300", r"\[parameters.amount\] default = 1e\+300: is farther from 0 than"),
        (
            "high = 1",
            "high = 1e12\nformat = 'int32-hex'",
            r"\[parameters.amount\] format = 'int32-hex': cannot hold 1e\+12",
        ),
        ("default = 0.5", "default = ", r"cannot be read as TOML \(Invalid value \(at line 9"),
        ("[output]", "timeout_s = 0\n[output]", r"\[program\] timeout_s = 0: give a number above 0"),
        ("[output]", "[sidecar]\ntemplate = 'no.pp3'\n[output]", r"\[sidecar\] template = 'no.pp3': cannot be read"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(tmp_path, was, becomes, said):
    path = described(tmp_path, "", AMOUNT)
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, becomes))
    with pytest.raises(InputError, match=said) as error:
        BlackBox.load(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_sidecar_template_is_read_and_its_placeholders_are_checked(tmp_path):
    path = described(tmp_path, "", AMOUNT)
    path.write_text(path.read_text().replace('"{amount}"', '"{sidecar}"') + '[sidecar]\ntemplate = "s.json"\n')
    (tmp_path / "s.json").write_text('{"amount": {amount}}')
    assert BlackBox.load(path).sidecar.text == '{"amount": {amount}}'
    (tmp_path / "s.json").write_text('{"amount": {amount}, "more": {other}}')
    with pytest.raises(InputError, match=r"\[sidecar\] template: {other} is no parameter"):
        BlackBox.load(path)
