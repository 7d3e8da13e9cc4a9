"""What is printed: every row under its protocol's hash, published numbers beside their own protocol alone."""

from dataclasses import replace

import pytest

from attiqa_core.errors import InputError
from experiments.fivek.cases import Photos, Row, refuse_missing, without
from experiments.fivek.evaluation import Evaluation, RowFigures
from experiments.fivek.metrics import Figures, other_rounding
from experiments.fivek.published import published, published_under
from experiments.fivek.results import results_of
from experiments.fivek.table import lines
from isp_env.fivek.protocols import PROTOCOLS, Protocol

ZENG = PROTOCOLS["zeng-480p"]
NO_FILES = Photos({}, {}, {})


def evaluated(*protocols: Protocol, left_out: int = 0) -> Evaluation:
    """Rows of made-up figures; so many photos of the list were left out."""
    numbers = ZENG.photos[left_out:]
    rows = []
    for protocol in protocols:
        otherwise = other_rounding(protocol)
        figures = {number: Figures(protocol, 20 + number % 3, 0.9, 8.0, 10.0) for number in numbers}
        other = {number: Figures(otherwise, 21 + number % 3, 0.9, 8.0, 10.0) for number in numbers}
        rows.append(RowFigures(Row(f"row {len(rows)}", protocol), figures, other))
    return Evaluation(ZENG, tuple(rows), (), dict.fromkeys(ZENG.photos[:left_out], "cropped"), {})


def test_published_numbers_stand_under_their_own_protocol_with_every_photo():
    text = "\n".join(lines(evaluated(ZENG)))
    assert "published: Pigment" in text and "25.82" in text and ZENG.sha256[:12] in text


@pytest.mark.parametrize("changed", [{"input": "raw"}, {"target": "tiff"}, {"expert": "a"}, {"rounding": "float"}])
def test_published_numbers_do_not_stand_beside_another_protocol(changed):
    text = "\n".join(lines(evaluated(ZENG.differing(**changed))))
    cure = "give those with --targets" if "target" in changed else "nothing that we know of"
    assert "Pigment" not in text and cure in text


def test_published_numbers_do_not_stand_beside_a_part_of_the_photos():
    text = "\n".join(lines(evaluated(ZENG, left_out=3)))
    assert "Pigment" not in text and "495 of 498 photos, not comparable: 0 missing, 3 left out" in text


def test_rows_of_two_protocols_stand_in_two_groups():
    raw = ZENG.differing(input="raw")
    text = [*lines(evaluated(ZENG, raw, ZENG))]
    heads = [line for line in text if line.startswith("protocol ")]
    assert len(heads) == 2 and ZENG.sha256[:12] in heads[0] and raw.sha256[:12] in heads[1]
    places = [next(i for i, line in enumerate(text) if line.startswith(f"  row {n}")) for n in (0, 2, 1)]
    assert places == sorted(places) and places[1] < text.index(heads[1]) < places[2]


def test_every_number_in_the_results_names_its_protocol_which_stands_there_whole():
    results = results_of(evaluated(ZENG, ZENG.differing(input="raw")), NO_FILES, {})
    told = [figure["protocol_sha256"] for row in results["rows"] for figure in row["figures"]]
    assert len(told) == 2 * 8 and set(told) == results["protocols"].keys() and len(set(told)) == 4
    assert all(each["list_sha256"] == ZENG.list_sha256 for each in results["protocols"].values())
    assert results["published"][ZENG.sha256]["DPE"] == 23.75 and results["comparable"] is True
    part = results_of(evaluated(ZENG, left_out=1), NO_FILES, {})
    assert part["published"] == {ZENG.sha256: {}} and part["left_out"] == {f"a{ZENG.photos[0]:04d}": "cropped"}
    assert part["comparable"] is False and part["compared_list_sha256"] != ZENG.list_sha256


def test_the_published_table_is_of_named_protocols_and_stands_in_order():
    under = [*published_under(ZENG).values()]
    assert len(published()) == len(under) == 12 and under == sorted(under)


def test_missing_photos_are_refused_by_name_unless_allowed_and_never_all_of_them():
    photos = Photos({1: "a0001-x"}, {2: "t"}, {})
    missing = without([1, 2, 3, 4, 5], photos.targets)
    assert missing == [1, 3, 4, 5]
    needed = {"expert C's picture": photos.targets, "the raw": dict.fromkeys((1, 2, 3, 4), "r")}
    lack = r"\(4 without expert C's picture, 1 without the raw\)"
    with pytest.raises(
        InputError,
        match=rf"4 of the protocol's 9 photos are missing {lack}: a0001-x, a0003, a0004 and 1 more; .*--allow-missing",
    ):
        refuse_missing(missing, photos, 9, False, needed)
    refuse_missing(missing, photos, 9, True, needed)
    with pytest.raises(
        InputError, match=r"none of the protocol's 4 photos can be compared .4 without expert C's picture"
    ):
        refuse_missing(missing, photos, 4, True, needed)


def test_an_experts_picture_of_less_than_the_protocols_size_makes_no_number_that_stands_beside_published_ones():
    evaluation = replace(evaluated(ZENG), too_small=ZENG.photos[:2])
    text = "\n".join(lines(evaluation))
    assert "Pigment" not in text and "not comparable: 0 missing, 0 left out, 2 smaller than the protocol's size" in text
    results = results_of(evaluation, NO_FILES, {})
    assert results["comparable"] is False and results["published"] == {ZENG.sha256: {}}
