import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from fixtures.photographs import write_noise
from fixtures.seeded import uniform
from PIL import Image

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json
from attiqa_core.labelling import cache as embeddings
from attiqa_core.labelling.labels import Labels, derive, label, read, write
from attiqa_core.teachers.golden import golden_image
from attiqa_core.teachers.statistics import StatisticsTeacher

pytestmark = pytest.mark.slow


class CountingTeacher:
    """Embeds a photo as its mean, labels it with a third of that; stops when its `patience` with batches is over."""

    name = "counting"
    rows = "embeddings"
    attribute_names = ATTRIBUTES

    def __init__(self, patience=100, prompts="a", factor=1 / 3):
        self.patience, self.prompts, self.factor = patience, prompts, factor

    def prepare(self, rgb):
        return torch.tensor(rgb.mean(), dtype=torch.float32)

    def encode(self, prepared):
        if self.patience == 0:
            raise KeyboardInterrupt
        self.patience -= 1
        return torch.stack(list(prepared))[:, None].repeat(1, 7)

    def labels(self, rows):
        return rows[:, :1].repeat(1, len(self.attribute_names)) * self.factor

    def attributes(self, images):
        raise NotImplementedError

    def lesson(self, photos, generator):
        raise NotImplementedError

    def encoder(self):
        return {"features": (7,), "precision": "fp32"}

    def golden(self):
        return [float(golden_image().mean())] * 7

    def provenance(self):
        return {"teacher": self.name, "prompts": self.prompts}


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    return folder, write_noise(folder, ["a.png", "b.png", "more/a.png", "more/ä b.png", "z.png"], 24, 30)


def test_what_is_written_is_read_back_bit_for_bit(tmp_path):
    values = uniform(50, 5) * 1e-3 + 0.123
    values[3, 0] = torch.nan
    written = Labels(tuple(f"x/{index}, y.png" for index in range(50)), values, {"teacher": "t"}, tmp_path, {})
    write(tmp_path, written)
    back = read(tmp_path)
    assert back.keys == written.keys and back.provenance == {"teacher": "t"} and back.root == tmp_path
    assert torch.equal(back.labels.nan_to_num(-1), values.nan_to_num(-1)) and back.labels.dtype == torch.float32


def test_columns_may_be_other_attributes(tmp_path):
    write(tmp_path, Labels(("a.png",), torch.tensor([[0.5]]), {}, tmp_path, {}, ("quality",)))
    assert read(tmp_path).attributes == ("quality",) and read(tmp_path).labels.tolist() == [[0.5]]


def test_labels_and_embeddings_stand_in_the_order_of_the_photos(photos, tmp_path):
    folder, paths = photos
    label([folder], CountingTeacher(), tmp_path / "run", batch=2)
    found = read(tmp_path / "run")
    means = [np.asarray(Image.open(path)).mean() for path in paths]
    assert found.keys == ("a.png", "b.png", "more/a.png", "more/ä b.png", "z.png") and found.root == folder
    assert found.attributes == ATTRIBUTES
    np.testing.assert_allclose(found.labels[:, 0], np.array(means) / 3, rtol=1e-5)
    keys, rows = embeddings.read(tmp_path / "run" / "cache")
    assert keys == found.keys
    np.testing.assert_allclose(rows[:, 0], means, rtol=1e-5)


@pytest.mark.slow
def test_a_stopped_run_goes_on_where_it_stopped(photos, tmp_path):
    folder, _ = photos
    with pytest.raises(KeyboardInterrupt):
        label([folder], CountingTeacher(patience=2), tmp_path / "run", shard_size=1)
    rest = CountingTeacher(patience=3)
    label([folder], rest, tmp_path / "run", shard_size=1)
    assert rest.patience == 0
    label([folder], CountingTeacher(), tmp_path / "whole", shard_size=1)
    for name in ("labels.csv", "labels.json"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.slow
def test_a_stopped_run_is_not_mixed_with_other_photos_or_teachers(photos, tmp_path):
    folder, paths = photos
    with pytest.raises(KeyboardInterrupt):
        label([folder], CountingTeacher(patience=1), tmp_path / "run", shard_size=1)
    with pytest.raises(UsageError, match="--out"):
        label(paths[:-1], CountingTeacher(), tmp_path / "run", shard_size=1)
    with pytest.raises(UsageError, match="--out"):
        label([folder], StatisticsTeacher(), tmp_path / "run", shard_size=1)


def test_other_prompts_are_labelled_from_the_cache_alone(photos, tmp_path):
    folder, paths = photos
    label([folder], CountingTeacher(), tmp_path / "run")
    for path in paths:
        path.unlink()
    other = CountingTeacher(patience=0, prompts="b", factor=-1)
    derive(embeddings.merge(tmp_path / "run" / "cache"), other, tmp_path / "other")
    torch.testing.assert_close(read(tmp_path / "other").labels, -3 * read(tmp_path / "run").labels)
    with pytest.raises(UsageError, match="other photos or prompts"):
        derive(embeddings.merge(tmp_path / "run" / "cache"), other, tmp_path / "run")


def test_labels_of_another_encoder_are_refused(photos, tmp_path):
    label([photos[0]], CountingTeacher(), tmp_path / "run")
    with pytest.raises(UsageError, match=r"another encoder \(.*teacher"):
        derive(embeddings.merge(tmp_path / "run" / "cache"), StatisticsTeacher(), tmp_path / "other")


def test_labels_do_not_depend_on_how_photos_are_cut_into_shards(photos, tmp_path):
    for size in (1, 2, 9):
        label([photos[0]], CountingTeacher(), tmp_path / str(size), shard_size=size, batch=2)
    tables = {(tmp_path / str(size) / "labels.csv").read_bytes() for size in (1, 2, 9)}
    assert len(tables) == 1


def test_unreadable_photos_are_recorded_and_left_out(photos, tmp_path):
    folder, _ = photos
    (folder / "b.png").write_bytes(b"not a picture")
    (folder / "z.png").write_bytes((folder / "z.png").read_bytes()[:200])
    label([folder], CountingTeacher(), tmp_path / "run", shard_size=1, max_error_rate=0.4)
    found = read(tmp_path / "run")
    assert found.keys == ("a.png", "more/a.png", "more/ä b.png") and set(found.errors) == {"b.png", "z.png"}


def test_no_readable_photo_at_all_is_an_error(tmp_path):
    (tmp_path / "one.png").write_bytes(b"")
    with pytest.raises(InputError, match="none of the 1 photos"):
        label([tmp_path / "one.png"], CountingTeacher(), tmp_path / "run", max_error_rate=1)


def test_changed_or_missing_labels_are_refused(photos, tmp_path):
    with pytest.raises(InputError, match=r"labels\.json"):
        read(tmp_path)
    label([photos[0]], CountingTeacher(), tmp_path / "run")
    table = tmp_path / "run" / "labels.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("z.png", "y.png"), encoding="utf-8")
    with pytest.raises(InputError, match="changed"):
        read(tmp_path / "run")
    table.unlink()
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "run")


def test_labels_of_before_columns_were_named_are_the_five(tmp_path):
    write(tmp_path, Labels(("a.png",), torch.rand(1, 5), {}, tmp_path, {}))
    about = read_json(tmp_path / "labels.json")
    del about["attributes"]
    (tmp_path / "labels.json").write_text(json.dumps(about))
    assert read(tmp_path).attributes == ATTRIBUTES


def test_statistics_are_cached_as_labels(photos, tmp_path):
    folder, paths = photos
    teacher = StatisticsTeacher(short_edge=24)
    label([folder], teacher, tmp_path / "run")
    expected = torch.cat([teacher.prepare(np.array(Image.open(path))) for path in paths])
    assert torch.equal(read(tmp_path / "run").labels, expected)
    with pytest.raises(UsageError, match="short_edge"):
        label([folder], replace(teacher, short_edge=20), tmp_path / "run")
    with pytest.raises(UsageError, match="--half"):
        label([folder], teacher, tmp_path / "half", half=True)
