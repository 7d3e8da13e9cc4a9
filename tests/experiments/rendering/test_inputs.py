import os
from pathlib import Path

import pytest

from attiqa_core.errors import InputError
from experiments.rendering.inputs import find_sources, paths_of_list


@pytest.fixture
def cards(tmp_path, monkeypatch):
    """Three cards with the same names, empty files, in the working folder."""
    for card in ("card1", "card2", "card3"):
        for path in (tmp_path / card / "100CANON" / "IMG_1.CR3", tmp_path / card / "100CANON" / "notes.txt"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    monkeypatch.chdir(tmp_path)
    return [Path("card1"), Path("card2"), Path("card3")]


def below(*words, listing: bytes = b"") -> list[str]:
    return [source.below.as_posix() for source in find_sources([Path(word) for word in words], listing)]


def test_one_folder_is_mirrored_from_its_inside_and_several_from_their_names(cards):
    assert below("card1") == ["100CANON/IMG_1.CR3"]
    assert below(*cards) == [f"card{number}/100CANON/IMG_1.CR3" for number in (1, 2, 3)]


def test_folders_of_one_name_are_told_apart_by_what_is_above(cards):
    assert below("card1/100CANON", "card2/100CANON") == ["card1/100CANON/IMG_1.CR3", "card2/100CANON/IMG_1.CR3"]
    assert below("card1", "card1/") == ["100CANON/IMG_1.CR3"]


def test_single_files_stand_at_the_top_and_those_of_one_name_where_they_differ(cards):
    first, second = "card1/100CANON/IMG_1.CR3", "card2/100CANON/IMG_1.CR3"
    assert below(first) == ["IMG_1.CR3"] and below(first, second) == [first, second]


def test_a_glob_is_expanded_where_the_shell_did_not(cards):
    assert below("card?") == below(*cards)
    assert below("card[12]/*/*") == ["card1/100CANON/IMG_1.CR3", "card2/100CANON/IMG_1.CR3"]
    with pytest.raises(InputError, match="matches no raw"):
        below("nothing*")


def test_a_file_is_no_pattern_whatever_its_name(cards):
    Path("odd[1].dng").touch()
    assert below("odd[1].dng") == ["odd[1].dng"]


def test_a_list_is_separated_by_lines_or_by_nul(cards):
    assert paths_of_list(b"a\r\nb c\n\n") == [Path("a"), Path("b c")]
    assert paths_of_list(b"a\nb\0c\0") == [Path("a\nb"), Path("c")]
    assert paths_of_list(b"caf\xe9\n") == [Path(os.fsdecode(b"caf\xe9"))]
    assert below("-", listing=b"card1\ngone.dng\n") == ["100CANON/IMG_1.CR3", "gone.dng"]
    with pytest.raises(InputError, match="empty"):
        below("-")


def test_a_raw_named_twice_is_one(cards):
    assert below("card1", "card1/100CANON/IMG_1.CR3") == ["100CANON/IMG_1.CR3"]


def test_a_folder_named_twice_in_two_ways_is_one(cards):
    assert below("card1", "./card2/../card1", "card1/") == ["100CANON/IMG_1.CR3"]


def test_an_empty_folder_beside_a_full_one_is_no_mistake_but_nothing_at_all_is(cards):
    Path("empty").mkdir()
    assert below("card1", "empty") == ["card1/100CANON/IMG_1.CR3"]
    with pytest.raises(InputError, match="empty: no raw files found"):
        below("empty")
