import numpy as np
import pytest
import torch
from fixtures.photographs import photograph
from fixtures.seeded import seeded
from scipy.stats import spearmanr

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import UsageError
from attiqa_core.prompts import proxy_tasks
from attiqa_core.prompts.proxy_tasks import graded_levels, graded_versions, is_graded
from attiqa_core.srgb import luma
from attiqa_core.teachers.statistics import MEASURES

BY_SEVERITY = [2, 3, 1, 4, 0]  # how KADID-10k numbers the five levels of contrast


@pytest.fixture(scope="module")
def photo():
    return photograph("coffee")


def versions_of(photo, attribute, spacing="11", short_edge=128):
    levels = graded_levels(spacing)[attribute]
    return levels, graded_versions(photo, attribute, levels, short_edge, seeded())


@pytest.mark.parametrize("spacing", ["11", "3", "kadid"])
def test_levels_ascend_and_stay_on_the_axis(spacing):
    levels = graded_levels(spacing)
    assert tuple(levels) == ATTRIBUTES
    for each in levels.values():
        assert list(each) == sorted(set(each)) and each[0] >= -1 and each[-1] <= 1
    assert {len(levels[name]) for name in ATTRIBUTES if name != "brightness"} == {
        5 if spacing == "kadid" else int(spacing)
    }


@pytest.mark.parametrize("spacing", ["11", "kadid"])
@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_a_measure_of_the_attribute_follows_the_levels_perfectly(photo, attribute, spacing):
    levels, versions = versions_of(photo, attribute, spacing)
    assert versions.shape == (len(levels), 3, 128, 128)
    assert spearmanr(levels, MEASURES[attribute](versions)).statistic == pytest.approx(1)


def test_levels_numbered_by_severity_are_caught(photo, monkeypatch):
    """The trap: KADID numbers its contrasts 0, +.15, -.4, +.3, -.6; no score that follows contrast follows that."""
    levels, versions = versions_of(photo, "contrast", "kadid")
    measured = MEASURES["contrast"](versions)
    assert spearmanr(levels, measured).statistic == pytest.approx(1)
    assert abs(spearmanr(np.arange(5), measured[BY_SEVERITY]).statistic) < 0.6
    monkeypatch.setitem(proxy_tasks.KADID_LEVELS, "contrast", tuple(levels[index] for index in BY_SEVERITY))
    with pytest.raises(AssertionError):
        graded_levels("kadid")


def test_kadids_amounts_arrive_in_the_picture(photo):
    levels, versions = versions_of(photo, "contrast", "kadid")
    original = versions[levels.index(0.0)]
    centred = [version - luma(version[None]).mean() for version in versions]
    gains = [float((each * centred[2]).sum() / centred[2].square().sum()) for each in centred[:3]]
    assert gains == pytest.approx([0.4, 0.6, 1.0], abs=0.01)
    _, colours = versions_of(photo, "colorfulness", "kadid")
    torch.testing.assert_close(colours[-1], original)
    grey = luma(original[None])
    torch.testing.assert_close(colours[3], (grey + 0.4 * (original - grey))[0], atol=1e-5, rtol=0)
    assert graded_levels("kadid")["colorfulness"][0] == -1  # grey, never KADID's inverted hues


def test_the_photo_is_distorted_at_the_size_that_is_asked_for(photo):
    for short_edge in (96, 64):
        assert versions_of(photo, "sharpness", short_edge=short_edge)[1].shape[2:] == (short_edge, short_edge)


def test_noise_repeats_with_its_seed(photo):
    _, one = versions_of(photo, "noisiness", short_edge=64)
    assert torch.equal(one, versions_of(photo, "noisiness", short_edge=64)[1])


def test_a_grey_photo_has_no_colours_to_order(photo):
    grey = photo.float().mean(0, keepdim=True).byte().expand(3, -1, -1)
    assert not is_graded(versions_of(grey, "colorfulness", short_edge=64)[1])
    assert is_graded(versions_of(grey, "brightness", short_edge=64)[1])
    assert is_graded(versions_of(photo, "colorfulness", short_edge=64)[1])


@pytest.mark.parametrize("spacing", ["2", "0", "-5", "tid", "1.5", ""])
def test_unusable_levels_are_refused(spacing):
    with pytest.raises(UsageError, match="--levels"):
        graded_levels(spacing)
