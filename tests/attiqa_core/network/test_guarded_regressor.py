"""The guarded regressor: fits people's scores and stays wary of what spoils a picture."""

import pytest
import torch
from fixtures.seeded import random_pictures, seeded
from fixtures.tiny_net import tiny_net

from attiqa_core.errors import UsageError
from attiqa_core.evaluation.metrics import plcc
from attiqa_core.network.guarded_regressor import GuardedRegressor
from attiqa_core.photos.images import centre_crop, to_images
from attiqa_core.scorer import MosRange, Preprocessing, Scorer, save_scorer
from attiqa_core.training.finetune import finetune
from attiqa_core.training.recipe import FinetuneRecipe

FEATURES = 24


def planted(seed: int = 0):
    """Pictures whose MOS rises with feature 0, and spoiled versions that have too much of it and are odd in others."""
    generator = seeded(seed)
    inputs = torch.randn(120, FEATURES, generator=generator)
    mos = 0.5 + 0.1 * inputs[:, 0] + 0.01 * torch.randn(120, generator=generator)
    spoiled = inputs.clone()
    spoiled[:, 0] += 5
    spoiled[:, 1:] += 2
    return inputs, mos, inputs, spoiled


def read(regressor, inputs):
    with torch.no_grad():
        return regressor(inputs).squeeze(1)


def test_spoiled_versions_score_below_and_the_mos_is_still_fitted():
    inputs, mos, photos, spoiled = planted()
    regressor = GuardedRegressor(FEATURES)
    regressor.fit(inputs, mos, photos, spoiled)
    others, others_mos, _, others_spoiled = planted(seed=1)
    assert (read(regressor, others_spoiled) < read(regressor, others)).float().mean() > 0.95
    assert plcc(read(regressor, others), others_mos) > 0.9


def test_a_linear_map_alone_falls_for_the_same_versions():
    inputs, mos, photos, spoiled = planted()
    weights = torch.linalg.lstsq(inputs, (mos - mos.mean())[:, None]).solution
    assert (spoiled @ weights > photos @ weights).all()  # which is what makes the test above worth having


@pytest.mark.slow
def test_the_same_data_gives_the_same_weights():
    regressors = GuardedRegressor(FEATURES), GuardedRegressor(FEATURES)
    for regressor in regressors:
        regressor.fit(*planted())
    first, second = (regressor.state_dict() for regressor in regressors)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_inputs_far_outside_are_cut_off_so_that_scores_stay_finite_and_bounded():
    regressor = GuardedRegressor(FEATURES)
    regressor.fit(*planted())
    far, farther = torch.full((1, FEATURES), 1e3), torch.full((1, FEATURES), 1e6)
    assert torch.equal(read(regressor, far), read(regressor, farther))


@pytest.mark.slow
def test_a_guarded_scorer_is_fine_tuned_stored_and_loaded(tmp_path):
    pictures = random_pictures(12, 72, 72)
    net = tiny_net(pooling="stages", regressor="guarded")
    net.freeze(("all",))
    finetune(net, pictures, torch.linspace(0, 1, 12), FinetuneRecipe(crop=64, spoiled=2))
    images = to_images(torch.stack(pictures[:2]))
    folder = save_scorer(tmp_path / "guarded", net, Preprocessing(72, 64), MosRange(0.0, 1.0), {})
    scores = Scorer.load(folder, crops=1).score(images)
    with torch.no_grad():
        expected = net.eval()(centre_crop(images, 64))
    torch.testing.assert_close(scores, expected, atol=1e-4, rtol=1e-4)
    assert scores.std() > 0


def test_a_guarded_regressor_needs_a_frozen_encoder():
    net = tiny_net(regressor="guarded")
    with pytest.raises(UsageError, match="--freeze all"):
        finetune(net, [], torch.zeros(0))
