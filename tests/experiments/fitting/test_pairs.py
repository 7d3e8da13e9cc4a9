"""Raws and references go together by their stems; what is alone, or comes twice, is named."""

from pathlib import Path

import pytest

from attiqa_core.errors import InputError
from experiments.fitting.pairs import Source, find_pairs


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (
        "raws/a.dng",
        "raws/b.nef",
        "raws/more/c.dng",
        "pictures/a.tif",
        "pictures/deep/c.JPG",
        "pictures/z.png",
    ):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_pairs_share_a_stem_at_any_depth_and_the_rest_is_named(place):
    found = find_pairs([Path("raws")], [Path("pictures")])
    assert found.sources == [
        Source(Path("raws/a.dng"), Path("pictures/a.tif")),
        Source(Path("raws/more/c.dng"), Path("pictures/deep/c.JPG")),
    ]
    assert found.failures == ["raws/b.nef: no reference is called b; name it after the raw, or leave the raw out"]
    assert found.unused == [Path("pictures/z.png")]


def test_two_raws_or_two_references_of_one_name_are_no_pair(place):
    Path("raws/more/a.nef").touch()
    Path("pictures/deep/c.png").touch()
    with pytest.raises(InputError, match="another raw is called a"):
        find_pairs([Path("raws")], [Path("pictures")])
    Path("pictures/b.png").touch()
    found = find_pairs([Path("raws")], [Path("pictures")])
    assert [source.name for source in found.sources] == ["b"]
    assert len(found.failures) == 3 and "has 2 references" in found.failures[2]


def test_camera_needs_no_references(place):
    found = find_pairs([Path("raws")], [Path("camera")])
    assert [source.reference for source in found.sources] == [None] * 3


def test_nothing_that_goes_together_is_an_error(place):
    with pytest.raises(InputError, match="none of 1 raws has a reference"):
        find_pairs([Path("raws/b.nef")], [Path("pictures")])
