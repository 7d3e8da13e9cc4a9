"""Addresses: what they mean, that a Path keeps them, and what is said of those that mean nothing."""

from pathlib import Path

import pytest
from fixtures.fivek_files import NAMES, tiff_header, write_archive, write_file, write_singles

from attiqa_core.errors import InputError, UsageError
from isp_env.fivek.address import is_address, parse_address, raws_at
from isp_env.raw_io.find import find_raws, is_there


@pytest.fixture
def folder(tmp_path):
    return write_archive(tmp_path)


@pytest.fixture
def mixed(tmp_path):
    """Raws by three cameras whose names begin alike."""
    cameras = {1: "NIKON D70", 2: "NIKON D70s", 700: "NIKON D700", 701: "NIKON D70"}
    for number, model in cameras.items():
        write_archive(
            tmp_path, (number,), tiff_header(("NIKON CORPORATION", model), f"2007:06:28 {number % 24:02}:00:00")
        )
    return tmp_path


def numbers(address: str) -> list[int]:
    return list(raws_at(address))


def test_a_folder_alone_means_every_raw_in_it(folder):
    assert numbers(f"fivek:{folder}") == sorted(NAMES)
    assert find_raws([Path(f"fivek:{folder}/fivek_dataset")]) == sorted(raws_at(f"fivek:{folder}").values())


def test_a_side_means_those_of_it_that_are_there(folder):
    assert numbers(f"fivek:{folder}@upe/train") == [1, 2, 700, 701]
    assert numbers(f"fivek:{folder}@upe/test") == [4501, 4502]
    assert numbers(f"fivek:{folder}@deeplpf-dpe/train") == [1, 2, 700, 701]
    assert numbers(f"fivek:{folder}@zeng/train") == numbers(f"fivek:{folder}@dpe/train")


def test_a_side_keeps_the_order_of_its_list_and_a_limit_takes_its_first(folder):
    listed = numbers(f"fivek:{folder}@exposure/input")
    assert listed == [4501, 4502, 2, 701, 1]
    assert numbers(f"fivek:{folder}@exposure/input?limit=2") == [4501, 4502]
    assert numbers(f"fivek:{folder}?limit=100") == sorted(NAMES)


def test_a_path_keeps_an_address(folder):
    address = f"fivek:{folder}@upe/train?camera=EOS 5D&licence=Adobe&limit=3"
    assert is_address(Path(address)) and str(Path(address)) == address
    parsed = parse_address(Path(address))
    assert (parsed.folder, parsed.split, parsed.side) == (folder, "upe", "train")
    assert (parsed.camera, parsed.licence, parsed.limit) == ("EOS 5D", "Adobe", 3)
    assert parsed.name == "fivek@upe/train?camera=EOS 5D&licence=Adobe&limit=3"
    assert numbers(address) == [1, 701]
    assert not is_address("fivek/photo.dng") and not is_address(folder)


def test_a_camera_is_found_by_the_end_of_its_name(mixed):
    assert numbers(f"fivek:{mixed}?camera=d70") == [1, 701]
    assert numbers(f"fivek:{mixed}?camera=NIKON D70s") == [2]
    assert numbers(f"fivek:{mixed}?camera=nikon") == [1, 2, 700, 701]
    with pytest.raises(
        InputError, match=r"no raw here is by a camera 'D7'; there are NIKON D70, NIKON D700, NIKON D70s"
    ):
        raws_at(f"fivek:{mixed}?camera=D7")


def test_photos_without_a_known_licence_are_left_out(tmp_path):
    write_file(tmp_path / "dng/a0003-x.dng", tiff_header())
    with pytest.raises(InputError, match=r"under the licence Adobe; it has no filesAdobe.txt"):
        raws_at(f"fivek:{tmp_path}?licence=adobe")
    write_singles(tmp_path, ("raw",), (1, 2))
    assert numbers(f"fivek:{tmp_path}?licence=adobemit") == [2]


def test_the_own_split_holds_out_the_cameras_that_are_named(mixed):
    assert numbers(f"fivek:{mixed}@own/test?hold-out=D70,D700") == [1, 700, 701]
    assert sorted(
        [*numbers(f"fivek:{mixed}@own/train?hold-out=D700"), *numbers(f"fivek:{mixed}@own/validation?hold-out=D700")]
    ) == [
        1,
        2,
        701,
    ]


def test_a_folder_with_an_at_in_its_name_is_still_one(tmp_path):
    folder = write_archive(tmp_path / "five@home")
    assert numbers(f"fivek:{folder}") == sorted(NAMES)
    assert numbers(f"fivek:{folder}@upe/test") == [4501, 4502]


@pytest.mark.parametrize(
    ("rest", "error", "says"),
    [
        ("@upe", UsageError, "say which side, as in fivek:.*@upe/train"),
        ("@upe/", UsageError, "say which side"),
        ("@hdrnet/test", UsageError, "hdrnet: is no split of FiveK; give one of exposure, .*, or own"),
        ("@upe/validation", UsageError, "no such side; give train or test"),
        ("@own/label", UsageError, "no such side; give train or validation or test"),
        ("?limit=0", UsageError, "limit=0: give a whole number of at least 1"),
        ("?limit=two", UsageError, "limit=two"),
        ("?licence=MIT", UsageError, "MIT is no licence of FiveK; give Adobe or AdobeMIT"),
        ("?size=3", UsageError, "size=3 is not known; after [?] may stand camera=, licence=, limit=, hold-out="),
        ("?camera", UsageError, "camera= is not known"),
        ("@upe/test?hold-out=D70", UsageError, "hold-out= is about the split own"),
        ("@own/test?hold-out=M8", InputError, "no raw here is by a camera 'M8'; there are Canon EOS 5D"),
        ("@own/test?hold-out=Canon", InputError, "nothing is left to train on"),
    ],
)
def test_an_address_that_means_nothing_is_one_sentence_with_the_cure(folder, rest, error, says):
    with pytest.raises(error, match=says) as raised:
        raws_at(f"fivek:{folder}{rest}")
    assert "\n" not in str(raised.value)


def test_a_side_of_which_nothing_is_there_says_how_to_fetch_it(tmp_path):
    write_archive(tmp_path, (1, 2))
    with pytest.raises(
        InputError, match=r"none of the 500 raws of upe/test is in .*; fetch them with `attiqa fivek get`"
    ):
        raws_at(f"fivek:{tmp_path}@upe/test")
    with pytest.raises(InputError, match="no such folder"):
        raws_at("fivek:/absent@upe/test")
    with pytest.raises(InputError, match="names no folder; write fivek:DIR"):
        raws_at("fivek:")


def test_an_address_is_there_if_its_folder_is(folder):
    assert is_there(Path(f"fivek:{folder}@upe/test")) and not is_there(Path("fivek:/absent"))


def test_addresses_stand_beside_files_and_a_raw_counts_once(folder):
    test = raws_at(f"fivek:{folder}@upe/test")
    assert find_raws(
        [f"fivek:{folder}@upe/test", test[4501], folder / "fivek_dataset/raw_photos/HQa4201to5000"]
    ) == sorted(test.values())


def test_a_folder_whose_name_holds_question_marks_and_ats_is_found(tmp_path):
    strange = tmp_path / "we@ird?limit=1"
    write_archive(strange)
    assert numbers(f"fivek:{strange}") == sorted(NAMES)
    assert numbers(f"fivek:{strange}@upe/test?limit=1") == [4501]
    assert parse_address(f"fivek:{strange}@upe/test?limit=1").name == "fivek@upe/test?limit=1"


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ("?limit=1&limit=2", "twice"),
        ("?limit=" + "9" * 5000, "a whole number"),
        ("@own/test?hold-out=,", "names no camera"),
    ],
)
def test_what_an_address_says_twice_or_not_at_all_is_refused(folder, after, said):
    with pytest.raises(UsageError, match=said):
        parse_address(f"fivek:{folder}{after}")


def test_a_name_that_is_too_long_for_a_folder_is_refused():
    with pytest.raises(InputError, match="File name too long"):
        parse_address("fivek:" + "a" * 5000)
