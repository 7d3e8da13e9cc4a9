import shutil

import pytest
from fixtures.rated import scores, write

from attiqa_core.errors import InputError

PADDED = "mos_patch_1,name_patch,mos_image,name_image,is_valid"


@pytest.fixture
def flive(tmp_path):
    names = ["voc_emotic_ava/a.jpg", "voc_emotic_ava/b.jpg", "blur_dataset/c.jpg", "EE371R/rq59.jpg"]
    write(tmp_path / "labels_image.csv", "name,mos", *(f"{name},{70.5 + n}" for n, name in enumerate(names)))
    write(
        tmp_path / "labels640.csv",
        "mos_patch_1,name_patch,mos_image,name_image",
        "79.4,patches/a.jpg,70.5,voc_emotic_ava/a.jpg",
    )
    return tmp_path


def test_flives_image_split_comes_from_its_three_lists_without_patches(flive):
    write(
        flive / "labels=640_padded.csv",
        PADDED,
        "60.1,patches/b.jpg,71.5,voc_emotic_ava/b.jpg,False",
        "60.2,patches/c.jpg,72.5,blur_dataset/c.jpg,True",
    )
    rated = scores(flive)
    assert rated.split == ("test", "train", "val", "unused")
    assert not any("patches" in path.parts for path in rated.paths)


def test_flive_without_its_validation_list_says_so(flive):
    rated = scores(flive)
    assert rated.split == ("test", "train", "train", "train")
    assert any("padded" in note for note in rated.notes)


def test_flive_refuses_patches_and_overlapping_lists(flive):
    write(flive / "labels=640_padded.csv", PADDED, "1,patches/a.jpg,70.5,voc_emotic_ava/a.jpg,True")
    with pytest.raises(InputError, match=r"line 2: a\.jpg is also in the test list"):
        scores(flive)
    write(flive / "labels=640_padded.csv", PADDED, "1,patches/a.jpg,70.5,voc_emotic_ava/b.jpg,maybe")
    with pytest.raises(InputError, match="line 2: is_valid 'maybe'"):
        scores(flive)
    write(flive / "labels_image.csv", "name,mos", "patches/a.jpg,3", "patches/b.jpg,4")
    with pytest.raises(InputError, match=r"line 2: patches/a\.jpg is a patch"):
        scores(flive)


@pytest.mark.slow
def test_the_real_flive_tables_have_39810_images_of_which_1827_are_tested(shared_data, tmp_path):
    for name in ("labels_image.csv", "labels640.csv"):
        shutil.copy(shared_data / "scores" / f"flive_{name}", tmp_path / name)
    rated = scores(tmp_path)
    assert len(rated) == len(set(rated.names)) == 39810 and len(rated.part("test")) == 1827
