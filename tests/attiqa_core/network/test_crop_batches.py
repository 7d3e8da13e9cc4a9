import pytest
import torch
from fixtures.seeded import uniform
from fixtures.tiny_net import tiny_net

from attiqa_core.network import crop_batches
from attiqa_core.network.crop_batches import CropBatches


@pytest.fixture
def net():
    return tiny_net().eval().requires_grad_(False)


@pytest.fixture
def as_plain(monkeypatch):
    """The tiny network as if it had no exponentials, so that the processor is asked."""
    monkeypatch.setattr(crop_batches, "CURVED", frozenset())


def sizes_seen(net, monkeypatch):
    """The sizes of the batches that the encoder is asked for from now on."""
    seen, features = [], net.features
    monkeypatch.setattr(net, "features", lambda crops: (seen.append(len(crops)), features(crops))[1])
    return seen


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.slow
def test_a_crop_has_the_same_bits_in_any_company(net, threads):
    crops = uniform(19, 3, 96, 64)
    batches, before = CropBatches(net), torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        whole = batches.features(crops)
        for size in (1, 2, 3, 7, 18):
            assert torch.equal(torch.cat([batches.features(part) for part in crops.split(size)]), whole)
    finally:
        torch.set_num_threads(before)


def test_crops_that_change_with_their_company_pass_alone(net, as_plain, monkeypatch):
    batches, features = CropBatches(net), net.features
    monkeypatch.setattr(net, "features", lambda crops: features(crops) * (1 + 1e-7 * len(crops)))
    crops = uniform(5, 3, 64, 64)
    alone = torch.cat([batches.features(each) for each in crops.split(1)])
    assert torch.equal(batches.features(crops), alone)
    seen = sizes_seen(net, monkeypatch)
    batches.features(crops)
    assert seen == [1] * 5  # and the processor is not asked again


def test_crops_of_a_network_with_exponentials_pass_alone_unasked(net, monkeypatch):
    """SiLU and sigmoid: the last vector of a batch is reckoned otherwise, which a few crops do not show."""
    monkeypatch.setattr(CropBatches, "_asked", lambda self, crops: pytest.fail("asked"))
    seen = sizes_seen(net, monkeypatch)
    CropBatches(net).features(uniform(3, 3, 64, 64))
    assert seen == [1] * 3


def test_small_crops_pass_together_and_none_is_left_alone(net, as_plain, monkeypatch):
    monkeypatch.setattr(CropBatches, "_asked", lambda self, crops: True)
    seen = sizes_seen(net, monkeypatch)
    for count in (1, 8, 9, 19):
        CropBatches(net).features(uniform(count, 3, 64, 64))
    assert seen == [2, 8, 8, 2, 8, 8, 2, 2]


def test_large_crops_pass_alone(net, monkeypatch):
    seen = sizes_seen(net, monkeypatch)
    CropBatches(net).features(uniform(2, 3, crop_batches.LARGEST_SIDE + 32, 64))
    assert seen == [1, 1]


def test_gradients_reach_every_crop_a_lone_one_too(net):
    crops = uniform(3, 3, 64, 64)
    grads = []
    for part in (crops, crops[:1]):
        part = part.clone().requires_grad_(True)
        CropBatches(net).features(part).square().sum().backward()
        grads.append(part.grad)
    assert grads[0].abs().sum((1, 2, 3)).min() > 0
    torch.testing.assert_close(grads[0][:1], grads[1])
