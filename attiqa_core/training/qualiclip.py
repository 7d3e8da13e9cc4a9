"""QualiCLIP: an image encoder learns to rank degraded photos by their likeness to antonym prompts about quality.

Pristine photos are degraded in rising severity; likeness to the positive prompts must fall from level to level and
likeness to the negative prompts must rise, while two overlapping crops that are equally degraded must come out alike.
No human score is used. The text encoder is frozen: its prompts are embedded once and kept as constants.
Source: Agnolucci, Galteri, Bertini 2024 (arXiv 2403.11176), re-expressed; prompts, degradations and numbers are ours.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from attiqa_core.distortions.severity_ladder import KINDS, ladder
from attiqa_core.evaluation.metrics import ranking_accuracy
from attiqa_core.judges.prompt_judge import Scale
from attiqa_core.judges.qualiclip import Sides, quality_difference, sides_of
from attiqa_core.judges.towers import BackboneTower, ClipTower, TextPairs
from attiqa_core.photos.images import Picture, centre_crop, random_crops, to_images
from attiqa_core.tensors import Embeddings, Images
from attiqa_core.training.loop import batches, train
from attiqa_core.training.recipe import QualiClipRecipe

Similarities = Float[Tensor, "levels batch crops sides"]
"""Cosines of each degraded crop to the positive (0) and the negative (1) side."""

CALIBRATION_PHOTOS = 64

Encode = Callable[[Images], Embeddings]


def consistency_loss(similarities: Similarities, tolerance: float) -> Float[Tensor, ""]:
    """Return by how much more than `tolerance` the two crops of a version differ, mean over all."""
    return ((similarities[:, :, 0] - similarities[:, :, 1]).abs() - tolerance).clamp_min(0).mean()


def level_ranking_loss(similarities: Similarities, margin: float) -> Float[Tensor, ""]:
    """Return the margin-ranking loss over all pairs of levels, summed over the two sides.

    The less degraded version must be more like the positive side by `margin`, and less like the negative one.
    """
    better, worse = torch.triu_indices(len(similarities), len(similarities), 1, device=similarities.device)
    gain = similarities[better] - similarities[worse]
    wanted = gain.new_tensor([1.0, -1.0])
    return (margin - wanted * gain).clamp_min(0).mean((0, 1, 2)).sum()


def similarities_of(encode: Encode, crops: Float[Tensor, "levels batch crops 3 h w"], sides: Sides) -> Similarities:
    """Return the cosines of all crops, which pass through the encoder as one batch."""
    embedded = functional.normalize(encode(crops.flatten(0, 2)).float(), dim=1)
    return (embedded @ sides.T).unflatten(0, crops.shape[:3])


def crop_pairs(versions: Tensor, crop: int, generator: torch.Generator) -> Float[Tensor, "levels batch 2 3 h w"]:
    """Return two random, overlapping crops of each photo, at the same places in all of its versions."""
    batch, _, height, width = versions.shape[1:]
    spare = torch.tensor([height - crop + 1, width - crop + 1])
    corners = (torch.rand(batch, 2, 2, generator=generator) * spare).long().tolist()
    cut = [
        torch.stack([versions[:, index, :, top : top + crop, left : left + crop] for top, left in corners[index]], 1)
        for index in range(batch)
    ]
    return torch.stack(cut, 1)


def train_qualiclip(
    net: ClipTower | BackboneTower,
    sides: Sides,
    photos: Sequence[Picture],
    recipe: QualiClipRecipe,
    *,
    held_out: Sequence[Picture] = (),
    seed: int = 0,
    run: Path | None = None,
    quiet: bool = False,
) -> None:
    """Train the image encoder `net` (images in [0, 1] to embeddings) in place.

    Every photo meets one random kind of degradation per epoch. With held-out photos, each epoch's metrics say how many
    pairs of levels are ranked rightly, per kind.
    """
    device = sides.device
    count = len(photos)

    def losses(generator: torch.Generator) -> Iterator[Tensor]:
        for batch in batches(torch.randperm(count, generator=generator), recipe.batch):
            chosen = [photos[index] for index in batch.tolist()]
            regions = random_crops(chosen, recipe.crop + recipe.spare, generator).to(device)
            kinds = torch.randint(len(KINDS), (len(chosen),), generator=generator)
            crops = crop_pairs(ladder(regions, kinds, recipe.levels, generator), recipe.crop, generator)
            found = similarities_of(net, crops, sides)
            consistency = consistency_loss(found, recipe.tolerance)
            yield level_ranking_loss(found, recipe.margin) + recipe.consistency_weight * consistency

    def after_epoch() -> dict:
        return {"held_out_ranking_accuracy": held_out_accuracy(net, sides, held_out, recipe)} if held_out else {}

    train(
        net,
        torch.optim.AdamW(net.learned(), lr=recipe.lr, weight_decay=recipe.weight_decay),
        losses,
        epochs=recipe.epochs,
        steps_per_epoch=len(batches(torch.arange(count), recipe.batch)),
        images_per_epoch=count,
        seed=seed,
        run=run,
        after_epoch=after_epoch,
        label="qualiclip",
        quiet=quiet,
    )


@torch.no_grad()
def held_out_accuracy(
    net: nn.Module, sides: Sides, photos: Sequence[Picture], recipe: QualiClipRecipe
) -> dict[str, float | None]:
    """Return, per kind and as "mean", the share of level pairs that the score ranks rightly on central crops.

    The kinds take turns over the photos, so that a kind without a photo is None.
    """
    net.eval()
    centres = to_images(torch.stack([centre_crop(photo, recipe.crop) for photo in photos])).to(sides.device)
    kinds = torch.arange(len(photos)) % len(KINDS)
    versions = ladder(centres, kinds, recipe.levels, torch.Generator().manual_seed(0))
    with torch.compiler.set_stance("force_eager"):
        scores = torch.stack([quality_difference(net(version), sides) for version in versions.unbind(1)], 1).cpu()
    order = [-level for level in range(recipe.levels)]
    shares = [ranking_accuracy(scores[:, index], order) for index in range(len(photos))]
    per_kind = {name: _mean(shares[kind :: len(KINDS)]) for kind, name in enumerate(KINDS)}
    return {**per_kind, "mean": _mean(shares)}


def _mean(shares: Sequence[float | None]) -> float | None:
    defined = [share for share in shares if share is not None]
    return sum(defined) / len(defined) if defined else None


@torch.no_grad()
def calibrate(tower: nn.Module, text: TextPairs, photos: Sequence[Picture], recipe: QualiClipRecipe) -> Scale:
    """Return the scale that spreads scores over [0, 1]: one standard deviation of degraded photos is one logit.

    Seen are the central crops of the first photos, each under one kind of degradation at all levels. After training the
    cosines are far wider apart than CLIP's, so that its slope of 100 would saturate.
    """
    tower.eval()
    sides, found = sides_of(text), []
    for index in range(min(len(photos), CALIBRATION_PHOTOS)):
        photo = photos[index]
        centre = to_images(centre_crop(photo, recipe.crop)[None]).to(sides.device)
        kind = torch.tensor([index % len(KINDS)])
        versions = ladder(centre, kind, recipe.levels, torch.Generator().manual_seed(index))
        with torch.compiler.set_stance("force_eager"):
            found.append(quality_difference(tower(versions[:, 0]), sides))
    differences = torch.cat(found)
    return Scale(1 / max(float(differences.std()), 1e-6), float(differences.mean()))
