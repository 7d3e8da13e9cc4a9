import json

import open_clip
import pytest
import torch
from fixtures.json_lines import rows_of
from fixtures.judges import tiny_qualiclip
from fixtures.photographs import photograph
from fixtures.seeded import seeded
from fixtures.tolerances import NETWORK
from safetensors.torch import save_file
from torch import nn

from attiqa_core.distortions.severity_ladder import KINDS, ladder, severities
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json
from attiqa_core.judges.judge import create_metric
from attiqa_core.judges.prompt_judge import Scale
from attiqa_core.judges.qualiclip import QUALITY_PAIRS, load_qualiclip, sides_of
from attiqa_core.judges.towers import random_text
from attiqa_core.teachers.qualiclip import QualiClipTeacher
from attiqa_core.training.qualiclip import (
    consistency_loss,
    crop_pairs,
    level_ranking_loss,
    similarities_of,
    train_qualiclip,
)
from attiqa_core.training.recipe import QualiClipRecipe
from experiments.commands import qualiclip

RECIPE = QualiClipRecipe(levels=3, crop=48, spare=8, epochs=10, batch=5, lr=5e-2)


@pytest.fixture(scope="module")
def pictures():
    picture = photograph()
    return [picture[:, y : y + 64, x : x + 64].contiguous() for y in (0, 120, 200, 320) for x in (60, 180, 300, 400)]


@pytest.fixture
def photos(pictures):
    return torch.stack(pictures[:3]) / 255.0


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=list(KINDS))
def test_each_kind_starts_at_the_photo_and_moves_away_from_it(photos, kind):
    before = photos.clone()
    versions = ladder(photos, torch.full((3,), kind), 4, seeded())
    away = (versions - photos).square().mean((2, 3, 4))
    assert torch.equal(versions[0], photos) and torch.equal(photos, before)
    assert (away.diff(dim=0) > 0).all() and versions.min() >= 0 and versions.max() <= 1
    assert torch.equal(versions, ladder(photos, torch.full((3,), kind), 4, seeded()))


def test_a_mixed_ladder_gives_each_photo_its_own_kind(photos):
    kinds = torch.tensor([list(KINDS).index(name) for name in ("compression", "darkening", "compression")])
    mixed = ladder(photos, kinds, 3, seeded())
    alone = ladder(photos[1:2], kinds[1:2], 3, seeded())
    torch.testing.assert_close(mixed[:, 1:2], alone)
    assert severities(3) == [0.0, 0.5, 1.0]


def similarities(positive, negative):
    """Levels x 1 photo x 2 equal crops x 2 sides."""
    return torch.tensor([positive, negative]).T[:, None, None].expand(-1, 1, 2, 2)


def test_the_ranking_wants_positive_likeness_to_fall_and_negative_likeness_to_rise():
    right = similarities([0.3, 0.2, 0.1], [0.1, 0.2, 0.3])
    assert float(level_ranking_loss(right, 0.05)) == 0
    # pairs differ by 0.1, 0.1 and 0.2 in the wrong direction, the mean of margin + difference, on both sides
    assert float(level_ranking_loss(right.flip(0), 0.05)) == pytest.approx(2 * (0.15 + 0.15 + 0.25) / 3)
    assert float(level_ranking_loss(similarities([0.2] * 3, [0.2] * 3), 0.05)) == pytest.approx(0.1)
    half = similarities([0.3, 0.2, 0.1], [0.3, 0.2, 0.1])  # falls on both sides: only the negative one is wrong
    assert float(level_ranking_loss(half, 0.0)) == pytest.approx((0.1 + 0.1 + 0.2) / 3)


def test_consistency_is_free_within_the_tolerance_and_linear_beyond():
    found = torch.zeros(3, 1, 2, 2)
    found[:, :, 1] = 0.01
    assert float(consistency_loss(found, 0.02)) == 0
    assert float(consistency_loss(found, 0.004)) == pytest.approx(0.006)


def test_two_crops_overlap_and_lie_at_the_same_place_in_every_version(photos):
    place = torch.arange(64.0).view(1, 1, 1, 64, 1) * 64 + torch.arange(64.0)
    crops = crop_pairs(place.expand(3, 2, 3, 64, 64), 48, seeded())
    assert crops.shape == (3, 2, 2, 3, 48, 48)
    assert torch.equal(crops[0], crops[2])
    corners = crops[0, :, :, 0, 0, 0]
    assert (corners.unique().numel() > 1) and (corners // 64 <= 16).all() and (corners % 64 <= 16).all()


def test_likeness_is_the_mean_cosine_over_the_pairs():
    text = random_text(QUALITY_PAIRS, 16)
    crops = torch.rand(2, 1, 2, 3, 4, 4, generator=seeded())
    found = similarities_of(lambda images: images.flatten(1)[:, :16], crops, sides_of(text))
    image = crops[1, 0, 1].flatten()[:16]
    expected = torch.stack([torch.cosine_similarity(image[None], text[:, side]).mean() for side in (0, 1)])
    torch.testing.assert_close(found[1, 0, 1], expected)


def test_random_directions_depend_on_the_text_alone_and_are_nearly_orthogonal():
    one, other = random_text(QUALITY_PAIRS, 512), random_text(list(reversed(QUALITY_PAIRS)), 512)
    assert torch.equal(one, other.flip(0)) and not torch.equal(one, random_text(QUALITY_PAIRS, 512, seed=1))
    flat = one.flatten(0, 1)
    assert ((flat @ flat.T) - torch.eye(len(flat))).abs().max() < 0.2


class DetailTower(nn.Module):
    """Sees nothing but how much neighbours differ, in a space that a linear map can turn."""

    def __init__(self):
        super().__init__()
        self.projection = nn.Linear(1, 16)

    def learned(self):
        return list(self.parameters())

    def forward(self, images):
        return self.projection(30 * images.diff(dim=3).abs().mean((1, 2, 3))[:, None])


@pytest.mark.slow
def test_training_learns_to_rank_a_degradation(pictures, tmp_path, monkeypatch):
    blur_alone = {"blur": KINDS["blur"]}  # so few weights can follow one kind only
    monkeypatch.setattr("attiqa_core.training.qualiclip.KINDS", blur_alone)
    monkeypatch.setattr("attiqa_core.distortions.severity_ladder.KINDS", blur_alone)
    torch.manual_seed(0)
    tower, sides = DetailTower(), sides_of(random_text(QUALITY_PAIRS, 16))
    train_qualiclip(tower, sides, pictures[6:], RECIPE, held_out=pictures[:6], run=tmp_path, quiet=True)
    rows = rows_of(tmp_path / "metrics.jsonl")
    assert rows[-1]["loss"] < 0.8 * rows[0]["loss"]
    assert rows[-1]["held_out_ranking_accuracy"] == {"blur": 1.0, "mean": 1.0}


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory, pictures):
    return tiny_qualiclip(tmp_path_factory.mktemp("runs") / "stand-in", pictures)


def test_calibrated_scores_are_spread_over_the_unit_interval(stand_in, pictures):
    versions = torch.cat(
        [
            ladder(picture[None] / 255.0, torch.tensor([index % len(KINDS)]), 3, seeded())[:, 0]
            for index, picture in enumerate(pictures)
        ]
    )
    logits = load_qualiclip(stand_in, crops=1).score(versions).logit()
    assert abs(float(logits.mean())) < 0.5 and 0.5 < float(logits.std()) < 2


def test_a_judge_of_it_has_gradients_and_ignores_neighbours(stand_in, photos):
    judge = create_metric(stand_in)
    leaf = photos.clone().requires_grad_(True)
    scores = judge(leaf)
    scores.sum().backward()
    assert leaf.grad is not None and leaf.grad.abs().sum() > 0 and judge.reference == str(stand_in.resolve())
    assert (scores - torch.cat([judge(photo[None]) for photo in photos])).abs().max() <= NETWORK


def test_a_changed_file_is_refused(stand_in, tmp_path):
    for path in stand_in.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    described = read_json(tmp_path / "qualiclip.json")
    (tmp_path / "qualiclip.json").write_text(json.dumps({**described, "sha256": "0" * 64}))
    with pytest.raises(InputError, match="SHA-256"):
        load_qualiclip(tmp_path)
    (tmp_path / "qualiclip.json").write_text(json.dumps({**described, "format": "other"}))
    with pytest.raises(InputError, match="format"):
        load_qualiclip(tmp_path)


def test_the_teachers_labels_follow_the_judge(stand_in, pictures):
    teacher, judge = QualiClipTeacher(stand_in), create_metric(stand_in, crops=1)
    rows = teacher.encode([teacher.prepare(picture.permute(1, 2, 0).numpy()) for picture in pictures])
    labels = teacher.labels(rows)
    assert labels.shape == (16, 1) and teacher.attribute_names == ("quality",)
    scores = judge.score(torch.stack(pictures) / 255.0)
    assert torch.equal(labels[:, 0].argsort(), scores.argsort())
    torch.testing.assert_close(teacher.attributes(torch.stack(pictures) / 255.0), labels, atol=1e-5, rtol=0)
    assert len(teacher.golden()) == 16 and json.dumps(teacher.provenance())


def test_a_stand_in_labels_no_attributes(stand_in):
    with pytest.raises(UsageError, match="random directions"):
        QualiClipTeacher(stand_in, "table1")


@pytest.mark.slow
def test_a_clips_image_encoder_is_trained_and_its_text_encoder_is_not(tmp_path, pictures):
    from PIL import Image

    config = {
        "embed_dim": 16,
        "vision_cfg": {"image_size": 48, "layers": [1, 1, 1, 1], "width": 8, "head_width": 16},
        "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
    }
    (tmp_path / "qualiclip-rn.json").write_text(json.dumps(config))
    open_clip.add_model_config(tmp_path)
    network = open_clip.create_model("qualiclip-rn")
    save_file(network.state_dict(), tmp_path / "clip.safetensors")
    (tmp_path / "photos").mkdir()
    for index, picture in enumerate(pictures[:4]):
        Image.fromarray(picture.permute(1, 2, 0).numpy()).save(tmp_path / f"photos/{index}.png")
    options = qualiclip.Config(
        (tmp_path / "photos",), tmp_path / "run", "qualiclip-rn", str(tmp_path / "clip.safetensors"), "gelu",
        levels=2, epochs=1, batch=2, resize=56, crop=48, spare=8, device="cpu",
    )  # fmt: skip
    folder = qualiclip.run(options).path
    judge = create_metric(folder, crops=1)
    before, after = network.visual.state_dict(), judge.tower.visual.state_dict()
    assert any(not torch.equal(before[name], after[name]) for name in before)
    tokens = open_clip.get_tokenizer("qualiclip-rn")([QUALITY_PAIRS[0].positive])
    expected = torch.nn.functional.normalize(network.encode_text(tokens), dim=1)[0]
    from attiqa_core.tensor_files import load_tensors

    torch.testing.assert_close(load_tensors(folder / "qualiclip.safetensors")["text.quality"][0, 0], expected.detach())
    assert QualiClipTeacher(folder, "table1").attributes(torch.rand(2, 3, 60, 60)).shape == (2, 5)
    assert not (folder / "pretrained.json").exists()


def test_a_scale_is_the_slope_and_centre_of_a_sigmoid(stand_in, photos):
    judge = load_qualiclip(stand_in, crops=1)
    scale: Scale = judge.scale
    expected = (scale.slope * (judge.differences(photos)[:, 0] - scale.centre)).sigmoid()
    torch.testing.assert_close(judge(photos), expected)
