"""Which good photos ladders are made of, and which kinds there are."""

import pytest
import torch
from fixtures.seeded import random_pictures, seeded
from PIL import Image

from experiments.ladders.make import ladders_of
from experiments.options.recipe import Recipe

PEAKS = {"ladders": 1.0, "ladder_kinds": ("peak",), "resize": 40}


@pytest.fixture
def folders(tmp_path):
    """Two folders of good photos, two and one of them."""
    places = (tmp_path / "one", tmp_path / "two")
    for folder, count in zip(places, (2, 1), strict=True):
        folder.mkdir()
        for index, picture in enumerate(random_pictures(count, 48, 50)):
            Image.fromarray(picture.permute(1, 2, 0).numpy()).save(folder / f"{index}.png")
    return places


def test_good_photos_come_from_all_folders_with_the_best_rated_beside_them(folders):
    rated, mos = random_pictures(6, 44, 44), torch.tensor([0.1, 0.9, 0.2, 0.8, 0.3, 0.4])
    named = ladders_of(Recipe(pristine=folders, **PEAKS))(rated, mos)
    beside = ladders_of(Recipe(pristine=folders, best_rated=1 / 3, **PEAKS))(rated, mos)
    assert named is not None and beside is not None
    assert named.described()["PhotoPeaks"] == {"photos": 3, "of": "pristine", "axes": 4}
    assert beside.described()["PhotoPeaks"] == {"photos": 5, "of": "pristine and best rated", "axes": 4}
    assert bool(beside.draw(4, 32, seeded(), lambda images: images.mean((1, 2, 3))).between.all())


def test_without_folders_they_are_the_best_rated_third():
    rated, mos = random_pictures(6, 44, 44), torch.linspace(0, 1, 6)
    made = ladders_of(Recipe(ladder_kinds=("photo", "peak"), ladders=1.0, resize=40))(rated, mos)
    assert made is not None and {each["photos"] for each in made.described().values()} == {2}
