import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from fixtures.web_server import serving
from PIL import Image

from attiqa_core.errors import InputError
from attiqa_core.photos.decode import read_rgb
from attiqa_core.photos.places import is_folder, is_there, size_of
from attiqa_core.photos.sources import find_photos, photo_bytes


def picture(value: int) -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.full((8, 8, 3), value, np.uint8)).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def folder(tmp_path) -> Path:
    root = tmp_path / "photos"
    (root / "deep").mkdir(parents=True)
    (root / "b.png").write_bytes(picture(2))
    (root / "deep" / "a.png").write_bytes(picture(1))
    (root / "notes.txt").write_text("none")
    with tarfile.open(root / "shard.tar", "w") as tar:
        for value in (7, 5):
            member = tarfile.TarInfo(f"{value}.png")
            member.size = len(picture(value))
            tar.addfile(member, io.BytesIO(picture(value)))
    return root


@pytest.mark.parametrize("scheme", ["file", "http"])
def test_photos_elsewhere_are_those_of_the_same_folder_here(scheme, folder):
    with serving(folder) as served:
        root = Path(f"file://{folder}") if scheme == "file" else Path(served.url)
        found_at, there = find_photos([root])
        _, here = find_photos([folder])
        assert found_at == root and [photo.key for photo in there] == [photo.key for photo in here]
        assert [photo.key for photo in there] == ["b.png", "deep/a.png", "shard.tar/5.png", "shard.tar/7.png"]
        assert [photo_bytes(photo) for photo in there] == [photo_bytes(photo) for photo in here]
        assert read_rgb(root / "b.png")[0, 0, 0] == 2
        assert is_there(root / "b.png") and not is_folder(root / "b.png") and size_of(root / "b.png") == len(picture(2))


def test_a_photo_that_is_cut_off_elsewhere_is_named_by_its_address(folder):
    (folder / "b.png").write_bytes(picture(2)[:45])
    with serving(folder) as served, pytest.raises(InputError, match=r"http://127.*/b\.png: cannot be decoded"):
        read_rgb(Path(served.url) / "b.png")


def test_two_stores_have_keys_that_tell_them_apart(folder):
    with serving(folder) as one, serving(folder / "deep") as other:
        _, found = find_photos([Path(one.url) / "b.png", Path(other.url) / "a.png"])
    assert len({photo.key for photo in found}) == 2
