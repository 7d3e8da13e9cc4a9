from pathlib import PurePath

from attiqa_core.files.whole import sha256, write_json
from experiments.rendering.staging import complete, put_in_place, staged, staging

PLACE = PurePath("100CANON/IMG_1")


def stage(out, content: bytes = b"picture") -> dict:
    path = staged(out, PLACE, ".jpg")
    path.write_bytes(content)
    return {"picture": {"name": path.name, "sha256": sha256(path)}}


def names(out) -> set[str]:
    return {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}


def test_picture_and_recipe_arrive_together(tmp_path):
    put_in_place(tmp_path, PLACE, ".jpg", stage(tmp_path))
    assert names(tmp_path) == {"100CANON/IMG_1.jpg", "100CANON/IMG_1.recipe.json"}


def test_a_picture_in_its_place_is_kept_through_a_power_cut(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr("experiments.rendering.staging.sync_folder", lambda folder: synced.append(names(folder)))
    put_in_place(tmp_path, PLACE, ".jpg", stage(tmp_path))
    assert synced == [{"IMG_1.jpg", "IMG_1.recipe.json"}]


def test_killed_between_picture_and_recipe_the_next_start_completes_them(tmp_path):
    recipe = stage(tmp_path)
    write_json(staged(tmp_path, PLACE, ".recipe.json"), recipe)
    (tmp_path / "100CANON").mkdir()
    staged(tmp_path, PLACE, ".jpg").replace(tmp_path / "100CANON" / "IMG_1.jpg")
    complete(tmp_path)
    assert names(tmp_path) == {"100CANON/IMG_1.jpg", "100CANON/IMG_1.recipe.json"}
    assert not staging(tmp_path).exists()


def test_killed_before_that_the_next_start_removes_them(tmp_path):
    recipe = stage(tmp_path)
    complete(tmp_path)
    assert names(tmp_path) == set()
    write_json(staged(tmp_path, PLACE, ".recipe.json"), recipe)
    staged(tmp_path, PLACE, ".jpg").write_bytes(b"pic")
    (staging(tmp_path) / ".IMG_1.x.recipe.json").write_text("{")
    complete(tmp_path)
    assert names(tmp_path) == set()


def test_a_picture_with_other_bytes_gets_no_recipe(tmp_path):
    write_json(staged(tmp_path, PLACE, ".recipe.json"), stage(tmp_path))
    (tmp_path / "100CANON").mkdir()
    (tmp_path / "100CANON" / "IMG_1.jpg").write_bytes(b"mine")
    complete(tmp_path)
    assert names(tmp_path) == {"100CANON/IMG_1.jpg"}
