import os
from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.rendering.inputs import Source
from experiments.rendering.names import LONGEST, places, shown


def placed(*below: str) -> list[str]:
    sources = [Source(Path("/card", each), PurePath(each)) for each in below]
    return [str(place) for place in places(sources).values()]


def test_a_place_mirrors_the_raws():
    assert placed("100CANON/IMG_1.CR3", "101CANON/IMG_1.CR3") == ["100CANON/IMG_1", "101CANON/IMG_1"]


def test_two_raws_of_one_stem_keep_their_suffixes():
    assert sorted(placed("a/IMG_1.CR3", "a/IMG_1.DNG", "a/IMG_2.DNG")) == ["a/IMG_1.CR3", "a/IMG_1.DNG", "a/IMG_2"]


def test_capitals_alone_do_not_tell_two_pictures_apart():
    found = placed("a/img_1.dng", "A/IMG_1.DNG")
    assert len({each.casefold() for each in found}) == 2


def test_a_long_name_does_not_take_the_place_of_another_raws_short_one():
    found = placed("x.CR3", "x.DNG", "x.CR3.dng")
    assert len(set(found)) == 3 and "x.CR3" in found and "x.CR3-2" in found


def test_what_we_write_ourselves_is_no_pictures_name():
    found = placed("sheet.dng", "a/Sheet.DNG", "look.cr2", "look_files/1.dng")
    assert set(found) == {"sheet.dng", "a/Sheet.DNG", "look.cr2", "_look_files/1"}


def test_names_that_are_no_text_can_be_written_and_said():
    odd = os.fsdecode(b"caf\xe9\n.dng")
    assert placed(odd) == ["caf%E9_"] and shown(odd) == r"caf\xe9\n.dng"


def test_long_names_leave_room_for_what_is_added():
    (found,) = placed("ä" * 120 + ".dng")
    assert len(found.encode()) <= LONGEST


def test_what_was_given_before_stays():
    first, second = (Source(Path(name), PurePath(name)) for name in ("x.CR3", "x.DNG"))
    kept = places([first])
    assert places([second], kept) == {first.path: PurePath("x"), second.path: PurePath("x.DNG")}


names = st.lists(
    st.text("aA.é\n-2", min_size=1, max_size=4).filter(lambda name: name.strip(".")), unique=True, max_size=9
)


@pytest.mark.slow
@given(names)
def test_no_two_raws_share_a_place(stems):
    found = placed(*(f"{stem}.{suffix}" for stem in stems for suffix in ("dng", "DNG")))
    assert len({each.casefold() for each in found}) == 2 * len(stems)
