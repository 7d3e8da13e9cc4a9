"""Numbers, names and addresses of FiveK's photos."""

import pytest

from attiqa_core.errors import InputError, UsageError
from isp_env.fivek.photos import EXPERTS, KINDS, known_number, number_of, path_of, plain_name, url_of


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a0001-jmac_DSC1459", 1),
        ("a0001-jmac_DSC1459.dng", 1),
        ("a5000-x.TIF", 5000),
        ("a0700-IMG%20%28original%29.dng", 700),
        ("  a0012-x.y\r\n", 12),
        ("a0000-x", None),
        ("a5001-x", None),
        ("a001-x", None),
        ("xa0001-x", None),
        ("a0001", None),
        ("a0001-.dng", None),
    ],
)
def test_a_number_is_read_from_names_with_or_without_suffix_and_encoding(text, number):
    assert number_of(text) == number


def test_a_name_keeps_its_dots_and_loses_its_suffix():
    assert plain_name("a0012-x.y (original).DNG") == "a0012-x.y (original)"


def test_spaces_and_brackets_are_encoded_in_the_address_and_plain_on_the_disk():
    assert url_of("a0700-IMG [2] copy", "c") == (
        "https://data.csail.mit.edu/graphics/fivek/img/tiff16_c/a0700-IMG%20%5B2%5D%20copy.tif"
    )
    assert path_of("a0700-IMG%20%5B2%5D%20copy.tif", "raw") == "img/dng/a0700-IMG [2] copy.dng"
    assert url_of("a0001-x", "input").endswith("/img/tiff16_inputAsShotZeroed/a0001-x.tif")


def test_there_is_one_kind_for_each_expert_the_raw_and_the_input():
    assert set(KINDS) == {"raw", "input", *EXPERTS}


def test_what_is_no_photo_or_kind_is_named():
    with pytest.raises(InputError, match=r"b0001-x: is no photo of FiveK"):
        known_number("b0001-x")
    with pytest.raises(UsageError, match=r"f: is no kind of picture .* raw, input, a, b, c, d, e"):
        url_of("a0001-x", "f")
