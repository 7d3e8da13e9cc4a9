"""The gate: planted scorers that like the wrong thing are caught; one that likes none of it passes."""

import pytest
import torch
from fixtures.seeded import seeded

from attiqa_core.distortions.corruptions import SPOILS
from attiqa_core.errors import InputError
from attiqa_core.judges import gate
from attiqa_core.srgb import luma


class Planted:
    """A scorer whose score is any function of a picture."""

    name = reference = "planted"
    sha256, folder, crops = "0" * 64, None, 1

    def __init__(self, likes):
        self.likes = likes

    def score(self, images):
        return self.likes(images)


def photo(seed: int) -> torch.Tensor:
    """A moderately colourful scene with edges and fine detail."""
    generator = seeded(seed)
    coarse = torch.rand((1, 3, 5, 6), generator=generator)
    grey = coarse.mean(1, keepdim=True)
    scene = torch.nn.functional.interpolate(grey + 0.5 * (coarse - grey), (80, 96), mode="bicubic")
    detail = torch.rand((1, 1, 20, 24), generator=generator).repeat_interleave(4, 2).repeat_interleave(4, 3)
    scene = (scene + 0.3 * (detail - 0.5)).clamp(0.1, 0.9)
    return (255 * scene[0]).to(torch.uint8)


PHOTOS = [photo(seed) for seed in range(5)]


def saturation(images):
    return (images - luma(images)).abs().mean((1, 2, 3))


def likeness_to_photos(images):
    """One minus the distance to the nearest photo: what only a model of good pictures would know."""
    known = torch.stack([gate.resize_short_edge(gate.to_images(each[None]), images.shape[-2])[0] for each in PHOTOS])
    if known.shape[-2:] != images.shape[-2:]:
        known = known[..., : images.shape[-2], : images.shape[-1]]
    return 1 - (images[:, None] - known[None]).abs().mean((2, 3, 4)).amin(1)


@pytest.mark.slow
def test_a_scorer_that_only_likes_saturation_is_caught():
    report = gate.check(Planted(saturation), PHOTOS)
    assert not report.passed
    assert {"oversaturated", "pure noise"} <= set(report.failures)


@pytest.mark.slow
def test_a_scorer_that_likes_sharpness_is_caught():
    def gradients(images):
        return images.diff(dim=-1).abs().mean((1, 2, 3))

    assert {"noisy", "oversharpened", "pure noise", "checkerboard"} <= set(
        gate.check(Planted(gradients), PHOTOS).failures
    )


@pytest.mark.slow
def test_a_scorer_that_knows_good_photos_passes():
    report = gate.check(Planted(likeness_to_photos), PHOTOS)
    assert report.passed, gate.describe(report)


@pytest.mark.slow
def test_a_constant_scorer_does_not_pass():
    assert set(gate.check(Planted(lambda images: torch.zeros(len(images))), PHOTOS).failures) == {
        name for name, spoil in SPOILS.items() if not False
    }


@pytest.mark.slow
def test_the_same_seed_gives_the_same_report():
    assert gate.check(Planted(saturation), PHOTOS, seed=3) == gate.check(Planted(saturation), PHOTOS, seed=3)


def test_scores_that_are_not_finite_name_the_photo():
    with pytest.raises(InputError, match=r"good\.png"):
        gate.check(Planted(lambda images: torch.full((len(images),), torch.nan)), PHOTOS[:1], ["good.png"])


def test_no_photos_is_an_error():
    with pytest.raises(InputError, match="photos"):
        gate.check(Planted(saturation), [])


@pytest.mark.slow
def test_a_failing_scorer_may_not_be_a_reward():
    with pytest.raises(InputError, match="oversaturated"):
        gate.require(Planted(saturation), lambda: PHOTOS)


@pytest.mark.slow
def test_a_stored_report_about_these_weights_is_believed_and_about_others_is_not(tmp_path):
    good, bad = Planted(likeness_to_photos), Planted(saturation)
    gate.write(tmp_path, good, gate.check(good, PHOTOS))
    bad.folder = tmp_path
    gate.require(bad, lambda: PHOTOS)  # same hash: what was stored counts
    bad.sha256 = "1" * 64
    with pytest.raises(InputError):
        gate.require(bad, lambda: PHOTOS)


@pytest.mark.parametrize(("crops", "photos"), [(5, PHOTOS), (1, PHOTOS[:2])])
@pytest.mark.slow
def test_a_stored_report_about_other_crops_or_few_photos_is_not_believed(tmp_path, crops, photos):
    bad, good = Planted(saturation), Planted(likeness_to_photos)
    good.crops, bad.folder = crops, tmp_path
    gate.write(tmp_path, good, gate.check(good, photos))
    with pytest.raises(InputError):
        gate.require(bad, lambda: PHOTOS)


@pytest.mark.parametrize("name", list(SPOILS))
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_a_spoil_changes_the_picture_stays_in_range_and_leaves_its_input_alone(name, strength):
    images = gate.to_images(torch.stack(PHOTOS))
    before = images.clone()
    spoiled = SPOILS[name].apply(images, strength, seeded())
    assert torch.equal(images, before)
    assert spoiled.shape == images.shape
    assert spoiled.min() >= 0 and spoiled.max() <= 1
    assert ((spoiled - images).abs().mean((1, 2, 3)) > 1 / 255).all()


@pytest.mark.parametrize("name", list(SPOILS))
def test_a_spoil_depends_on_its_generator_only(name):
    images = gate.to_images(torch.stack(PHOTOS))
    first, second = (SPOILS[name].apply(images, 0.5, seeded(7)) for _ in range(2))
    assert torch.equal(first, second)
