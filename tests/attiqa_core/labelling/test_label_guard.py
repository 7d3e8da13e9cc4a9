"""Fewer bits are used only where the labels stay what they are in fp32."""

import numpy as np
import pytest
import torch
from fixtures.tiny_clip import write_clip
from PIL import Image

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import UsageError
from attiqa_core.files.whole import read_json
from attiqa_core.labelling import cache as embeddings
from attiqa_core.labelling.cache_plan import plan
from attiqa_core.labelling.encoding import embed_shards, worker
from attiqa_core.labelling.label_guard import LARGEST_ERROR, ImpreciseEncoder, label_change
from attiqa_core.labelling.labels import label, read
from attiqa_core.photos.sources import find_photos
from attiqa_core.shards.commit import uncommitted
from attiqa_core.teachers.clip import ClipTeacher
from attiqa_core.teachers.golden import golden_image

pytestmark = pytest.mark.slow


class RoundingTeacher:
    """Embeds a photo as its mean colours; in "bf16" they are wrong by `error`, up and down in turns."""

    name, rows, attribute_names = "rounding", "embeddings", ATTRIBUTES

    def __init__(self, error, precision="bf16", automatic=False):
        self.error, self.precision, self.automatic = error, precision, automatic

    def in_fp32(self):
        return RoundingTeacher(0.0, "fp32")

    def prepare(self, rgb):
        return torch.from_numpy(rgb.reshape(-1, 3).mean(0)).float() / 255

    def encode(self, prepared):
        rows = torch.stack(list(prepared))
        return rows + self.error * (-1.0) ** torch.arange(len(rows))[:, None]

    def labels(self, rows):
        return rows @ torch.linspace(-1, 1, 15).view(3, 5)

    def encoder(self):
        return {"precision": self.precision}

    def golden(self):
        return self.prepare(golden_image()).tolist()

    def provenance(self):
        return {"teacher": self.name, "prompts": {}, **self.encoder()}


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(9):
        colour = np.random.default_rng(index).integers(0, 256, 3)
        Image.fromarray(np.full((8, 9, 3), colour, np.uint8)).save(folder / f"{index}.png")
    return folder


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Make a `ClipTeacher` with tiny random weights."""
    folder = tmp_path_factory.mktemp("clip")
    weights = str(write_clip(folder, "guard-clip"))
    return lambda precision: ClipTeacher("guard-clip", weights, quick_gelu=False, precision=precision)


def planned(photos, cache, teacher, size=4):
    root, found = find_photos([photos])
    return plan(cache, root, found, teacher, shard_size=size)


@pytest.mark.filterwarnings("ignore:An input array is constant")
def test_a_change_of_labels_is_counted_in_their_standard_deviations_and_by_their_order():
    exact = torch.stack([torch.arange(11.0), torch.arange(11.0) * 2], 1)
    change = label_change(exact + 0.1, exact)
    assert change.largest_error_in_std == pytest.approx(0.1 / float(exact[:, 0].std()), rel=1e-4)
    assert change.lowest_srocc == pytest.approx(1)
    assert not change.is_negligible and label_change(exact, exact).is_negligible
    swapped = exact[[1, 0, *range(2, 11)]]
    assert label_change(swapped, exact).lowest_srocc < 0.9999
    constant = torch.ones(11, 1)
    assert not label_change(constant, constant).is_negligible  # nothing is known of an order that is not there


def test_bf16_that_leaves_the_labels_alone_is_used_and_recorded(photos, tmp_path):
    teacher = RoundingTeacher(1e-5)
    embed_shards(planned(photos, tmp_path / "cache", teacher), teacher)
    first, second = (read_json(tmp_path / "cache" / "shards" / f"{index:06d}.json") for index in (0, 1))
    assert 0 < first["about"]["bf16"]["largest_error_in_std"] < LARGEST_ERROR and "bf16" not in second["about"]
    assert embeddings.merge(tmp_path / "cache").count == 9


def test_bf16_that_would_change_the_labels_is_refused_by_the_limit_of_half(photos, tmp_path):
    teacher = RoundingTeacher(0.02)
    found = planned(photos, tmp_path / "cache", teacher)
    with pytest.raises(ImpreciseEncoder, match=r"bf16 would change the labels \(error 0\.\d+ .*--precision fp32"):
        worker(found, teacher)(found.shards()[0])
    assert len(uncommitted(found.shards())) == 3
    embed_shards(found, teacher, verified=False)
    assert uncommitted(found.shards()) == []


@pytest.mark.slow
def test_bf16_that_was_asked_for_is_refused_where_a_clip_is_not_good_enough_in_it(clip, photos, tmp_path):
    with pytest.raises(UsageError, match="bf16 would change the labels"):
        label([photos], clip("bf16"), tmp_path / "run")
    assert not (tmp_path / "run" / "labels.json").exists()


@pytest.mark.slow
def test_bf16_that_nobody_asked_for_gives_way_to_fp32_with_a_sentence(clip, photos, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True)
    said = []
    assert clip("auto").precision == "bf16"
    label([photos], clip("auto"), tmp_path / "auto", shard_size=4, notice=said.append)
    label([photos], clip("fp32"), tmp_path / "fp32", shard_size=4)
    assert len(said) == 1 and "bf16 would change the labels" in said[0] and said[0].endswith("; goes on in fp32")
    assert torch.equal(read(tmp_path / "auto").labels, read(tmp_path / "fp32").labels)
    assert read(tmp_path / "auto").provenance["precision"] == "fp32"


@pytest.mark.slow
def test_a_run_that_gave_way_goes_on_in_fp32(clip, photos, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True)
    said = []
    label([photos], clip("auto"), tmp_path / "run", shard_size=4, notice=said.append)
    whole = (tmp_path / "run" / "labels.csv").read_bytes()
    (tmp_path / "run" / "labels.json").unlink()
    (tmp_path / "run" / "cache" / "shards" / "000001.json").unlink()
    label([photos], clip("auto"), tmp_path / "run", shard_size=4, notice=said.append)
    assert (tmp_path / "run" / "labels.csv").read_bytes() == whole and len(said) == 1


def test_rows_in_bf16_are_not_mixed_with_rows_in_fp32(photos, tmp_path):
    good = RoundingTeacher(1e-5)
    found = planned(photos, tmp_path / "run" / "cache", good)
    worker(found, good)(found.shards()[1])
    with pytest.raises(ImpreciseEncoder):
        label([photos], RoundingTeacher(0.02, automatic=True), tmp_path / "run", shard_size=4)
    assert not (tmp_path / "run" / "labels.json").exists()


def test_a_single_photo_proves_nothing(photos, tmp_path):
    with pytest.raises(ImpreciseEncoder, match="bf16 cannot be verified on 1 photos"):
        label([photos / "0.png"], RoundingTeacher(0.0), tmp_path / "run")
    label([photos / "0.png"], RoundingTeacher(0.0, automatic=True), tmp_path / "auto", notice=lambda sentence: None)
    assert read(tmp_path / "auto").provenance["precision"] == "fp32"
