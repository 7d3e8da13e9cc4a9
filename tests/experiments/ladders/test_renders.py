"""Ladders along the ISP's controls: near what they are made of, in order, one control at a time, the same for a seed."""

import pytest
import torch
from fixtures.seeded import seeded, uniform

from attiqa_core.photos.images import resize_short_edge
from experiments.ladders import renders, scenes
from experiments.ladders.attacked import AttackedLadders
from experiments.ladders.renders import FAR, RenderLadders, drawn_actions
from experiments.ladders.scenes import Scenes, fitted_actions
from isp_env.camera_rgb.prepared import prepare
from isp_env.frames.batch import FrameBatch
from isp_env.params import PARAMETERS, IspParams
from isp_env.pipeline import render_prepared


def unasked(images):
    raise AssertionError("these ladders do not depend on the scorer")


def coloured_pictures(count):
    small = uniform(count, 3, 6, 8)
    large = torch.nn.functional.interpolate(small, size=(96, 128), mode="bicubic").clamp(0, 1)
    return [(each * 255).to(torch.uint8) for each in large]


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(scenes, "SIDE", 64)
    monkeypatch.setattr(scenes, "FIT_SIDE", 32)
    monkeypatch.setattr(renders, "LADDERS_OF_A_PHOTO", 2)


@pytest.mark.slow
def test_the_good_render_is_nearer_to_the_photo_than_the_camera_default(small):
    pictures = coloured_pictures(2)
    photos = torch.cat([scenes._centre(each, 128) for each in pictures])
    frames = [scenes._as_raw(photo, seed) for seed, photo in enumerate(photos)]
    batch = prepare(FrameBatch.stack([frame.proxy(32, square=True) for frame in frames]))
    wanted = resize_short_edge(photos, 32)

    def distance(actions):
        return (render_prepared(batch, IspParams.from_action(actions))[0] - wanted).abs().mean()

    with torch.no_grad():
        fitted = distance(fitted_actions(frames, photos))
        assert fitted < 0.6 * distance(IspParams.identity_action().repeat(2, 1))


def test_far_lies_in_the_direction_of_near_and_most_ladders_move_one_control():
    good = IspParams.identity_action().repeat(400, 1)
    near, far = drawn_actions(good, seeded())
    moved = near != good
    assert 0.6 < (moved.sum(1) == 1).float().mean() < 0.85
    assert moved.any(0).all(), "every control is moved by some ladder"
    ratio = ((far - good) / (near - good))[moved]
    assert ((ratio > 1) & (ratio <= FAR + 1e-4)).all()
    two_sided = torch.tensor([each.identity not in (each.low, each.high) for each in PARAMETERS])
    both = (near > good).any(0) & (near < good).any(0)
    assert both[two_sided].all() and far.abs().max() <= 1


@pytest.mark.slow
def test_ladders_are_the_same_for_a_seed_and_their_rungs_differ(small):
    pictures = coloured_pictures(3)
    made = [Scenes.of(pictures, quiet=True) for _ in range(2)]
    one, other = (RenderLadders(each, quiet=True).draw(6, 48, seeded(1), unasked) for each in made)
    assert torch.equal(one.images, other.images)
    assert one.images.shape == (3, 6, 3, 32, 32) and one.margins.shape == (2, 6)
    good, near, far = one.images
    seen = (near - good).abs().mean((1, 2, 3)) > 0.004
    assert seen.sum() >= 2
    assert ((far - good).abs().mean((1, 2, 3)) > (near - good).abs().mean((1, 2, 3)))[seen].all()


@pytest.mark.slow
def test_what_the_scorer_is_led_to_like_falls_below_the_good_render(small):
    """A scorer that likes grey is shown grey; one that likes nothing is shown what lies where the climb began."""
    ladders = AttackedLadders(Scenes.of(coloured_pictures(3), quiet=True))

    def chroma(images):
        return (images - images.mean(1, keepdim=True)).abs().mean((1, 2, 3))

    def seen(sign):
        rungs = ladders.draw(24, 48, seeded(1), lambda images: sign * chroma(images))
        assert rungs.images.shape == (3, 24, 3, 32, 32) and not rungs.images.requires_grad
        return [float(chroma(each).mean()) for each in rungs.images]

    (good, half, grey), (same, more, vivid) = seen(-1), seen(1)
    assert good == same and grey < half < good < more < vivid
    assert seen(-1) == [good, half, grey], "the same generator and scorer give the same rungs"


@pytest.mark.slow
def test_climbing_leaves_the_parameters_of_the_scorer_alone(small):
    weight = torch.ones((), requires_grad=True)
    AttackedLadders(Scenes.of(coloured_pictures(2), quiet=True)).draw(
        2, 48, seeded(), lambda images: weight * images.mean((1, 2, 3))
    )
    assert weight.grad is None
