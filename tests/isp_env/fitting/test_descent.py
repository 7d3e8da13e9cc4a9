"""Damped least squares on linear problems, whose answers are known: within bounds, and with parameters that all share."""

from dataclasses import dataclass
from types import SimpleNamespace

import torch
from torch import Tensor

from isp_env.fitting.descent import descend
from isp_env.fitting.problem import Slopes


@dataclass
class Linear:
    """|matrix @ point - wanted|^2 / 2 for each row."""

    matrix: Tensor
    wanted: Tensor
    bound: float = 10.0

    @property
    def space(self):
        ends = torch.full((self.matrix.shape[2],), self.bound)
        return SimpleNamespace(low=-ends, high=ends)

    def _off(self, points):
        return (self.matrix @ points[:, :, None])[:, :, 0] - self.wanted

    def distances(self, points):
        return self._off(points).square().sum(1) / 2

    def slopes(self, points):
        gradient = (self.matrix.mT @ self._off(points)[:, :, None])[:, :, 0]
        return Slopes(self.distances(points), gradient, self.matrix.mT @ self.matrix)


def linear(rows=3, controls=4, bound=10.0):
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(rows, 9, controls, generator=generator)
    return Linear(matrix, torch.randn(rows, 9, generator=generator), bound)


def test_every_row_finds_its_own_least_squares():
    problem = linear()
    found = descend(problem, torch.zeros(3, 4), 40)
    exact = torch.linalg.lstsq(problem.matrix, problem.wanted[:, :, None]).solution[:, :, 0]
    assert torch.allclose(found.points, exact, atol=1e-3)
    assert torch.allclose(found.distances, problem.distances(found.points))


def test_bounds_hold_and_the_rest_answers_to_them():
    problem = linear(bound=0.1)
    found = descend(problem, torch.zeros(3, 4), 60)
    assert found.points.abs().max() <= 0.1
    gradient = problem.slopes(found.points).gradient
    inside = found.points.abs() < 0.1
    assert gradient[inside].abs().max() < 2e-2 and (gradient * found.points.sign())[~inside].max() <= 1e-3


def test_shared_parameters_are_those_of_one_large_least_squares():
    problem = linear()
    shared = torch.tensor([True, True, False, False])
    found = descend(problem, torch.zeros(3, 4), 60, shared)
    assert torch.equal(found.points[:, :2], found.points[:1, :2].expand(3, 2))
    own = torch.block_diag(*problem.matrix[:, :, 2:])
    stacked = torch.cat([problem.matrix[:, :, :2].reshape(-1, 2), own], 1)
    exact = torch.linalg.lstsq(stacked, problem.wanted.reshape(-1, 1)).solution[:, 0]
    assert torch.allclose(found.points[0, :2], exact[:2], atol=1e-2)
    assert torch.allclose(found.points[:, 2:].flatten(), exact[2:], atol=1e-2)


def test_nothing_gets_worse_and_a_row_depends_on_no_other():
    problem = linear()
    start = torch.ones(3, 4)
    found = descend(problem, start, 3)
    assert (found.distances <= problem.distances(start)).all()
    alone = descend(Linear(problem.matrix[1:2], problem.wanted[1:2]), start[1:2], 3)
    assert torch.allclose(alone.points, found.points[1:2], atol=1e-5)
