import json
from pathlib import Path

import numpy as np
import pytest

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.datasets.rated import RatedImages
from attiqa_core.datasets.splits import read_splits, split_indices, write_splits
from attiqa_core.errors import InputError


def rated(count=6, groups=None):
    paths = tuple(Path("Images") / f"{index}.JPG" for index in range(count))
    return RatedImages(paths, np.arange(count, dtype=np.float32), MosRange(0, 100), "clive", groups=groups)


TWO = [
    {"train": ["0.JPG", "1.JPG", "2.JPG"], "val": ["3.JPG"], "test": ["4.JPG", "5.JPG"]},
    {"train": ["5.JPG", "4.JPG", "3.JPG", "2.JPG"], "val": [], "test": ["1.JPG", "0.JPG"]},
]


def test_splits_come_back_as_they_were_written(tmp_path):
    write_splits(tmp_path / "splits.json", "clive", TWO, first_seed=3)
    assert read_splits(tmp_path / "splits.json") == TWO
    written = json.loads((tmp_path / "splits.json").read_text())
    assert written["format"] == "attiqa-splits/1" and written["dataset"] == "clive"
    assert [split["seed"] for split in written["splits"]] == [3, 4]


def test_names_become_positions_with_folders_and_case_forgiven():
    parts = {"train": ["images/0.jpg", "2.JPG"], "val": [], "test": ["/elsewhere/5.JPG"]}
    assert split_indices(rated(), parts, Path("x")) == {"train": [0, 2], "val": [], "test": [5]}


def test_a_name_that_two_folders_share_needs_its_folder():
    both = RatedImages((Path("d/x/a.png"), Path("d/y/a.png")), np.array([1.0, 2.0], np.float32), MosRange(), "own")
    parts = {"train": ["x/a.png"], "val": [], "test": ["y/a.png"]}
    assert split_indices(both, parts, Path("s")) == {"train": [0], "val": [], "test": [1]}
    with pytest.raises(InputError, match=r"train names a\.png"):
        split_indices(both, {"train": ["a.png"], "test": ["y/a.png"]}, Path("s"))


def test_an_unknown_name_is_an_error_unless_images_may_be_missing():
    parts = {"train": ["0.JPG", "99.JPG"], "val": [], "test": ["1.JPG"]}
    with pytest.raises(InputError, match=r"mine\.json: train names 99\.JPG, which clive does not have"):
        split_indices(rated(), parts, Path("mine.json"))
    assert split_indices(rated(), parts, Path("x"), allow_missing=True)["train"] == [0]
    with pytest.raises(InputError, match="none of the 1 images of test"):
        split_indices(rated(), {"train": ["0.JPG"], "test": ["99.JPG"]}, Path("x"), allow_missing=True)


def test_one_image_under_two_names_in_two_parts_is_an_overlap():
    with pytest.raises(InputError, match=r"0\.JPG is both in train and in test"):
        split_indices(rated(), {"train": ["0.JPG"], "test": ["Images/0.JPG"]}, Path("x"))


def test_a_split_may_not_tear_a_group_apart():
    groups = ("cat", "cat", "dog", "dog", "owl", "owl")
    kept = {"train": ["0.JPG", "1.JPG"], "val": ["2.JPG", "3.JPG"], "test": ["4.JPG"]}
    assert split_indices(rated(6, groups), kept, Path("x"))["test"] == [4]
    torn = {"train": ["0.JPG", "2.JPG"], "val": [], "test": ["1.JPG"]}
    with pytest.raises(InputError, match="1 groups of clive lie both in train and in test, first 'cat'"):
        split_indices(rated(6, groups), torn, Path("x"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "JSON"),
        ("[]", "no split file"),
        ('{"format": "attiqa-splits/2"}', "no split file"),
        ('{"format": "attiqa-splits/1", "splits": []}', "holds no splits"),
        ('{"format": "attiqa-splits/1", "splits": [{"train": ["a"], "test": [1]}]}', "no list of image names for test"),
        ('{"format": "attiqa-splits/1", "splits": [{"train": ["a"], "test": []}]}', "split 0 has no images in test"),
        (
            '{"format": "attiqa-splits/1", "splits": [{"train": ["a", "b"], "test": ["b"]}]}',
            "both in train and in test",
        ),
        ('{"format": "attiqa-splits/1", "splits": [{"train": ["a", "a"], "test": ["b"]}]}', "names a twice in train"),
    ],
)
def test_a_bad_split_file_is_refused_in_one_sentence(tmp_path, content, message):
    (tmp_path / "splits.json").write_text(content)
    with pytest.raises(InputError, match=message):
        read_splits(tmp_path / "splits.json")


def test_a_bad_split_is_not_written(tmp_path):
    with pytest.raises(InputError, match="both in train and in test"):
        write_splits(tmp_path / "splits.json", "own", [{"train": ["a"], "test": ["a"]}])
    assert not (tmp_path / "splits.json").exists()


def test_a_csv_of_image_and_split_is_one_split(tmp_path):
    (tmp_path / "split.csv").write_text("image,split\na.png,training\nb.png,test\nc.png,val\n")
    assert read_splits(tmp_path / "split.csv") == [{"train": ["a.png"], "val": ["c.png"], "test": ["b.png"]}]
    (tmp_path / "split.csv").write_text("image,split\na.png,training\nb.png,tset\n")
    with pytest.raises(InputError, match=r"line 3: split 'tset'"):
        read_splits(tmp_path / "split.csv")


def test_liqes_lists_are_read_in_numeric_order(tmp_path):
    for number in (1, 2, 10):
        folder = tmp_path / str(number)
        folder.mkdir()
        for part, index in (("train", 0), ("val", 1), ("test", 2)):
            line = f"Images/{number}{index}.JPG\t73.242105\trealistic blur\tlandscape\tinvalid\tinvalid\n"
            (folder / f"clive_{part}_clip.txt").write_text(line)
        (folder / "koniq10k_test.txt").write_text("another data set's list, as LIQE has it\n")
    splits = read_splits(tmp_path)
    assert [parts["train"] for parts in splits] == [["Images/10.JPG"], ["Images/20.JPG"], ["Images/100.JPG"]]
    assert splits[0]["val"] == ["Images/11.JPG"] and splits[0]["test"] == ["Images/12.JPG"]
    (tmp_path / "2" / "clive_val_clip.txt").unlink()
    with pytest.raises(InputError, match="holds 0 lists named"):
        read_splits(tmp_path)


def arniqa(folder, **arrays):
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.array(array))
    return folder


def test_arniqas_index_arrays_count_the_whole_data_sets_rows(tmp_path):
    arniqa(tmp_path, train=[[0, 1, 2, -1], [5, 4, 3, 2]], val=[[3], [-1]], test=[[4, 5], [1, 0]])
    assert read_splits(tmp_path, rated()) == TWO


def test_flat_index_arrays_are_one_split(tmp_path):
    arniqa(tmp_path, train=[0, 1, 2], val=[3], test=[4, 5])
    assert read_splits(tmp_path, rated()) == TWO[:1]


def test_index_arrays_of_another_size_or_kind_are_refused(tmp_path):
    arniqa(tmp_path, train=[[0, 1, 2]], val=[[3]], test=[[4, 5]])
    with pytest.raises(InputError, match="without the data set"):
        read_splits(tmp_path)
    with pytest.raises(InputError, match="counts 6 images up to number 5, but clive has 5 here"):
        read_splits(tmp_path, rated(5))
    with pytest.raises(InputError, match="has 100 here"):
        read_splits(tmp_path, rated(100))
    arniqa(tmp_path, val=[[3], [2]])
    with pytest.raises(InputError, match="different numbers of splits"):
        read_splits(tmp_path, rated())
    arniqa(tmp_path, val=[[0.5]])
    with pytest.raises(InputError, match="whole numbers"):
        read_splits(tmp_path, rated())


def test_a_pickled_index_array_is_never_loaded(tmp_path):
    arniqa(tmp_path, train=[[0]], val=[[1]])
    np.save(tmp_path / "test.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="not a plain array of numbers"):
        read_splits(tmp_path, rated())


def test_liqes_real_names_fit_our_clive_photos(shared_data):
    from attiqa_core.datasets import read_rated

    photos = read_rated(shared_data / "clive", allow_missing=True)
    listed = {"train": ["Images/908.JPG", "Images/268.bmp"], "val": [], "test": ["Images/821.JPG", "Images/551.JPG"]}
    found = split_indices(photos, listed, Path("LIQE"), allow_missing=True)
    assert photos.names[found["train"][0]] == "908.JPG" and photos.mos[found["train"]].item() == pytest.approx(
        73.242105
    )
