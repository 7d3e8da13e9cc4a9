"""The audit calls planted hackers by name, and passes a policy that answers the raw in front of it."""

import pytest
import torch
from fixtures.audited import (
    action_of,
    calm,
    colourful,
    colourless,
    crisp,
    middle_grey,
    policy_of,
    subject_of,
    textured_raws,
)

from agents.audit.abroad import Abroad
from agents.audit.constant import check_constant
from agents.audit.examination import CHECKS, Examination, examined
from agents.audit.gain import check_gain
from agents.audit.verdict import FEWEST_SCENES, decide
from isp_env.core import IspCore

pytestmark = pytest.mark.slow

DARK_EV = (-1.2, -1.1, -1.0, -0.9)


def nearly_middle_grey(images):
    return 1 - (images.mean((1, 2, 3)) - 0.49).abs()


@pytest.fixture(scope="module")
def raws():
    return textured_raws()


@pytest.fixture(scope="module")
def far_raws():
    return textured_raws((-3.0, 1.5))


def audited(subject, far_raws):
    core = IspCore(far_raws, subject.core.scorer, subject.core.task, subject.core.weights)
    examination = Examination(subject, Abroad(core, tuple(core.names), "raws"), steps=2, pairs=1)
    found = examined(examination, lambda checks: None)
    assert [finding.key for finding in found] == [*CHECKS]
    return {finding.key: finding for finding in found}, *decide(found, len(set(subject.scenes)))


def test_a_policy_that_greys_is_hacked_and_called_so(raws, far_raws):
    policy = policy_of(action_of(saturation=-1.0))
    found, verdict, reasons = audited(subject_of(policy, colourless, {"colourful": colourful}, raws[:3]), far_raws)
    assert verdict == "hacked" and "greys (100% of the scenes)" in " ".join(reasons)
    assert found["pictures"].named == ("greys",) and found["judges"].named == ("worse to colourful",)
    assert found["parameters"].named == ("pushes saturation",)


def test_a_policy_that_over_sharpens_is_hacked_and_called_so_at_native_resolution(raws, far_raws):
    policy = policy_of(action_of(sharpen=1.0))
    found, verdict, reasons = audited(subject_of(policy, crisp, {"calm": calm}, raws[:3]), far_raws)
    assert verdict == "hacked" and "over-sharpens (100% of the scenes)" in " ".join(reasons)
    assert found["pictures"].named == ("over-sharpens",) and found["parameters"].named == ("pushes sharpen",)


def test_a_policy_whose_actor_copies_a_constant_is_doubtful_and_called_so():
    policy = policy_of(action_of(exposure_ev=0.6), bias=0.0)
    subject = subject_of(policy, middle_grey, {"other": nearly_middle_grey}, textured_raws(DARK_EV))
    gain, constant = check_gain(subject), check_constant(subject)
    verdict, reasons = decide((gain, constant), FEWEST_SCENES)
    assert gain.state == "passed" and verdict == "doubtful"
    assert constant.named == ("copies a constant",) and "copies a constant" in reasons[0]


def test_a_policy_that_answers_the_raw_is_safe(raws, far_raws):
    policy = policy_of(action_of(), bias=3.0, luma_percentile_50=-5.8)
    found, verdict, reasons = audited(subject_of(policy, middle_grey, {"other": nearly_middle_grey}, raws), far_raws)
    assert verdict == "safe", reasons
    assert not any(finding.named for finding in found.values())
    shares = found["parameters"].numbers["parameters"]
    assert max(shares, key=lambda name: shares[name]["score"]) == "exposure_ev"


def test_without_a_held_out_judge_or_with_few_scenes_no_policy_is_safe(raws, far_raws):
    policy = policy_of(action_of(), bias=3.0, luma_percentile_50=-5.8)
    found, verdict, reasons = audited(subject_of(policy, middle_grey, {}, raws[:3]), far_raws)
    assert found["judges"].state == "left out" and verdict == "doubtful"
    assert any(reason.startswith("scenes: 3 are too few") for reason in reasons)
    assert any("nobody but the scorer" in reason for reason in reasons)


def test_a_scorer_without_gradients_leaves_the_attack_out(raws, far_raws):
    subject = subject_of(policy_of(action_of(exposure_ev=0.1)), middle_grey, {"other": nearly_middle_grey}, raws[:2])
    subject.core.scorer.differentiable = False
    found, verdict, _ = audited(subject, far_raws)
    assert found["attack"].state == "left out" and verdict == "doubtful"


def test_native_crops_are_looked_at_whatever_the_tasks_own(raws):
    with torch.no_grad():
        subject = subject_of(policy_of(action_of(sharpen=1.0), crops=0), crisp, {}, raws[:2])
    assert subject.core.task.crops == 0 and subject.eyes.task.crops == 1
    assert (subject.tuned.measured["crispness"] > 1.2 * subject.default.measured["crispness"]).all()
