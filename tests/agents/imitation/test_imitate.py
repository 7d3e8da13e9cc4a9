from dataclasses import replace

import pytest
import torch
from fixtures.brightness import BRIGHTNESS_ALONE, BrightnessScorer
from fixtures.experts import RULED, TASK, core_of, ruled_actions, ruled_fits, scenes

from agents.bundles.files import load_policy, save_policy
from agents.imitation.imitate import as_policy
from agents.imitation.recipe import ImitationRecipe
from agents.imitation.targets import examples_of
from agents.sharing.card import policy_card
from attiqa_core.errors import UsageError

RECIPE = ImitationRecipe(epochs=40)


def ruled(count, seed):
    contexts = scenes(count, seed)
    return examples_of(ruled_fits(core_of(contexts)), contexts, TASK.profile)


@pytest.fixture(scope="module")
def sides():
    return ruled(24, 0), ruled(12, 1)


@pytest.fixture(scope="module")
def few():
    return ruled(6, 0), ruled(3, 1)


def imitated(sides, **options):
    options = {"recipe": RECIPE, "weights": BRIGHTNESS_ALONE, **options}
    return as_policy(*sides, BrightnessScorer(), options.pop("task", TASK), **options)


@pytest.fixture(scope="module")
def imitation(sides):
    return imitated(sides, source={"fits": "fits.json", "sha256": "a" * 64})


@pytest.mark.slow
def test_the_rule_is_found_on_scenes_that_were_never_seen(imitation):
    """Neither trained on nor chosen by: nearer than the constant in every parameter of the rule, surely."""
    core = core_of(scenes(12, 2))
    answers, wanted = imitation.policy.act(core.default_observations), ruled_actions(core)
    for name in RULED:
        place = core.task.profile.names.index(name)
        own, constant = ((each - wanted)[:, place].abs().mean() for each in (answers, imitation.policy.base))
        assert own < 0.6 * constant
        assert imitation.errors[name]["low"] > 0


@pytest.mark.slow
def test_one_seed_gives_one_policy_and_another_seed_another(few):
    short = replace(RECIPE, epochs=2)
    first, again, other = (imitated(few, recipe=short, seed=seed).policy.actor.state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


@pytest.mark.slow
def test_the_bundle_says_what_was_imitated_and_acts_as_before(imitation, tmp_path):
    policy = imitation.policy
    loaded, core = load_policy(save_policy(tmp_path, policy)), core_of(scenes(3, 5))
    assert torch.equal(loaded.act(core.default_observations), policy.act(core.default_observations))
    told = loaded.training
    assert told["algorithm"] == "imitation" and told["targets"]["sha256"] == "a" * 64
    assert told["numbers"]["like"] == "gradient" and len(told["mean_action"]) == len(TASK.profile.controls)
    figures = told["imitation"]["validation_square_delta_e"]
    assert figures["best"] <= figures["last"] and figures["best"] < 0.5 * figures["constant"]
    card = policy_card(loaded, "mine", "0" * 64)
    assert "it imitates the parameters of examples, those of fits.json" in card and "a" * 64 in card
    assert told["timesteps"] == told["imitation"]["epoch"] * 24


@pytest.mark.slow
def test_without_scenes_to_judge_the_last_epoch_is_kept(few):
    imitation = imitated((few[0], None), recipe=replace(RECIPE, epochs=2))
    assert imitation.errors is None and imitation.policy.training["imitation"]["epoch"] == 2


@pytest.mark.slow
def test_steps_cannot_be_imitated_for_examples_say_where_to_end_alone(sides):
    with pytest.raises(UsageError, match="one-shot"):
        imitated(sides, task=replace(TASK, formulation="iterative"))


def test_numbers_out_of_range_and_an_algorithm_without_a_network_are_refused():
    with pytest.raises(UsageError, match="epoch"):
        ImitationRecipe(epochs=0).check()
    with pytest.raises(UsageError, match="has no network"):
        ImitationRecipe(like="constant").check()
