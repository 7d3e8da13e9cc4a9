import numpy as np
import pytest
import torch
from fixtures.tiny_tools import TINY, tiny_core
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.tools.actor import drawn, most_preferred, randomly
from agents.tools.beam import Beam
from agents.tools.choosers import Chance, Nothing, by_reference
from agents.tools.discrete_sac import entropy_of, policy_of, soft_value
from agents.tools.flat import flat_masks, tools_and_strengths
from agents.tools.records import play
from agents.tools.tallies import confusion, over_photos, right_first, stopped_clean, summary_of


def oracle(width=1, depth=1, budget=0, seed=0):
    return Beam("oracle", "reference", by_reference, width, depth, budget, torch.Generator().manual_seed(seed))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 9))
def test_what_is_not_allowed_is_never_chosen_drawn_or_worth_anything(seed, choices):
    generator = torch.Generator().manual_seed(seed)
    preferences = 40 * torch.randn(8, choices, generator=generator)
    masks = torch.rand(8, choices, generator=generator) < 0.4
    masks[:, -1] = True
    for chosen in (
        most_preferred(preferences, masks),
        drawn(preferences, masks, generator),
        randomly(masks, generator),
    ):
        assert masks.gather(1, chosen[:, None]).all()
    probabilities, logs = policy_of(preferences, masks)
    assert (probabilities[~masks] == 0).all() and torch.isfinite(logs).all()
    worth = torch.where(masks, 1.0, 1e9)
    torch.testing.assert_close(soft_value(preferences, worth, masks, torch.tensor(0.0)), torch.ones(8))
    assert (entropy_of(preferences, masks) <= masks.sum(1).float().log() + 1e-5).all()


def test_the_soft_value_of_equal_preferences_is_the_mean_and_the_entropy_of_the_allowed():
    masks = torch.tensor([[True, True, False, True]])
    worth = torch.tensor([[1.0, 2.0, 100.0, 6.0]])
    value = soft_value(torch.zeros(1, 4), worth, masks, torch.tensor(0.5))
    assert float(value) == pytest.approx(3 + 0.5 * np.log(3), abs=1e-5)


def test_an_oracle_of_one_step_mends_what_one_tool_mends_and_leaves_clean_pictures_alone():
    core = tiny_core()
    record = play(core, oracle())
    assert record.firsts[:3] == ("brighter", "bluer", "")
    assert all(right_first(core, record).values()) and all(stopped_clean(core, record).values())
    assert (record.after > 49).all() and (record.queries == len(TINY)).all()
    figures = summary_of(core, record, record)
    assert figures["restored"].mean == 1 and figures["right_first_dark"].count == 4
    assert confusion(core, record) == {"cast": {"grey world": 4}, "clean": {"stop": 4}, "dark": {"brightness": 4}}


def test_doing_nothing_gains_nothing_and_chance_breaks_no_mask():
    core = tiny_core(never_twice=True)
    assert (play(core, Nothing()).gains == 0).all()
    record = play(core, Chance(torch.Generator().manual_seed(0)))
    assert record.queries.sum() == 0
    assert all(len(set(used)) == len(used) for used in record.used)  # `play` asserts the masks


def test_a_beam_finds_two_tools_that_greedy_steps_do_not_begin_with():
    core = tiny_core(3)
    core.contexts.images[2] -= 0.3  # dark and without blue: both tools are needed
    core.contexts.images[2, 2] -= 0.3
    core = type(core)(core.contexts, core.tools, None, core.task)
    found = play(core, oracle(3, 2))
    assert {name for name, _ in found.used[2]} == {"brighter", "bluer"}
    assert int(found.queries[0]) > len(TINY)


def test_a_search_never_asks_more_than_its_budget():
    for budget in (1, 2, 4):
        record = play(tiny_core(), oracle(2, 3, budget))
        assert (record.queries <= budget).all() and (record.queries > 0).all()


def test_hybrid_choices_are_tools_at_levels_and_the_stop():
    core = tiny_core(formulation="hybrid", levels=(0.5, 1.0))
    state, _ = core.reset(torch.arange(2))
    assert flat_masks(core, state).shape == (2, 7)
    tools, strengths = tools_and_strengths(core, torch.tensor([0, 3, 6]))
    assert tools.tolist() == [0, 1, core.stop] and strengths is not None and strengths[:2].tolist() == [0.5, 1.0]
    assert play(core, oracle()).used[0] == (("brighter", 1.0),)


def test_an_interval_over_photos_draws_the_values_of_a_photo_together():
    alone = over_photos([0.0, 1.0] * 50, [str(place) for place in range(100)])
    together = over_photos([0.0] * 50 + [1.0] * 50, ["a"] * 50 + ["b"] * 50)
    assert alone.mean == together.mean == 0.5
    assert alone.high - alone.low < 0.25 < together.high - together.low
    assert np.isnan(over_photos([], []).mean)
