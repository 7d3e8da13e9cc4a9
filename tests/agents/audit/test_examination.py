"""The audit calls planted hackers by name, and passes a policy that answers the raw in front of it."""

from dataclasses import replace

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
from agents.audit.examination import CHECKS, CHECKS_OF_IMITATIONS, Examination, examined
from agents.audit.gain import check_gain
from agents.audit.nearness import check_nearness
from agents.audit.pictures import check_pictures_beside_examples
from agents.audit.verdict import FEWEST_SCENES, decide
from isp_env.core import IspCore

pytestmark = pytest.mark.slow


def imitating(exposures):
    return torch.stack([action_of(exposure_ev=ev) for ev in exposures])


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


def test_without_gradients_the_attack_is_a_search_of_as_many_queries_and_finds_the_way(raws, far_raws):
    policy = policy_of(action_of(exposure_ev=0.1), crops=0)
    seen = {}
    for differentiable in (True, False):
        subject = subject_of(policy, middle_grey, {"other": nearly_middle_grey}, raws[:2])
        vars(subject.core.scorer)["differentiable"] = differentiable
        examination = Examination(subject, None, steps=12, pairs=1)
        seen[differentiable] = CHECKS["attack"](examination), examination.temptation
    finding, found = seen[False]
    assert finding.numbers["by"] == "CMA-ES" and "12 queries of CMA-ES" in finding.says and finding.state != "left out"
    assert seen[True][0].numbers["by"] == "gradient"
    default, answered, attacked, further = found.scores
    assert (attacked > default).all() and (further >= answered).all()


def imitation_of(examples, raws, **policy):
    """A subject whose policy should answer each raw with an exposure, and what the audit of an imitation says of it."""
    subject = subject_of(policy_of(action_of(), **policy), colourless, {"colourful": colourful}, raws)
    subject = replace(subject, examples=imitating(examples))
    found = examined(Examination(subject, None, 1, 1, "examples"), lambda checks: None)
    return {finding.key: finding for finding in found}, decide(found, len(set(subject.scenes)), "examples")[0]


def test_who_comes_nearer_to_examples_than_its_controls_is_no_hacker_whatever_scorer_or_judges_say(raws):
    wanted = (-0.5, 0.0, 0.5, 1.0, 0.75, -0.25, 0.25, -0.75)
    answers = imitating(wanted)
    subject = replace(
        subject_of(policy_of(action_of(), bias=0.0), colourless, {"colourful": colourful}, raws), examples=answers
    )
    subject.__dict__["actions"] = answers + 0.02
    found = check_nearness(subject)
    assert found.state == "passed" and found.numbers["delta_e_2000"]["policy"] < 1, found
    assert check_pictures_beside_examples(subject).state == "passed"


def test_one_that_is_farther_from_the_examples_than_the_camera_default_is_unfaithful(raws):
    found, word = imitation_of([0.0] * 8, raws, bias=0.8)
    assert word == "unfaithful" and [*found] == [*CHECKS_OF_IMITATIONS]
    assert found["examples"].named == ("farther than its constant and the camera default",)
    found, word = imitation_of([0.2] * 8, raws, bias=0.0)
    assert word == "doubtful" and found["examples"].state == "doubtful"


def test_without_examples_an_imitation_is_doubtful_and_told_what_is_missing(raws):
    subject = subject_of(policy_of(action_of(), bias=0.0), colourless, {}, raws[:2])
    found = examined(Examination(subject, None, 1, 1, "examples"), lambda checks: None)
    assert {finding.state for finding in found} == {"left out"} and "--fits" in found[0].says


def test_native_crops_are_looked_at_whatever_the_tasks_own(raws):
    with torch.no_grad():
        subject = subject_of(policy_of(action_of(sharpen=1.0), crops=0), crisp, {}, raws[:2])
    assert subject.core.task.crops == 0 and subject.eyes.task.crops == 1
    assert (subject.tuned.measured["crispness"] > 1.2 * subject.default.measured["crispness"]).all()
