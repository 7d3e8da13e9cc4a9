"""The splits of the literature: whole, disjoint, as their sources have them, and as unlike each other as is said."""

import hashlib

import pytest

from attiqa_core.errors import UsageError
from isp_env.fivek.photos import NUMBERS
from isp_env.fivek.splits import ALIASES, SPLITS, Split, check_parts, find_split, numbers_sha256, overlap

COUNTS = {
    "exposure": {"train": 4000, "input": 2000, "label": 2000, "test": 1000, "rated": 100},
    "dpe": {"train": 4500, "input": 2250, "label": 2250, "test": 498},
    "upe": {"train": 4500, "test": 500},
    "deeplpf-dpe": {"train": 2250, "validation": 2250, "test": 500},
    "samsung": {"train": 3500, "validation": 500, "test": 1000},
}
BEGINNINGS = {  # as pages of the sources show them
    ("exposure", "input"): (3014, 3683, 350, 2941, 3869),
    ("exposure", "label"): (1525, 3745, 4810, 1482, 1058),
    ("exposure", "test"): (4100, 2053, 2056, 2058, 4108),
    ("exposure", "rated"): (1033, 4827, 612, 1115, 4505),
    ("dpe", "input"): (2904, 4154, 2606, 4728, 4779),
    ("samsung", "train"): (1384, 1882, 4902, 1525, 4655, 961, 432, 377, 298),
    ("samsung", "validation"): (3057, 3738, 126, 3786, 4368, 4809, 286, 1642, 2693, 2320, 3976, 744, 26, 1438, 1392, 3887),
    ("samsung", "test"): (230, 3262, 1329, 189, 119, 3701, 1227, 2843, 682, 1818, 4072, 4576, 2884, 2596, 3115, 404, 4008),
}  # fmt: skip
SHA256 = {
    "exposure": "9d24c0b37fcda6ccd71d4b404ad2cabe9deeb60ac1edc6d42ee0741a8c1f199d",
    "dpe": "b53aa15f4f239aed35c35a04dbacb12d067c2774d1c0233249f8a128af257997",
    "upe": "c61e7428e87c4401d6985264f5bfcf364ef1deaf18f9f40ca88e39c05e4bee96",
    "deeplpf-dpe": "3fb9e6361fed6b29250dc09bb36a0e7a6200ec5543377b3d14a2117acfd0f41f",
    "samsung": "cf44f2354770ca743569e6f77f06d04bd191fe9d7687fdfcb00ae4ea378cde3c",
}


@pytest.mark.parametrize("name", SPLITS)
def test_every_split_is_whole_and_its_parts_share_no_photo(name):
    check_parts(SPLITS[name])
    assert {side: len(numbers) for side, numbers in SPLITS[name].sides.items()} == COUNTS[name]
    assert SPLITS[name].sha256 == SHA256[name], "a protocol names this hash: a split never changes"


def test_exposures_three_lists_cover_all_photos_once_and_its_rated_are_tested():
    sides = SPLITS["exposure"].sides
    assert sorted([*sides["input"], *sides["label"], *sides["test"]]) == list(NUMBERS)
    assert {*sides["rated"]} < {*sides["test"]}


@pytest.mark.parametrize(("side", "characters"), [("input", 9603), ("label", 9632), ("test", 4835), ("rated", 538)])
def test_exposures_lists_are_as_long_in_characters_as_their_sources(side, characters):
    comment = "# Note: this list is 1-based, i.e. ids are among [1, 5000]\n"  # the first line of each
    lines = "".join(f"{number}\n" for number in SPLITS["exposure"].sides[side])
    assert len(comment + lines) == characters


def test_dpes_list_leaves_498_photos_and_two_that_nobody_uses():
    sides = SPLITS["dpe"].sides
    left = {*NUMBERS} - {*sides["train"]}
    assert left - {*sides["test"]} == {160, 2952}
    assert sides["train"][2499:2501] == (4339, 1270)  # in the test list of its source, and moved from there
    assert (*sides["input"], *sides["label"]) == sides["train"]


@pytest.mark.parametrize(("split", "side"), BEGINNINGS)
def test_lists_begin_as_their_sources_do(split, side):
    known = BEGINNINGS[split, side]
    assert SPLITS[split].sides[side][: len(known)] == known


def test_samsungs_draw_is_the_published_one_in_the_middle_and_at_the_end_too():
    sides = SPLITS["samsung"].sides
    middle = sides["train"].index(381)
    assert sides["train"][middle : middle + 9] == (381, 4941, 786, 4354, 4791, 4640, 1893, 4909, 3441)
    assert sides["test"][-7:] == (840, 1144, 1829, 2007, 2254, 205, 913)


def test_deeplpfs_test_has_45_photos_in_common_with_dpes():
    assert overlap(SPLITS["deeplpf-dpe"], SPLITS["dpe"])["test", "test"] == 45
    assert overlap(SPLITS["dpe"], SPLITS["upe"])["test", "train"] == 453  # who trains on upe has seen these


def test_a_hash_is_of_what_is_on_each_side_and_of_no_order():
    one = Split("x", {"test": (3, 1), "train": (2,)}, "", "")
    assert one.text == "train 2\ntest 1 3\n"
    assert one.sha256 == hashlib.sha256(b"train 2\ntest 1 3\n").hexdigest()
    assert one.sha256 == Split("y", {"train": (2,), "test": (1, 3)}, "", "").sha256
    assert one.sha256 != Split("x", {"train": (2, 3), "test": (1,)}, "", "").sha256
    assert numbers_sha256((3, 1)) == numbers_sha256([1, 3]) == hashlib.sha256(b"1 3").hexdigest()


def test_a_split_is_found_by_the_names_that_papers_give_it():
    assert find_split("zeng") is find_split("adaint") is SPLITS["dpe"]
    assert find_split("yuukicammy") is SPLITS["samsung"]
    assert set(ALIASES.values()) <= set(SPLITS)


def test_an_unknown_name_or_side_is_answered_with_those_that_there_are():
    with pytest.raises(UsageError, match=r"hdrnet: is no split of FiveK; give one of exposure, dpe, .* zeng \(= dpe\)"):
        find_split("hdrnet")
    with pytest.raises(UsageError, match=r"upe/validation: the split upe has no such side; give train or test"):
        SPLITS["upe"].side("validation")


def test_what_is_no_split_is_noticed():
    for sides in ({"train": (1, 2), "test": (2,)}, {"train": (1, 1)}, {"test": (0,)}):
        with pytest.raises(ValueError, match=r"share photo 2|twice"):
            check_parts(Split("x", sides, "", ""))
