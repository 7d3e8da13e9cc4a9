"""Protocols: what makes two of them one and the same, and files with one's own."""

from dataclasses import fields, replace

import pytest

from attiqa_core.errors import InputError, UsageError
from isp_env.fivek.protocols import PROTOCOLS, Protocol, find_protocol
from isp_env.fivek.splits import SPLITS, numbers_sha256

ZENG = PROTOCOLS["zeng-480p"]
CHANGED = {
    "split": "upe", "photos": ZENG.photos[:-1], "input": "raw", "side": "train", "expert": "a", "target": "tiff", "edge": "long",
    "px": 512, "filter": "bicubic", "light": "linear", "rounding": "float", "space": "display-p3",
}  # fmt: skip


@pytest.fixture
def own(tmp_path):
    def write(text: str) -> str:
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return str(path)

    return write


def test_every_field_but_the_name_makes_another_protocol():
    assert {each.name for each in fields(Protocol)} == {"name", *CHANGED}
    hashes = {replace(ZENG, **{name: value}).sha256 for name, value in CHANGED.items()}
    assert len(hashes | {ZENG.sha256}) == len(CHANGED) + 1
    assert replace(ZENG, name="ours").sha256 == ZENG.sha256


def test_the_list_has_a_hash_of_its_own_which_splits_know_it_by():
    turned = replace(ZENG, photos=ZENG.photos[::-1])
    assert turned.sha256 == ZENG.sha256, "a mean over photos knows no order"
    assert ZENG.list_sha256 == numbers_sha256(SPLITS["dpe"].side("test"))


def test_named_protocols_measure_by_the_tests_of_their_splits():
    assert len({each.sha256 for each in PROTOCOLS.values()}) == len(PROTOCOLS)
    assert all(
        name == each.name and each.photos == tuple(SPLITS[each.split].sides["test"]) for name, each in PROTOCOLS.items()
    )
    assert len(ZENG.photos) == 498 and (ZENG.edge, ZENG.px, ZENG.rounding, ZENG.expert) == ("short", 480, "8-bit", "c")
    assert PROTOCOLS["dpe-512"].edge == "long" and PROTOCOLS["attiqa-raw"].input == "raw"


def test_what_differs_is_in_the_name_and_what_does_not_changes_nothing():
    assert ZENG.differing(expert="c") is ZENG
    changed = ZENG.differing(target="tiff").differing(input="raw")
    assert changed.name == "zeng-480p (target tiff, input raw)" and changed.sha256 != ZENG.sha256


def test_described_and_printed_it_carries_both_hashes():
    assert ZENG.described()["protocol_sha256"] == ZENG.sha256 and ZENG.described()["list_sha256"] == ZENG.list_sha256
    assert {"psnr_db", "ssim", "delta_e_2000", "delta_e_76"} == set(ZENG.described()["metrics"])
    assert ZENG.sha256[:12] in str(ZENG) and ZENG.list_sha256[:12] in str(ZENG)


def test_ones_own_list_and_a_named_split_are_read_from_a_file(own):
    mine = find_protocol(own('[protocol]\nphotos = [3, 1]\npx = 96\nexpert = "a"\n'))
    assert (mine.name, mine.split, mine.photos, mine.px, mine.expert, mine.target) == (
        "mine",
        "own",
        (3, 1),
        96,
        "a",
        "tiff",
    )
    same = find_protocol(own('[protocol]\nsplit = "dpe"\ntarget = "pictures"\ninput = "expert C white balance"\n'))
    assert same.sha256 == ZENG.sha256


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no table"),
        ("[protocol]\nphoto = [1]", "photo: is not known"),
        ("[protocol]\nphotos = []", "numbers from 1 to 5000"),
        ("[protocol]\nphotos = [0]", "numbers from 1 to 5000"),
        ("[protocol]\nphotos = [1, 1]", "twice"),
        ('[protocol]\nphotos = [1]\nsplit = "dpe"', "leave one of them out"),
        ('[protocol]\nsplit = "kodak"', "'kodak' is none of"),
        ('[protocol]\nsplit = "dpe"\nside = "left"', "'left' is none of"),
        ('[protocol]\nphotos = [1]\nexpert = "f"', "'f' is none of a, b, c, d, e"),
        ("[protocol]\nphotos = [1]\nexpert = 3", "3 is none of"),
        ("[protocol]\nphotos = [1]\npx = 4", "4 is not a whole number from 16 to 20000"),
        ("[protocol]\nphotos = [1]\npx = 1000000000", "1000000000 is not a whole number from 16 to 20000"),
        ("[protocol]\nphotos = [1]\npx = " + "9" * 5000, "cannot be read as TOML"),
        ('[protocol]\nphotos = [1]\nedge = "whole"\npx = 99', "says nothing where pictures stay whole"),
        ("[protocol]\nphotos = [true]", "numbers from 1 to 5000"),
        ("[protocol]\nphotos = [1.0]", "numbers from 1 to 5000"),
        ('[protocol]\nsplit = "dpe"\nside = ["test"]', "['test'] is none of"),
        ('[protocol]\nphotos = [1]\nname = "zeng-480p"', "begins as a name of ours"),
        ('[protocol]\nphotos = [1]\nname = "Zeng-480p (input as shot)"', "begins as a name of ours"),
        ('[protocol]\nphotos = [1]\nname = "two\\nlines"', "or is none"),
        ('[protocol]\nphotos = [1]\nrounding = "half"', "'half' is none of 8-bit, float"),
    ],
)
def test_a_file_with_a_mistake_is_refused_by_its_place(own, text, said):
    path = own(text)
    with pytest.raises(InputError, match=path) as error:
        find_protocol(path)
    assert said in str(error.value)


def test_a_name_that_is_none_lists_those_that_are():
    with pytest.raises(UsageError, match="zeng-480p, dpe-512"):
        find_protocol("480p")
