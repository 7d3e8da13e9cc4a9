import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from attiqa_core.datasets import read_rated
from attiqa_core.errors import InputError, UsageError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    for name in ("a.png", "b.png", "c.png"):
        Image.new("RGB", (4, 4)).save(tmp_path / "images" / name)
    return tmp_path


def table(folder, text, encoding="utf-8"):
    (folder / "mos.csv").write_bytes(text.encode(encoding))
    return folder / "mos.csv"


def test_a_csv_with_bom_and_crlf_is_read(folder):
    rated = read_rated(table(folder, "image,mos,note\r\na.png,10,x\r\nb.png,90,y\r\n", "utf-8-sig"))
    assert [path.name for path in rated.paths] == ["a.png", "b.png"]
    assert rated.mos.tolist() == [10, 90]
    assert rated.mos_range.normalise(rated.mos).tolist() == [0, 1]


def test_a_declared_range_is_used_and_checked(folder):
    path = table(folder, "image,mos\na.png,10\nb.png,90\n")
    assert read_rated(path, mos_range=(0, 100)).mos_range.high == 100
    with pytest.raises(InputError, match="outside the declared"):
        read_rated(path, mos_range=(0, 50))
    with pytest.raises(UsageError, match="smaller"):
        read_rated(path, mos_range=(5, 5))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column image and mos"),
        ("image,score\na.png,1\n", "no column mos"),
        ("image,mos\n", "no rows"),
        ("image,mos\na.png,1\nb.png,1\n", "constant"),
        ("image,mos\na.png,1\nb.png,nan\n", "line 3.*finite"),
        ("image,mos\na.png,1\nb.png,\n", "line 3.*has no mos"),
        ("image,mos\na.png,1\nb.png,good\n", "line 3.*not a number"),
        ("image,mos\na.png,1\nz.png,2\n", "line 3.*no image"),
        ("image,mos\na.png,1\na.png,2\n", "line 3.*twice"),
        ("image,mos\na.png,1\n./a.png,2\n", "line 3.*twice, first in line 2"),
        ("image,mos\na.png,1\n../mos.csv,2\n", "line 3.*leaves"),
        ("image,mos\na.png,1\nx/../../mos.csv,2\n", "line 3.*leaves"),
        ("image,mos\na.png,1\n/etc/passwd,2\n", "line 3.*leaves"),
        ("image,mos\na.png,1\n,2\n", "line 3.*has no image"),
        ("image,mos\na.png,1\n\nb.png,2,3\n", "line 4.*more values than columns"),
        ("image,mos\na.png,1\n", "only one rated image"),
        ("image;mos\na.png;1\n", "not separated by commas"),
        ("image,mos,mos\na.png,1,2\n", "column mos twice"),
        ("image,mos,split\na.png,1,train\nb.png,2,holdout\n", "line 3.*'holdout' is not one of train, val, test"),
    ],
)
def test_a_bad_csv_is_refused_with_file_and_line(folder, text, message):
    with pytest.raises(InputError, match=message):
        read_rated(table(folder, text))


def test_a_csv_may_give_a_split_and_groups(folder):
    rated = read_rated(
        table(folder, "image,mos,split,group\na.png,1,training,x\nb.png,2,validation,x\nc.png,3,Test,\n")
    )
    assert rated.split == ("train", "val", "test") and rated.groups == ("x", "x", "c.png")


def test_a_csv_in_another_encoding_is_refused_in_one_sentence(folder):
    with pytest.raises(InputError, match="not UTF-8"):
        read_rated(table(folder, "image,mos\nä.png,1\n", "latin-1"))


def test_images_are_found_beside_the_csv_too_or_where_one_says(folder):
    (folder / "d.png").write_bytes((folder / "images" / "a.png").read_bytes())
    (folder / "e.png").write_bytes((folder / "images" / "a.png").read_bytes())
    assert read_rated(table(folder, "image,mos\nd.png,1\ne.png,2\n")).paths[0] == folder / "d.png"
    assert len(read_rated(table(folder, "image,mos\na.png,1\nb.png,2\n"), images=folder / "images")) == 2
    with pytest.raises(InputError, match="no such folder"):
        read_rated(folder / "mos.csv", images=folder / "pictures")


def test_absent_images_of_a_csv_are_left_out_only_when_told(folder):
    path = table(folder, "image,mos\na.png,1\nz.png,2\nb.png,3\n")
    rated = read_rated(path, allow_missing=True)
    assert rated.mos.tolist() == [1, 3] and rated.notes == ("1 of 3 listed images are absent: z.png",)
    assert len(read_rated(path, require_images=False)) == 3


def test_images_of_one_name_in_two_folders_keep_their_folders_in_split_files(folder):
    path = table(folder, "image,mos\nx/a.png,1\ny/a.png,2\n")
    assert read_rated(path, require_images=False).names == ("x/a.png", "y/a.png")


def test_what_is_no_data_set_is_named(folder):
    with pytest.raises(InputError, match=r"AllImages_release\.mat"):
        read_rated(folder)
    with pytest.raises(InputError, match=r"image,mos.*KonIQ"):
        read_rated(folder / "images" / "a.png")


def clive(folder, mos):
    names = np.empty((10, 1), dtype=object)
    names[:, 0] = [f"{index}.png" for index in range(10)]
    savemat(folder / "AllImages_release.mat", {"AllImages_release": names})
    savemat(folder / "AllMOS_release.mat", {"AllMOS_release": mos})
    for index in range(10):
        Image.new("RGB", (4, 4)).save(folder / "images" / f"{index}.png")


def test_clive_drops_its_seven_training_images(folder):
    clive(folder, np.arange(10.0)[None] * 10)
    rated = read_rated(folder)
    assert [path.name for path in rated.paths] == ["7.png", "8.png", "9.png"]
    assert rated.mos.tolist() == [70, 80, 90] and rated.mos_range.high == 100


def test_clive_names_a_missing_image_unless_told_to_go_without(folder):
    clive(folder, np.arange(10.0)[None] * 10)
    (folder / "images" / "8.png").unlink()
    with pytest.raises(InputError, match=r"8\.png.*--allow-missing"):
        read_rated(folder)
    assert len(read_rated(folder, allow_missing=True)) == 2


def test_the_original_clive_files_agree_with_the_csv(shared_data):
    original = read_rated(shared_data / "clive", allow_missing=True)
    own = read_rated(shared_data / "clive" / "mos.csv", mos_range=(0, 100))
    assert len(original) == len(own) == 627
    by_name = dict(zip((path.name for path in own.paths), own.mos.tolist(), strict=True))
    assert all(
        abs(by_name[path.name] - mos) < 1e-3 for path, mos in zip(original.paths, original.mos.tolist(), strict=True)
    )
