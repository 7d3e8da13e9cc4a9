from dataclasses import replace
from pathlib import Path

import pytest
import torch
from fixtures.json_lines import rows_of
from fixtures.photographs import photograph
from fixtures.seeded import seeded
from fixtures.tiny_net import tiny_net

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import write_json
from attiqa_core.labelling.cached_teacher import CachedTeacher
from attiqa_core.network.architecture import Architecture
from attiqa_core.network.backbones import make_encoder
from attiqa_core.network.model import AttiqaNet, architecture
from attiqa_core.network.pretrained import initialise_encoder
from attiqa_core.photos import picture_cache
from attiqa_core.teachers.degradation import DegradationTeacher
from attiqa_core.teachers.statistics import StatisticsTeacher
from attiqa_core.teachers.teacher import Lesson
from attiqa_core.tensor_files import save_tensors
from attiqa_core.training import distributed
from attiqa_core.training.pretrain import pretrain, steps_of
from attiqa_core.training.recipe import Objective, PretrainRecipe
from attiqa_core.training.supervision import AttributeModule, held_out_accuracy, lessons_about, scores_about


@pytest.fixture(scope="module")
def photos():
    """Eight pieces of a photograph, each darker than the one before."""
    astronaut = photograph()
    pieces = [astronaut[:, y : y + 96, x : x + 96] for y in (0, 200, 400) for x in (0, 200, 400)][:8]
    return [(piece * (1 - 0.1 * number)).to(torch.uint8) for number, piece in enumerate(pieces)]


def losses_of(net, photos, teachers, folder: Path, **options) -> list[float]:
    folder.mkdir()
    small = {"batch": 8, "crop": 64, "optimizer": "adamw", "lr": 0.1}
    pretrain(net, photos, teachers, PretrainRecipe(**small | options), run=folder, quiet=True)
    return [row["loss"] for row in rows_of(folder / "metrics.jsonl")]


@pytest.mark.slow
def test_pretraining_learns_to_rank_as_its_teacher(photos, tmp_path):
    """Chance ranks half of the pairs rightly; seeds 0 to 3 came to 0.70 to 0.79."""
    net, teacher = tiny_net(16), DegradationTeacher(4, fewest_axes=3, most_axes=5)
    losses_of(net, photos, [teacher], tmp_path / "run", epochs=30)
    accuracy = held_out_accuracy(AttributeModule(net), photos, range(8), [DegradationTeacher(4)], 64)["degradation"]
    assert sum(accuracy.values()) / len(accuracy) > 0.65


@pytest.mark.parametrize("pairs", ["in-batch", "random"])
@pytest.mark.slow
def test_pretraining_learns_cached_labels(photos, tmp_path, pairs):
    teacher = CachedTeacher(torch.arange(8.0)[:, None].expand(8, 5), {})
    net = tiny_net()
    losses_of(net, photos, [teacher], tmp_path / "run", epochs=25, objective=Objective(pairs=pairs))
    accuracy = held_out_accuracy(AttributeModule(net), photos, range(8), [teacher], 64)["labels"]
    assert all(accuracy[attribute] > 0.8 for attribute in ATTRIBUTES)


@pytest.mark.slow
def test_the_l2_objective_fits_probabilities(photos, tmp_path):
    net = tiny_net(attributes=("quality",))
    labels = torch.linspace(-0.03, 0.03, 8)[:, None]
    losses = losses_of(net, photos, [CachedTeacher(labels, {})], tmp_path / "run", epochs=40, objective=Objective("l2"))
    assert net.heads_output.shape[0] == 1 and losses[-1] < 0.5 * losses[0]


@pytest.mark.slow
def test_held_out_photos_are_never_trained_on(photos, tmp_path, monkeypatch):
    seen = set()
    crop = picture_cache.crop_at
    monkeypatch.setattr(
        picture_cache, "crop_at", lambda picture, *place: seen.add(id(picture)) or crop(picture, *place)
    )
    recipe = PretrainRecipe(epochs=2, batch=3, crop=64)
    pretrain(tiny_net(), photos, [StatisticsTeacher()], recipe, held_out=[2, 5], quiet=True, seed=1, run=None)
    evaluated = {id(photos[index]) for index in (2, 5)}
    trained = {id(photo) for photo in photos} - evaluated
    assert trained <= seen
    seen.clear()
    monkeypatch.setattr("attiqa_core.training.pretrain.held_out_accuracy", lambda *_: {})
    pretrain(tiny_net(), photos, [StatisticsTeacher()], replace(recipe, epochs=4), held_out=[2, 5], quiet=True)
    assert seen == trained


def test_held_out_accuracy_is_one_half_for_a_network_that_says_nothing(photos):
    net = tiny_net()
    with torch.no_grad():
        net.heads_output.zero_()
    accuracy = held_out_accuracy(
        AttributeModule(net), photos, [1, 4, 6], [DegradationTeacher(2), StatisticsTeacher()], 64
    )
    assert set(accuracy) == {"degradation", "statistics"}
    assert {value for row in accuracy.values() for value in row.values()} <= {0.5, None}


def test_cached_labels_are_about_the_photos_and_others_about_the_first_teachers_images(photos):
    images, generator = torch.rand(4, 3, 32, 32), seeded()
    labels = torch.rand(8, 5)
    teachers = [DegradationTeacher(2), CachedTeacher(labels, {}), StatisticsTeacher()]
    cached, degraded, measured = lessons_about(teachers, images, torch.tensor([3, 1, 0, 7]), generator)
    assert cached.images is images and torch.equal(cached.labels, labels[[3, 1, 0, 7]])
    assert measured.images is degraded.images and len(degraded.images) == 8
    passes = []
    scores = scores_about(lambda given: passes.append(len(given)) or given.mean((2, 3)), [cached, degraded, measured])
    assert passes == [12]
    assert torch.equal(scores[0], images.mean((2, 3))) and torch.equal(scores[2], degraded.images.mean((2, 3)))


class TiesWithinPhotos:
    """Two versions of each photo that nobody can tell apart; other photos have other labels."""

    name = "ties"

    def lesson(self, photos, generator):
        groups = torch.arange(len(photos)).repeat_interleave(2)
        labels = photos.mean((1, 2, 3)).repeat_interleave(2)[:, None].expand(-1, 5)
        return Lesson(photos.repeat_interleave(2, 0), labels, groups, across_photos=False)

    def provenance(self):
        return {}


def test_held_out_photos_of_two_chunks_are_not_compared_with_each_other(photos):
    many = [
        photos[index % 8] for index in range(33)
    ]  # the second chunk holds one photo, whose group is 0 like the first's
    many[32] = photos[7]
    accuracy = held_out_accuracy(AttributeModule(tiny_net()), many, range(33), [TiesWithinPhotos()], 32)
    assert set(accuracy["ties"].values()) == {None}


def test_a_flat_grey_photo_among_the_held_out_leaves_every_accuracy_a_number(photos):
    """Nobody knows how sharp it is: its pairs do not count, those of the others do."""
    net = AttributeModule(tiny_net())
    without = held_out_accuracy(net, photos, range(8), [StatisticsTeacher()], 64)["statistics"]
    grey = [*photos, torch.full((3, 96, 96), 128, dtype=torch.uint8)]
    accuracy = held_out_accuracy(net, grey, range(9), [StatisticsTeacher()], 64)["statistics"]
    assert accuracy["sharpness"] == without["sharpness"]
    assert all(0 <= value <= 1 for value in accuracy.values())


def test_bf16_keeps_heads_and_scores_in_fp32(photos):
    net, images = tiny_net().eval(), torch.rand(3, 3, 64, 64)
    half, full = (AttributeModule(net, precision)(images) for precision in ("bf16", "fp32"))
    assert half.dtype == torch.float32 and not torch.equal(half, full)
    torch.testing.assert_close(half, full, rtol=0.1, atol=0.05)


def test_a_batch_that_cannot_be_dealt_out_is_refused(photos):
    with pytest.raises(UsageError, match="--batch 6"):
        pretrain(tiny_net(), photos, [StatisticsTeacher()], PretrainRecipe(batch=6, accumulate=4, crop=64))


@pytest.mark.parametrize(("photos", "accumulate", "sizes"), [(16, 1, [8, 8]), (21, 2, [8, 8, 5]), (19, 2, [8, 11])])
def test_all_photos_are_learned_from_with_two_for_every_micro_batch(photos, accumulate, sizes):
    recipe = PretrainRecipe(batch=8, accumulate=accumulate)
    assert [len(step) for step in steps_of(torch.arange(photos), recipe)] == sizes


def test_several_processes_take_whole_batches(monkeypatch):
    monkeypatch.setattr(distributed, "is_on", lambda: True)
    assert [len(step) for step in steps_of(torch.arange(21), PretrainRecipe(batch=8))] == [8, 8]


def test_an_epoch_of_pretraining_sees_every_photo_once(photos, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "attiqa_core.training.pretrain.present",
        lambda _photos, plan: seen.extend(plan.indices.tolist()) or plan.indices,
    )
    recipe = PretrainRecipe(epochs=1, batch=6, accumulate=2, crop=64)
    pretrain(tiny_net(), photos, [StatisticsTeacher()], recipe, quiet=True)
    assert sorted(seen) == list(range(8))


@pytest.mark.parametrize(
    ("name", "features"),
    [("test_vit", 64), ("mobilenetv3_small_050", 1024), ("torchvision:mobilenet_v3_small", 1024)],
)
def test_backbones_of_both_libraries_give_pooled_features_at_any_size(name, features):
    encoder = make_encoder(name).eval()
    assert encoder.num_features == features
    with torch.no_grad():
        assert encoder(torch.rand(1, 3, 64, 96)).shape == (1, features)


@pytest.mark.slow
def test_torchvision_backbones_know_their_input_and_their_limits():
    arch = architecture("torchvision:resnet18", 4)
    assert arch.mean == (0.485, 0.456, 0.406) and AttiqaNet(arch).encoder.num_features == 512
    for name, said in (("torchvision:resnet9", "resnet18"), ("torchvision:squeezenet1_0", "classifier")):
        with pytest.raises(UsageError, match=said):
            AttiqaNet(Architecture(name)) if "squeeze" in name else architecture(name, 4)
    with pytest.raises(UsageError, match="--pooling stages"):
        AttiqaNet(architecture("torchvision:resnet18", 4, "stages"))


def test_weights_of_another_backbone_or_attribute_order_are_refused_by_name(tmp_path):
    weights = tmp_path / "pretrained.safetensors"
    net = tiny_net(attributes=tuple(reversed(ATTRIBUTES)))
    save_tensors(weights, net.state_dict())
    write_json(weights.with_suffix(".json"), {"architecture": net.arch.to_dict()})
    with pytest.raises(InputError, match=r"pretrained\.safetensors: its attributes is noisiness, .*, not sharpness"):
        initialise_encoder(tiny_net(), str(weights))
    with pytest.raises(InputError, match="its backbone is test_efficientnet, not test_resnet"):
        initialise_encoder(AttiqaNet(architecture("test_resnet", 4, attributes=net.arch.attributes)), str(weights))
    with pytest.raises(InputError, match="its pooling is last, not stages"):
        initialise_encoder(tiny_net(pooling="stages", attributes=net.arch.attributes), str(weights))
    same = tiny_net(attributes=net.arch.attributes)
    assert initialise_encoder(same, str(weights)) == str(weights)


def test_weights_that_were_changed_since_they_were_described_are_refused(tmp_path):
    weights = tmp_path / "pretrained.safetensors"
    save_tensors(weights, tiny_net().state_dict())
    write_json(weights.with_suffix(".json"), {"architecture": tiny_net().arch.to_dict(), "sha256": "0" * 64})
    with pytest.raises(InputError, match=r"pretrained\.safetensors: its SHA-256"):
        initialise_encoder(tiny_net(), str(weights))
