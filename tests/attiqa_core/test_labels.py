import json

import numpy as np
import pytest
import torch
from PIL import Image

from attiqa_core import labels as pseudo
from attiqa_core.errors import InputError, UsageError
from attiqa_core.labels import Labels, keys_below_root, label, read, read_embeddings, write
from attiqa_core.teachers.statistics import StatisticsTeacher
from experiments.label import Config, run


class CountingTeacher:
    """Labels a photo with its mean; stops when its `patience` with batches is over."""

    name = "counting"

    def __init__(self, patience=100):
        self.patience = patience

    def measure(self, pictures):
        if self.patience == 0:
            raise KeyboardInterrupt
        self.patience -= 1
        means = torch.stack([picture.float().mean() for picture in pictures])
        return {"labels": means[:, None].repeat(1, 5) / 3, "embeddings": means[:, None].repeat(1, 7)}

    def attributes(self, images):
        raise NotImplementedError

    def lesson(self, photos, generator):
        raise NotImplementedError

    def provenance(self):
        return {"teacher": self.name, "pair": ("a", "b")}


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    generator = np.random.default_rng(0)
    names = ["a.png", "b.png", "more/a.png", "more/ä b.png", "z.png"]
    for name in names:
        pixels = generator.integers(0, 256, (24, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
    return folder, [folder / name for name in names]


def test_what_is_written_is_read_back_bit_for_bit(tmp_path):
    values = torch.rand(50, 5, generator=torch.Generator().manual_seed(0)) * 1e-3 + 0.123
    values[3, 0] = torch.nan
    written = Labels(tuple(f"x/{index}, y.png" for index in range(50)), values, {"teacher": "t"}, tmp_path, {})
    write(tmp_path, written)
    back = read(tmp_path)
    assert back.keys == written.keys and back.provenance == {"teacher": "t"} and back.root == tmp_path
    assert torch.equal(back.labels.nan_to_num(-1), values.nan_to_num(-1)) and back.labels.dtype == torch.float32


def test_labels_and_embeddings_stand_in_the_order_of_the_photos(photos, tmp_path):
    folder, paths = photos
    label(paths, CountingTeacher(), tmp_path / "run", batch=2)
    found = read(tmp_path / "run")
    means = [np.asarray(Image.open(path)).mean() for path in paths]
    assert found.keys == ("a.png", "b.png", "more/a.png", "more/ä b.png", "z.png") and found.root == folder
    np.testing.assert_allclose(found.labels[:, 0], np.array(means) / 3, rtol=1e-5)
    np.testing.assert_allclose(read_embeddings(tmp_path / "run")[:, 0], means, rtol=1e-5)
    assert not (tmp_path / "run" / "parts").exists()


def test_a_stopped_run_goes_on_where_it_stopped(photos, tmp_path):
    _, paths = photos
    with pytest.raises(KeyboardInterrupt):
        label(paths, CountingTeacher(patience=2), tmp_path / "run", batch=1)
    rest = CountingTeacher(patience=3)
    label(paths, rest, tmp_path / "run", batch=1)
    assert rest.patience == 0
    label(paths, CountingTeacher(), tmp_path / "whole", batch=1)
    assert torch.equal(read(tmp_path / "run").labels, read(tmp_path / "whole").labels)


def test_a_stopped_run_is_not_mixed_with_other_photos_or_teachers(photos, tmp_path):
    _, paths = photos
    with pytest.raises(KeyboardInterrupt):
        label(paths, CountingTeacher(patience=1), tmp_path / "run", batch=1)
    with pytest.raises(UsageError, match="--out"):
        label(paths[:-1], CountingTeacher(), tmp_path / "run", batch=1)
    with pytest.raises(UsageError, match="--out"):
        label(paths, StatisticsTeacher(), tmp_path / "run", batch=1)


def test_unreadable_photos_are_recorded_and_left_out(photos, tmp_path):
    folder, paths = photos
    (folder / "b.png").write_bytes(b"not a picture")
    (folder / "z.png").write_bytes((folder / "z.png").read_bytes()[:200])
    found = label(paths, CountingTeacher(), tmp_path / "run", batch=1)
    assert found.keys == ("a.png", "more/a.png", "more/ä b.png")
    assert set(read(tmp_path / "run").errors) == {"b.png", "z.png"}
    assert read_embeddings(tmp_path / "run").shape == (3, 7)


def test_no_readable_photo_at_all_is_an_error(tmp_path):
    (tmp_path / "one.png").write_bytes(b"")
    with pytest.raises(InputError, match="none of the 1 photos"):
        label([tmp_path / "one.png"], CountingTeacher(), tmp_path / "run")


def test_changed_or_missing_labels_are_refused(photos, tmp_path):
    _, paths = photos
    with pytest.raises(InputError, match=r"labels\.json"):
        read(tmp_path)
    label(paths, CountingTeacher(), tmp_path / "run")
    table = tmp_path / "run" / "labels.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("z.png", "y.png"), encoding="utf-8")
    with pytest.raises(InputError, match="changed"):
        read(tmp_path / "run")
    table.unlink()
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "run")


def test_the_root_is_the_deepest_common_folder(tmp_path):
    root, keys = keys_below_root([tmp_path / "x" / "1.png", tmp_path / "x" / "y" / "1.png"])
    assert root == tmp_path / "x" and keys == ["1.png", "y/1.png"]
    assert keys_below_root([tmp_path / "x" / "1.png"]) == (tmp_path / "x", ["1.png"])


def test_the_command_labels_with_classical_measures(photos, tmp_path):
    folder, paths = photos
    (folder / "b.png").write_bytes(b"not a picture")
    out = tmp_path / "run"
    outcome = run(Config(photos=(folder,), out=out, teacher="statistics", batch=2))
    assert outcome.path == out and len(outcome.failures) == 1 and "b.png" in outcome.failures[0]
    picture = pseudo.read_picture(paths[0])
    expected = StatisticsTeacher().measure([picture])["labels"][0]
    torch.testing.assert_close(read(out).labels[0], expected)
    assert json.loads((out / "labels.json").read_text(encoding="utf-8"))["provenance"]["teacher"] == "statistics"


def test_the_command_refuses_a_used_folder_and_resumes_on_request(photos, tmp_path):
    folder, _ = photos
    config = Config(photos=(folder,), out=tmp_path / "run", teacher="statistics")
    run(config)
    with pytest.raises(UsageError, match="--out"):
        run(config)
    again = run(Config(photos=(folder,), out=tmp_path / "run", teacher="statistics", resume=True))
    assert again.path == tmp_path / "run"


def test_the_command_checks_its_numbers(photos, tmp_path):
    with pytest.raises(UsageError, match="--batch"):
        run(Config(photos=(photos[0],), out=tmp_path / "run", teacher="statistics", batch=0))
