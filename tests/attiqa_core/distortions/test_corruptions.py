import torch
from fixtures.seeded import random_pictures

from attiqa_core.distortions.corruptions import SPOILS, TRAINED, spoiled_versions


def test_training_never_draws_what_is_held_out_and_a_third_of_all_is():
    held_out = {name for name, spoil in SPOILS.items() if spoil.held_out}
    assert held_out.isdisjoint(TRAINED) and held_out | set(TRAINED) == set(SPOILS)
    assert len(held_out) >= len(SPOILS) / 3


def test_spoiled_versions_are_no_version_of_each_other_and_depend_on_the_seed_alone():
    (picture,) = random_pictures(1, 60, 70)
    before = picture.clone()
    versions = spoiled_versions(picture, 3, 48, seed=5)
    assert versions.shape == (3, 3, 48, 48)
    assert not any(torch.equal(versions[one], versions[other]) for one, other in ((0, 1), (0, 2), (1, 2)))
    assert torch.equal(versions, spoiled_versions(picture, 3, 48, seed=5))
    assert not torch.equal(versions, spoiled_versions(picture, 3, 48, seed=6))
    assert torch.equal(picture, before)


def test_a_spoiled_version_shows_what_the_central_one_of_five_crops_shows(monkeypatch):
    from attiqa_core.distortions import corruptions
    from attiqa_core.photos.images import five_crops, to_images

    untouched = corruptions.Spoil(lambda images, strength, generator: images)
    monkeypatch.setattr(corruptions, "TRAINED", {"untouched": untouched})
    (picture,) = random_pictures(1, 55, 70)
    (version,) = spoiled_versions(picture, 1, 48, seed=0)
    assert torch.equal(version, five_crops(to_images(picture[None]), 48)[-1][0])
