"""What is learned on a split's training part: one function per protocol, each returning a predictor of other images."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Subset

from attiqa_core.evaluation.metrics import plcc, srocc
from attiqa_core.evaluation.similarity import feature_similarity
from attiqa_core.evaluation.splits import Indices, Split
from attiqa_core.network.model import AttiqaNet
from attiqa_core.network.ridge import ridge_regression
from attiqa_core.tensors import AttributeScores, Scores, Views
from attiqa_core.training.finetune import finetune
from attiqa_core.training.frozen_features import five_crop_features, read_views
from attiqa_core.training.recipe import FinetuneRecipe
from experiments.evaluation.arms import Arm, Starts
from experiments.evaluation.features import FeatureStore, Material
from experiments.ladders.make import MakeLadders, no_ladders

AS_IS = "as-is"
"""The one protocol of a judge: nothing is learned."""


class Prediction(NamedTuple):
    """What a predictor says of some images: their MOS, about [0, 1], and a column of scores for each of its attributes."""

    mos: Scores
    attributes: AttributeScores


Predict = Callable[[Material, Indices], Prediction]
"""What is said of the images at the given positions."""

PICTURES_AT_ONCE = 64


@dataclass(frozen=True)
class Fitted:
    """A predictor, the attributes it knows, and what was noticed while it was made."""

    predict: Predict
    attribute_names: tuple[str, ...] = ()
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Training:
    """One split's training: `mos` in [0, 1] of every image of the material; `recipe` is how it is fine-tuned."""

    material: Material
    mos: Tensor
    split: Split
    recipe: FinetuneRecipe
    watch_epochs: bool = False
    compile: bool = False
    ladders: MakeLadders = no_ladders


def finetuned(arm: Arm, training: Training, starts: Starts, store: FeatureStore) -> Fitted:
    """Fine-tune a copy of the arm's network as the recipe says. Source: ATTIQA, sections 3.5 and 4.2."""
    net = copy.deepcopy(starts.network(arm))
    if training.compile:
        net.compile_encoder()
    fitted = _trained(net, training, starts.attribute_names(arm), store)
    if net.encoder_is_frozen:
        return fitted
    tested = training.material, training.split.test
    moved = feature_similarity(_views(starts.network(arm), *tested, store), _views(net, *tested, store))
    return replace(fitted, notes={**fitted.notes, "feature_similarity": moved})


def probe(arm: Arm, training: Training, starts: Starts, store: FeatureStore) -> Fitted:
    """Train the regressor alone, encoder and heads frozen. Source: ATTIQA, "linear probing" in section 4.5."""
    net = copy.deepcopy(starts.network(arm))
    net.freeze_for_probe()
    return _trained(net, training, starts.attribute_names(arm), store)


def ridge(arm: Arm, training: Training, starts: Starts, store: FeatureStore) -> Fitted:
    """Solve a ridge regression on the frozen encoder's pooled features, as CONTRIQUE and ARNIQA do."""
    net = starts.network(arm)
    return _ridge(
        training, lambda material: store.views(net, material).mean(1), net, starts.attribute_names(arm), store
    )


def ridge_heads(arm: Arm, training: Training, starts: Starts, store: FeatureStore) -> Fitted:
    """Solve a ridge regression on the frozen heads' hidden features, which is what the paper's regressor sees."""
    net = starts.network(arm)

    @torch.no_grad()
    def hidden(material: Material) -> Tensor:
        net.eval()
        return torch.stack([net.hidden(views.to(net.device)).mean(0).cpu() for views in store.views(net, material)])

    return _ridge(training, hidden, net, starts.attribute_names(arm), store)


def as_is(arm: Arm, _training: Training, _starts: Starts, store: FeatureStore) -> Fitted:
    """Take a ready judge's scores; nothing is learned."""

    def predict(material: Material, images: Indices) -> Prediction:
        scores, attributes = store.judgements(arm.reference, material)
        return Prediction(scores[images], attributes[images])

    return Fitted(predict, store.judge(arm.reference).attribute_names)


PROTOCOLS: dict[str, Callable[[Arm, Training, Starts, FeatureStore], Fitted]] = {
    "finetune": finetuned,
    "probe": probe,
    "ridge": ridge,
    "ridge-heads": ridge_heads,
    AS_IS: as_is,
}


def _trained(net: AttiqaNet, training: Training, attribute_names: tuple[str, ...], store: FeatureStore) -> Fitted:
    """Train what is not frozen; with `watch_epochs`, test after every epoch too and note the best epochs."""
    material, split = training.material, training.split
    epochs: list[dict[str, Any]] = []

    def predict(other: Material, images: Indices) -> Prediction:
        return _read(net, images, lambda part: _views(net, other, part, store))

    def look() -> dict:
        measured = {}
        for part in ("val", "test"):
            images = getattr(split, part)
            predicted, mos = predict(material, images).mos if len(images) else torch.empty(0), training.mos[images]
            measured |= {f"{part}_srocc": srocc(predicted, mos), f"{part}_plcc": plcc(predicted, mos)}
        epochs.append({"epoch": len(epochs) + 1, **measured})
        return measured

    train = torch.from_numpy(split.train)
    known = net.encoder_is_frozen or training.recipe.start == "ridge"
    views = store.views(net, material)[train] if known else None
    shown: Any = Subset(material.pictures, split.train.tolist())  # type: ignore[arg-type]
    mos = training.mos[split.train]
    guarded = net.arch.regressor == "guarded"
    finetune(
        net,
        shown,
        mos,
        training.recipe,
        seed=split.number,
        quiet=net.encoder_is_frozen,
        views=views,
        spoiled=store.spoiled(net, material, training.recipe.spoiled)[train] if guarded else None,
        ladders=None if net.encoder_is_frozen else training.ladders(shown, mos),
        after_epoch=look if training.watch_epochs else dict,
    )
    return Fitted(predict, attribute_names, best_epochs(epochs))


def _read(net: AttiqaNet, images: Indices, views: Callable[[Indices], Views]) -> Prediction:
    """What the network's own regressor and heads say, some pictures at a time."""
    parts = np.array_split(images, max(1, len(images) // PICTURES_AT_ONCE))
    readings = [read_views(net, views(part)) for part in parts]
    return Prediction(*map(torch.cat, zip(*readings, strict=True)))


def best_epochs(epochs: list[dict[str, Any]]) -> dict[str, dict | None]:
    """Return the test figures of the epoch that is best on validation, and of the one that is best on the test split."""
    notes = {}
    for part in ("val", "test"):
        defined = [epoch for epoch in epochs if epoch[f"{part}_srocc"] is not None]
        if defined:
            best = max(defined, key=lambda epoch: epoch[f"{part}_srocc"])
            notes[f"best_on_{part}"] = {
                "epoch": best["epoch"],
                "srocc": best["test_srocc"],
                "plcc": best["test_plcc"],
            }
    return notes


def _views(net: AttiqaNet, material: Material, images: Indices, store: FeatureStore) -> Views:
    """Return five-crop features: the stored ones of a frozen encoder, else computed now."""
    if net.encoder_is_frozen:
        return store.views(net, material)[torch.from_numpy(images)]
    return five_crop_features(net, Subset(material.pictures, images.tolist()), store.crop)  # type: ignore[arg-type]


def _ridge(
    training: Training,
    features: Callable[[Material], Tensor],
    net: AttiqaNet,
    attribute_names: tuple[str, ...],
    store: FeatureStore,
) -> Fitted:
    """Solve for the MOS from features of pictures; attributes are what the network's frozen heads say."""
    train = training.split.train
    fitted = ridge_regression().fit(features(training.material)[train].numpy(), training.mos[train].numpy())

    def predict(other: Material, images: Indices) -> Prediction:
        mos = torch.from_numpy(fitted.predict(features(other)[images].numpy()))
        if not attribute_names:
            return Prediction(mos, mos.new_zeros(len(mos), 0))
        return Prediction(mos, _read(net, images, lambda part: store.views(net, other)[part]).attributes)

    return Fitted(predict, attribute_names, {"ridge_alpha": float(fitted.named_steps["ridgecv"].alpha_)})
