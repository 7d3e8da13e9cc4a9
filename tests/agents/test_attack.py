"""The attack finds a known optimum, tells what it did to the pictures, and stops at numbers that are not finite."""

import pytest
import torch
from fixtures.audited import ToyJudge
from fixtures.photographs import smooth_scene

from agents.attack import CHUNK, attack, climb, describe, summary
from attiqa_core.errors import InputError
from attiqa_core.srgb import luma
from isp_env.core import IspCore
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise
from isp_env.task import Task

TASK = Task(proxy_px=48)


def greyness(images):
    return -(images - luma(images)).square().mean((1, 2, 3))


def vividness(images):
    return -greyness(images)


def test_a_climb_finds_a_known_optimum_for_each_row_alone():
    optimum = torch.tensor([[0.4, -0.3], [-0.6, 0.7], [2.0, 0.0]])
    found = climb(lambda actions: -(actions - optimum).square().sum(1), torch.zeros(3, 2), 64, ["a", "b", "c"])
    assert torch.allclose(found, optimum.clamp(-1, 1), atol=0.02)


def test_a_climb_keeps_the_best_point_and_not_the_last():
    start = torch.zeros(1, 2)
    found = climb(lambda actions: -actions.abs().sum(1) + 0 * actions.sum(1), start, 5, ["a"])
    assert torch.equal(found, start)


@pytest.mark.parametrize("what", ["score", "gradient"])
def test_what_is_not_finite_names_the_raw(what):
    def broken(actions):
        first, second = actions.sum(1)
        return torch.stack([first, second + torch.inf if what == "score" else (0 * second).sqrt()])

    with pytest.raises(InputError, match=f"second.*{what} is not finite"):
        climb(broken, torch.zeros(2, 3), 3, ["first", "second"])


def frames(count):
    cameras = list(CAMERAS.values())
    return [synthesise(smooth_scene(seed), cameras[seed % len(cameras)], name=f"scene_{seed}") for seed in range(count)]


@pytest.fixture(scope="module")
def drained():
    raws = frames(CHUNK)
    core = IspCore([*raws, raws[0]], ToyJudge(greyness), TASK)
    return attack(core, {"vivid": ToyJudge(vividness), "grey": ToyJudge(greyness)}, 12)


@pytest.mark.slow
def test_a_scorer_that_likes_grey_is_shown_to_drain_the_colour(drained):
    assert len(drained.rows) == CHUNK + 1 == len(drained.before) == len(drained.after)
    for row in drained.rows:
        assert row.chroma_kept < 0.8 and {"drained", "worse to vivid"} <= set(row.wrong)
        assert row.score[1] > row.score[0] and row.judges["grey"] > 0
    assert "worse to vivid in 5; worse to grey in 0" in summary(drained)
    assert "drained" in describe(drained) and drained.rows[0].name in describe(drained)


@pytest.mark.slow
def test_a_raw_is_attacked_alike_in_any_batch(drained):
    first, last = drained.rows[0], drained.rows[-1]
    assert first.params == pytest.approx(last.params, abs=1e-4)


def test_a_scorer_without_a_wish_leaves_the_default():
    core = IspCore(frames(1), ToyJudge(lambda images: 0 * images.mean((1, 2, 3))), TASK)
    (row,) = attack(core, {}, 4).rows
    assert row.wrong == [] and row.chroma_kept == pytest.approx(1) and row.cast_gained == 0
