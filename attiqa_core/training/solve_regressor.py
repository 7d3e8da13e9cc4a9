"""Regressors that are solved for on a frozen encoder: the linear one in one step, the guarded one by L-BFGS."""

import torch
from torch import Tensor

from attiqa_core.network.guarded_regressor import GuardedRegressor, SpoiledViews
from attiqa_core.network.model import AttiqaNet
from attiqa_core.network.ridge import ridge_solution
from attiqa_core.tensors import Scores, Views
from attiqa_core.training.frozen_features import CENTRAL_VIEW


@torch.no_grad()
def solve_linear_regressor(net: AttiqaNet, views: Views, mos: Scores) -> None:
    """Set the linear regressor to the ridge regression of MOS on each picture's mean inputs, alpha by leave-one-out.

    Inputs are standardised for the penalty's sake, and the standardisation is folded into the weights.
    """
    weight, bias = ridge_solution(_mean_inputs(net, views).numpy(), mos.numpy())
    assert isinstance(net.regressor, torch.nn.Linear)
    net.regressor.weight.copy_(torch.from_numpy(weight)[None])
    net.regressor.bias.fill_(bias)


@torch.no_grad()
def solve_guarded_regressor(net: AttiqaNet, views: Views, mos: Scores, spoiled: SpoiledViews) -> None:
    """Fit the guarded regressor to the MOS, and to the order of each photo's central crop and its spoiled versions."""
    inputs = _mean_inputs(net, views)
    photos, *versions = (_inputs(net, each) for each in (views[:, CENTRAL_VIEW], *spoiled.unbind(1)))
    assert isinstance(net.regressor, GuardedRegressor)
    net.regressor.fit(inputs, mos, photos.repeat(len(versions), 1), torch.cat(versions))


def _mean_inputs(net: AttiqaNet, views: Views) -> Tensor:
    """The regressor's inputs, meaned over each picture's views."""
    net.eval()
    features = views.flatten(0, 1).to(net.device)
    measure_if_never_trained(net, features)
    return _inputs(net, features).unflatten(0, views.shape[:2]).mean(1)


def measure_if_never_trained(net: AttiqaNet, features: Tensor) -> None:
    """Standardise pooled features by these ones, where no pretraining has measured any."""
    norm = net.standardise
    if isinstance(norm, torch.nn.BatchNorm1d) and int(norm.num_batches_tracked or 0) == 0:
        norm.running_mean, norm.running_var = features.mean(0), features.var(0)


def _inputs(net: AttiqaNet, features: Tensor) -> Tensor:
    features = features.to(net.device)
    return net.regressor_inputs(features, net.hidden(features)).cpu()
