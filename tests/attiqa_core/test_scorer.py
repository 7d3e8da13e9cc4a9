import shutil

import pytest
import torch
from fixtures.seeded import uniform
from fixtures.tiny_net import tiny_net

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.network.crop_batches import CropBatches
from attiqa_core.network.model import architecture
from attiqa_core.scorer import MosRange, Preprocessing, Scorer, save_scorer


@pytest.mark.parametrize("crops", [1, 5])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.slow
def test_a_score_is_the_same_bits_in_any_batch(tiny_scorer, crops, threads):
    scorer, images = (
        tiny_scorer.with_crops(crops),
        torch.rand(11, 3, 80, 100, generator=torch.Generator().manual_seed(crops)),
    )
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        whole, attributes = scorer.score(images), scorer.attributes(images)
        for part in (1, 3, 10):
            assert torch.equal(whole, torch.cat([scorer.score(some) for some in images.split(part)]))
            assert torch.equal(attributes, torch.cat([scorer.attributes(some) for some in images.split(part)]))
    finally:
        torch.set_num_threads(before)


def test_a_scorer_of_other_crops_does_not_ask_the_processor_again(tiny_scorer, monkeypatch):
    scorer = tiny_scorer.with_crops(1)
    monkeypatch.setattr(scorer._batches, "_is_plain", True)  # the tiny network has exponentials, and is not asked about
    scorer.score(torch.rand(1, 3, 72, 80))
    monkeypatch.setattr(CropBatches, "_asked", lambda self, crops: pytest.fail("asked twice"))
    assert scorer.with_crops(5).score(torch.rand(1, 3, 72, 80)).shape == (1,)


def test_score_agrees_with_the_differentiable_call_and_gradients_are_finite(tiny_scorer):
    images = torch.rand(2, 3, 72, 90, requires_grad=True)
    mos = tiny_scorer(images)
    torch.testing.assert_close(mos.detach(), tiny_scorer.score(images.detach()))
    mos.sum().backward()
    assert torch.isfinite(images.grad).all() and images.grad.abs().sum() > 0
    assert not any(parameter.requires_grad for parameter in tiny_scorer.parameters())


def test_five_crops_are_the_mean_of_single_crops(tiny_scorer):
    image = torch.rand(1, 3, 72, 90)
    corners = [image[..., :64, :64], image[..., :64, -64:], image[..., -64:, :64], image[..., -64:, -64:]]
    crops = [*corners, image[..., 4:68, 13:77]]
    alone = torch.cat([tiny_scorer.net(crop) for crop in crops])
    torch.testing.assert_close(tiny_scorer.with_crops(5).score(image)[0], alone.mean().detach())


def test_half_precision_storage_keeps_the_scores_close(tmp_path):
    net = tiny_net(8)
    images = torch.rand(3, 3, 72, 72)
    whole, half = (
        Scorer.load(save_scorer(tmp_path / name, net, Preprocessing(72, 64), MosRange(), {}, half=half)).score(images)
        for name, half in (("whole", False), ("half", True))
    )
    torch.testing.assert_close(half, whole, atol=5e-3, rtol=0)


def test_a_flipped_bit_is_refused(tmp_path, tiny_scorer_folder):
    folder = shutil.copytree(tiny_scorer_folder, tmp_path / "copy")
    weights = folder / "scorer.safetensors"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(InputError, match="SHA-256"):
        Scorer.load(folder)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("format", "attiqa-pretrained/1", "attiqa finetune"),
        ("attributes", ["noisiness", "contrast", "brightness", "colorfulness", "sharpness"], "order"),
        (
            "architecture",
            {"backbone": "test_efficientnet", "hidden": 4, "mean": [0, 0, 0], "std": [1, 1, 1]},
            "hidden 4",
        ),
        ("architecture", {"backbone": "resnet5000", "hidden": 8, "mean": [0, 0, 0], "std": [1, 1, 1]}, "resnet5000"),
        ("architecture", {"backbone": "test_efficientnet", "colour": "red"}, "update attiqa-isp"),
        ("attributes", ["quality"], "order"),
        ("architecture", {"backbone": "test_vit", "hidden": 8, "mean": [0, 0, 0], "std": [1, 1, 1]}, "test_vit"),
    ],
)
def test_weights_of_something_else_are_refused(tmp_path, tiny_scorer_folder, field, value, message):
    folder = shutil.copytree(tiny_scorer_folder, tmp_path / "copy")
    write_json(folder / "scorer.json", {**read_json(folder / "scorer.json"), field: value})
    with pytest.raises(InputError, match=message):
        Scorer.load(folder)


def test_a_description_that_lacks_something_is_refused_in_one_sentence(tmp_path, tiny_scorer_folder):
    folder = shutil.copytree(tiny_scorer_folder, tmp_path / "copy")
    described = read_json(folder / "scorer.json")
    del described["preprocessing"]
    write_json(folder / "scorer.json", described)
    with pytest.raises(InputError, match=r"lacks `preprocessing`; make a scorer"):
        Scorer.load(folder)


def test_an_unknown_scorer_is_named_with_the_shipped_ones(tmp_path):
    with pytest.raises(InputError, match="attiqa-mini"):
        Scorer.load("no-such-scorer")
    with pytest.raises(InputError, match="attiqa finetune"):
        Scorer.load(tmp_path)


def test_the_mos_range_maps_both_ways():
    mos_range = MosRange(1.0, 5.0)
    assert mos_range.normalise(torch.tensor([1.0, 3, 5])).tolist() == [0, 0.5, 1]
    assert mos_range.restore(torch.tensor([0.0, 0.5, 1])).tolist() == [1, 3, 5]


def test_an_unknown_backbone_is_a_usage_error():
    with pytest.raises(UsageError, match="no such model"):
        architecture("resnet5000", 8)


def test_attributes_come_from_their_own_part_of_the_hidden_layer():
    net = tiny_net().eval()
    hidden = torch.rand(2, 20, requires_grad=True)
    net.attribute_scores(hidden)[:, 2].sum().backward()
    touched = hidden.grad[0].nonzero().flatten()
    assert touched.tolist() == [8, 9, 10, 11]


@pytest.mark.slow
def test_the_shipped_scorer_prefers_photos_to_their_blurred_versions():
    skimage_data = pytest.importorskip("skimage.data")
    from torchvision.transforms.v2.functional import gaussian_blur

    scorer = Scorer.load("attiqa-mini")
    photo = torch.from_numpy(skimage_data.astronaut()).permute(2, 0, 1)[None] / 255
    original, blurred = scorer.score(torch.cat([photo, gaussian_blur(photo, [21, 21], [6.0, 6.0])]))
    assert original > blurred + 0.1


@pytest.mark.slow
def test_pure_noise_falls_below_zero_and_the_scorer_promises_no_bounds():
    scorer = Scorer.load("attiqa-mini", crops=1)
    noise = uniform(2, 3, 340, 340)
    assert (scorer.score(noise) < 0).all() and not scorer.bounded
    assert "about [0, 1]" in (Scorer.__doc__ or "")


def test_a_call_looks_at_values_on_the_cpu_and_read_trusts_them(tiny_scorer):
    with pytest.raises(InputError, match="divide by the white"):
        tiny_scorer(torch.rand(1, 3, 80, 90) * 255)
    assert tiny_scorer.read(torch.rand(1, 3, 80, 90) * 255)[0].shape == (1,)


@pytest.mark.parametrize(
    ("short_edge", "expected"),
    [(100, (224, 192)), (224, (224, 192)), (288, (288, 256)), (300, (300, 256)), (500, (500, 448)), (512, (512, 448))],
)
def test_a_scorer_of_several_sizes_reads_a_picture_at_its_own(short_edge, expected):
    assert Preprocessing(500, 448, (224, 512)).at(short_edge) == expected
    assert Preprocessing(500, 448).at(short_edge) == (500, 448)


def test_larger_pictures_are_read_at_the_largest_size():
    sized = Preprocessing(500, 448, (224, 512))
    assert sized.at(4000) == (512, 448) and sized.crops() == (448, 416, 384, 352, 320, 288, 256, 224, 192)


def test_a_picture_within_the_sizes_is_not_resized(tmp_path):
    net = tiny_net(8)
    folder = save_scorer(tmp_path / "sized", net, Preprocessing(100, 90, (64, 200)), MosRange(), {})
    scorer = Scorer.load(folder, crops=1)
    assert scorer.sizes == (64, 200)
    images = torch.rand(1, 3, 80, 110)
    torch.testing.assert_close(scorer.score(images), scorer.net(images[..., 8:72, 23:87]).detach())
    assert Scorer.load(folder).score([images, torch.rand(1, 3, 30, 300), torch.rand(1, 3, 400, 300)]).shape == (3,)
