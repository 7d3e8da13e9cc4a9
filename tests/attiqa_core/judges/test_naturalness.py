import shutil

import pytest
import torch
from fixtures.photographs import three_photographs
from fixtures.seeded import seeded

from attiqa_core.distortions.corruptions import SPOILS
from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.judges import create_metric
from attiqa_core.judges.colour_naturalness import colour_distance, fit_colour_naturalness
from attiqa_core.judges.colour_statistics import COLOUR_STATISTICS, colour_statistics
from attiqa_core.judges.naturalness import naturalness
from attiqa_core.judges.niqe import fit_niqe, patch_distance
from attiqa_core.sharing.shipped import HELD_OUT, SHIPPED
from attiqa_core.tensors import Images


def photographs() -> list[Images]:
    """Three photographs of 256 px, each a batch of one."""
    return [*three_photographs(256, 288).split(1)]


def test_the_score_falls_with_the_distance_from_one_and_is_four_fifths_at_the_typical():
    distances = torch.tensor([0.0, 1.0, 2.0, 4.0, torch.inf], dtype=torch.float64)
    scores = naturalness(distances.square(), torch.tensor(2.0))
    assert scores.tolist() == pytest.approx([1, 16 / 17, 0.8, 0.5, 0])


def test_niqe_is_the_distance_between_two_gaussians():
    features = torch.tensor([[0.0, 1.0], [2.0, 1.0], [1.0, 4.0]], dtype=torch.float64)
    mean, covariance = torch.zeros(2, dtype=torch.float64), torch.diag(torch.tensor([3.0, 1.0], dtype=torch.float64))
    # mean (1, 2), covariance diag(1, 3): the mean covariance is 2 in both directions
    assert float(patch_distance(features, mean, covariance)) == pytest.approx((1 + 4) / 2)
    assert float(patch_distance(features[:1], mean, covariance)) == pytest.approx(1 / 0.5)
    assert float(patch_distance(features[:0], mean, covariance)) == torch.inf


def test_fitting_finds_the_gaussian_of_the_sharp_patches_of_the_sharper_photos():
    rows = torch.randn(40, 100, 36, generator=seeded(0), dtype=torch.float64)
    sharpness = torch.linspace(1, 10, 100).expand(40, -1) * torch.linspace(1, 2, 40)[:, None]
    fitted = fit_niqe(list(zip(rows, sharpness, strict=True)))
    sharp = rows[20:, sharpness[0] >= 7.5].flatten(0, 1)
    torch.testing.assert_close(fitted.mean, sharp.mean(0))
    torch.testing.assert_close(fitted.covariance, sharp.T.cov())


def test_too_few_photos_or_patches_are_refused():
    rows = torch.randn(30, 2, 36, generator=seeded(1), dtype=torch.float64)
    few = [(each, torch.ones(2)) for each in rows]
    with pytest.raises(InputError, match="19 photos are too few"):
        fit_niqe(few[:19])
    with pytest.raises(InputError, match="sharp patches"):
        fit_niqe(few)
    with pytest.raises(InputError, match="too few"):
        fit_colour_naturalness([torch.zeros(13)] * 19)


def test_colours_are_compared_by_their_own_spread():
    rows = torch.randn(400, 13, generator=seeded(2)) * torch.linspace(0.1, 10, 13)
    fitted = fit_colour_naturalness(list(rows))
    assert float(colour_distance(fitted.mean[None], fitted.mean, fitted.covariance)) == 0
    assert float(fitted.typical) == pytest.approx(13**0.5, rel=0.1)
    spread = fitted.covariance.diagonal().sqrt()
    for column in (0, 12):
        step = fitted.mean + spread[column] * torch.eye(13)[column]
        assert 0.9 < float(colour_distance(step[None], fitted.mean, fitted.covariance)) < 1.2


@pytest.mark.parametrize("side", [64, 300])
def test_grey_pictures_have_statistics_and_gradients(side):
    grey = torch.full((1, 3, side, side), 0.5, requires_grad=True)
    statistics = colour_statistics(grey)
    statistics.sum().backward()
    assert statistics.shape == (1, len(COLOUR_STATISTICS)) and statistics.isfinite().all()
    assert grey.grad is not None and grey.grad.isfinite().all()


def test_a_paler_picture_has_the_same_own_white_and_a_tinted_one_another():
    photo = photographs()[0]
    names = list(COLOUR_STATISTICS)
    white = [names.index("a* of highlights"), names.index("a* of neutrals")]
    grey = photo.mean(1, keepdim=True)
    pale, green = grey + 0.7 * (photo - grey), photo * torch.tensor([0.9, 1.0, 0.9])[:, None, None]
    of_photo, of_pale, of_green = (colour_statistics(each)[0, white] for each in (photo, pale, green))
    assert ((of_pale - of_photo).abs() < 0.1).all() and (of_green < of_photo - 0.2).all()


def test_colours_are_scored_about_alike_at_half_the_size():
    judge = create_metric("colour-naturalness")
    for photo in photographs():
        half = torch.nn.functional.interpolate(photo, scale_factor=0.5, mode="bilinear", antialias=True)
        assert float(judge.score(half)) == pytest.approx(float(judge.score(photo)), abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reference", "spoils"),
    [
        ("niqe", ["noisy", "blurred", "oversharpened", "pure noise"]),
        ("colour-naturalness", ["underexposed", "flat", "checkerboard", "pure noise"]),
    ],
)
def test_photos_are_told_from_what_is_spoiled(reference, spoils):
    judge, generator = create_metric(reference), seeded(3)
    photos = photographs()
    for spoil in spoils:
        worse = [judge.score(SPOILS[spoil].apply(photo, 1.0, generator)) < judge.score(photo) for photo in photos]
        assert sum(worse) == len(photos), spoil


def test_a_picture_smaller_than_a_patch_is_refused_and_one_colour_scores_nothing():
    judge = create_metric("niqe")
    with pytest.raises(InputError, match="patches of 96 px"):
        judge.score(torch.rand(1, 3, 95, 200))
    assert float(judge.score(torch.full((1, 3, 96, 96), 0.3))) == 0


@pytest.mark.parametrize("kind", HELD_OUT)
def test_a_changed_file_and_another_kinds_are_refused(kind, tmp_path):
    folder = shutil.copytree(SHIPPED / kind, tmp_path / "mine")
    assert create_metric(folder).reference == str(folder.resolve())
    described = read_json(folder / f"{kind}.json")
    write_json(folder / f"{kind}.json", {**described, "sha256": "0" * 64})
    with pytest.raises(InputError, match="SHA-256"):
        create_metric(folder)
    write_json(folder / f"{kind}.json", {**described, "statistics": described["statistics"][1:]})
    with pytest.raises(InputError, match="fit it again"):
        create_metric(folder)
