import pytest
from fixtures.study_pictures import write_versions

from attiqa_core.errors import InputError
from experiments.study.making.sources import find_scenes

SCENES = ["one", "two", "100CANON/one"]


@pytest.fixture
def folders(tmp_path):
    return dict(zip("abc", write_versions(tmp_path, ["plain", "tuned", "expert"], SCENES), strict=True))


def test_scenes_are_what_all_folders_have_by_path_without_suffix(folders):
    found, complaints = find_scenes(folders)
    assert sorted(found) == sorted(SCENES) and complaints == []
    assert found["100CANON/one"] == {
        "a": folders["a"] / "100CANON" / "one.png",
        "b": folders["b"] / "100CANON" / "one.jpg",
        "c": folders["c"] / "100CANON" / "one.png",
    }


def test_a_scene_that_lacks_a_version_is_left_out_and_said_with_the_folders_that_lack_it(folders):
    (folders["b"] / "one.jpg").unlink()
    (folders["c"] / "one.png").unlink()
    found, complaints = find_scenes(folders)
    assert sorted(found) == ["100CANON/one", "two"]
    assert complaints == [f"one: left out, not in {folders['b']}, {folders['c']}"]


def test_contact_sheets_previews_recipes_and_hidden_files_are_no_scenes(folders, tmp_path):
    strays = ["sheet.jpg", "sheet_001.jpg", "before_after.png", "one.recipe.json", ".before/one.jpg", "look_files/0123456789abcdef.jpg"]  # fmt: skip
    for folder in folders.values():
        for name in strays:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(b"")
    assert find_scenes(folders) == (find_scenes(folders)[0], []) and sorted(find_scenes(folders)[0]) == sorted(SCENES)


def test_of_two_files_of_one_name_none_is_chosen(folders):
    (folders["a"] / "two.tif").write_bytes(b"")
    found, complaints = find_scenes(folders)
    assert "two" not in found
    assert complaints[0].startswith(f"{folders['a'] / 'two.png'}: skipped, as two.tif has the same name")


def test_folders_that_share_nothing_are_refused_in_one_sentence(folders, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"plain and .*empty: no picture is in all of them under one name"):
        find_scenes({"a": folders["a"], "b": tmp_path / "empty"})
