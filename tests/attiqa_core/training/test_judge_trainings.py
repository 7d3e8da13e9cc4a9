"""The trainings of judges see every image in every epoch, also those that do not fill a batch."""

import torch
from fixtures.seeded import random_pictures, seeded, uniform
from torch import nn

from attiqa_core.training import clip_iqa_plus, qualiclip
from attiqa_core.training.recipe import ClipIqaRecipe, QualiClipRecipe


class Sides(nn.Module):
    """Two learned directions in place of embedded prompts."""

    def __init__(self):
        super().__init__()
        self.sides = nn.Parameter(uniform(2, 4))

    def forward(self):
        return self.sides


class MeanTower(nn.Module):
    def __init__(self):
        super().__init__()
        self.projection = nn.Linear(3, 4)

    def learned(self):
        return list(self.parameters())

    def forward(self, images):
        return self.projection(images.mean((2, 3)))


def test_clip_iqa_plus_learns_from_every_image(monkeypatch):
    sizes: list[int] = []
    predict = clip_iqa_plus.predict
    monkeypatch.setattr(
        clip_iqa_plus, "predict", lambda sides, views: sizes.append(len(views)) or predict(sides, views)
    )
    rated = clip_iqa_plus.Rated(torch.rand(11, 2, 4), torch.linspace(0, 1, 11))
    clip_iqa_plus.train_prompts(Sides(), rated, ClipIqaRecipe(epochs=1, batch=8), quiet=True)
    assert sizes == [8, 3]


def test_qualiclip_learns_from_every_photo(monkeypatch):
    sizes: list[int] = []
    crops = qualiclip.random_crops
    monkeypatch.setattr(
        qualiclip, "random_crops", lambda chosen, *how: sizes.append(len(chosen)) or crops(chosen, *how)
    )
    generator = seeded()
    photos = random_pictures(5, 40, 40, generator)
    recipe = QualiClipRecipe(levels=2, crop=16, spare=8, epochs=1, batch=3)
    qualiclip.train_qualiclip(MeanTower(), torch.rand(2, 4, generator=generator), photos, recipe, quiet=True)
    assert sizes == [3, 2]
