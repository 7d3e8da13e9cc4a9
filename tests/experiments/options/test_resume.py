"""A run is resumed with the options and the files that it was begun with, and with nothing else."""

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json
from attiqa_core.photos.sources import Photo
from attiqa_core.runs.lock import PRIVATE
from experiments.options.resume import (
    begin_or_resume,
    hash_of_contents,
    hash_of_files,
    inputs_of_photos,
    inputs_of_weights,
)


@dataclass(frozen=True)
class Options:
    out: Path
    epochs: int = 3
    device: str = "cpu"
    resume: bool = False


@pytest.fixture
def again(tmp_path):
    """The options of a run that was begun, ready to go on."""
    options = Options(tmp_path / "run")
    begin_or_resume(options, {"mos_sha256": "a" * 64, "arm:one": "random"})
    return replace(options, resume=True)


def inputs_of(options):
    return read_json(options.out / "meta.json")["inputs"]


def test_the_same_options_and_files_go_on_and_a_device_may_change(again):
    inputs = inputs_of(again)
    assert begin_or_resume(replace(again, device="cuda"), inputs) == again.out
    assert inputs_of(again) == inputs


@pytest.mark.parametrize("inputs", [{"mos_sha256": "b" * 64}, {}, {"mos_sha256": "a" * 64, "labels_sha256": "c"}])
def test_other_missing_or_further_files_are_refused(again, inputs):
    with pytest.raises(InputError, match=r"was begun with other files: (mos|labels)_sha256 was"):
        begin_or_resume(again, inputs)


def test_other_options_are_refused_by_name(again):
    with pytest.raises(InputError, match="was begun with epochs 3, not 4"):
        begin_or_resume(replace(again, epochs=4), inputs_of(again))


def test_a_part_may_be_added_or_left_out_but_not_exchanged(again):
    own = {"mos_sha256": "a" * 64}
    begin_or_resume(again, {**own, "arm:two": "imagenet"})
    assert inputs_of(again) == {**own, "arm:one": "random", "arm:two": "imagenet"}
    for exchanged in ({"arm:one": "imagenet"}, {"arm:two": "random"}):
        with pytest.raises(InputError, match=r"arm:(one|two) was"):
            begin_or_resume(again, {**own, **exchanged})
    assert inputs_of(again) == {**own, "arm:one": "random", "arm:two": "imagenet"}


def test_a_folder_of_other_files_is_no_run_to_go_on_with(again, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mine.jpg").touch()
    with pytest.raises(InputError, match="no run to go on with"):
        begin_or_resume(replace(again, out=tmp_path / "photos"), {})
    with pytest.raises(UsageError, match="already holds files"):
        begin_or_resume(replace(again, resume=False), {})
    assert begin_or_resume(replace(again, out=tmp_path / "new"), {}) == tmp_path / "new"


def test_a_run_that_was_killed_before_its_meta_json_was_there_is_begun_by_going_on(again):
    (again.out / "meta.json").unlink()
    (again.out / PRIVATE).mkdir()
    with pytest.raises(InputError, match="was begun with epochs 3, not 4"):
        begin_or_resume(replace(again, epochs=4), {})
    begin_or_resume(again, {"mos_sha256": "b" * 64})
    assert inputs_of(again) == {"mos_sha256": "b" * 64}


def test_the_hash_of_a_folder_is_that_of_all_files_below(tmp_path):
    (tmp_path / "lists" / "1").mkdir(parents=True)
    (tmp_path / "lists" / "1" / "train.txt").write_text("a")
    before = hash_of_files(tmp_path / "lists")
    (tmp_path / "lists" / "1" / "train.txt").write_text("b")
    assert hash_of_files(tmp_path / "lists") != before
    with pytest.raises(InputError, match="nowhere"):
        hash_of_files(tmp_path / "nowhere")


def test_the_hash_of_contents_follows_bytes_and_order_but_no_names(tmp_path):
    first, second, renamed = (tmp_path / name for name in ("a.png", "b.png", "c.png"))
    for path, text in ((first, "one"), (second, "two"), (renamed, "one")):
        path.write_text(text)
    assert hash_of_contents([first, second]) == hash_of_contents([renamed, second])
    assert hash_of_contents([first, second]) != hash_of_contents([second, first])


def test_weights_are_inputs_where_they_are_a_file_or_a_local_folder(tmp_path):
    (tmp_path / "clip.safetensors").write_text("weights")
    options = SimpleNamespace(
        init="random", clip_weights=str(tmp_path / "clip.safetensors"), clip_model=f"local-dir:{tmp_path}"
    )
    found = inputs_of_weights(options, "init", "clip_weights", "clip_model")
    assert set(found) == {"clip_weights_sha256", "clip_model_sha256"}
    (tmp_path / "clip.safetensors").write_text("others")
    changed = inputs_of_weights(options, "init", "clip_weights", "clip_model")
    assert all(changed[name] != found[name] for name in found)


def test_one_flipped_bit_in_what_a_run_was_begun_with_is_seen(again):
    inputs = inputs_of(again)
    for path in (again.out / "meta.json", again.out / "config.toml"):
        whole = path.read_bytes()
        for place in range(0, len(whole), 7):
            flipped = bytearray(whole)
            flipped[place] ^= 4
            path.write_bytes(flipped)
            with pytest.raises(InputError, match=path.name):
                begin_or_resume(again, inputs)
        path.write_bytes(whole)
    begin_or_resume(again, inputs)


def test_another_photo_of_just_as_many_bytes_a_removed_and_an_added_one_are_noticed(tmp_path):
    photos = [Photo(name, tmp_path / name) for name in ("a.jpg", "b.jpg")]
    for photo in photos:
        photo.path.write_bytes(b"EXIF" * 2000 + photo.key.encode() * 1000)
    before = inputs_of_photos(photos)
    photos[1].path.write_bytes(b"EXIF" * 2000 + b"c.jpg" * 1000)
    assert inputs_of_photos(photos)["photos_sha256"] != before["photos_sha256"]
    photos[1].path.write_bytes(b"EXIF" * 2000 + b"b.jpg" * 1000)
    assert inputs_of_photos(photos) == before != inputs_of_photos(photos[:1])
    whole = Photo("b.jpg", tmp_path / "x.tar", offset=10, size=13000)
    whole.path.write_bytes(b"x" * 10 + photos[1].path.read_bytes() + b"y" * 99)
    assert inputs_of_photos([photos[0], whole]) == before
