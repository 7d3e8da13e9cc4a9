from dataclasses import replace

import pytest
import torch

from attiqa_core.errors import InputError, UsageError
from isp_env.conformance import CountingJudge
from isp_env.tool_episodes.contexts import ToolContexts
from isp_env.tool_episodes.core import ToolCore
from isp_env.tool_episodes.task import TERMS, ToolTask

LIGHT, HALF, EXCHANGE, STOP = range(4)
ALL = torch.arange(3)


def choose(*choices: int) -> torch.Tensor:
    return torch.tensor(choices)


@pytest.fixture
def core(contexts, tools) -> ToolCore:
    return ToolCore(contexts, tools)


def test_stopping_ends_the_episode_pays_nothing_and_leaves_the_picture(core):
    state, _ = core.reset(ALL)
    led = core.step(state, choose(STOP, STOP, STOP))
    assert led.terminated.all() and (led.rewards == 0).all() and (led.parts == 0).all()
    assert torch.equal(led.state.images, state.images) and (led.state.counts == 0).all()


def test_the_reward_is_the_change_of_psnr_and_the_right_tool_earns_most(core):
    state, _ = core.reset(ALL)
    before = core.psnr(state.images, ALL)
    led = core.step(state, choose(LIGHT, LIGHT, EXCHANGE))
    after = core.psnr(led.state.images, ALL)
    torch.testing.assert_close(led.rewards, core.task.psnr_weight * (after - before))
    assert led.rewards[0] < -1 and (led.rewards[1:] > 1).all()  # harm costs; both defects are mended
    assert (after[1:] == 50).all()
    assert led.parts[:, TERMS.index("psnr")].equal(led.rewards)


@pytest.mark.parametrize("choice", range(4))
def test_what_a_choice_would_be_paid_is_told_without_making_it(contexts, tools, choice):
    core = ToolCore(contexts, tools, task=ToolTask(reuse_cost=0.1, most_uses=1))
    for state in (core.reset(ALL)[0], core.step(core.reset(ALL)[0], choose(LIGHT, EXCHANGE, STOP)).state):
        chosen, strengths = torch.full((3,), choice), torch.tensor([1.0, 0.5, 0.25])
        assert torch.equal(core.rewards(state, chosen, strengths), core.step(state, chosen, strengths).rewards)


def test_what_a_tool_would_be_paid_asks_a_judge_only_where_it_is_paid(contexts, tools):
    for reward, asked in (("psnr", 0), ("both", 3)):
        judge = CountingJudge()
        core = ToolCore(contexts, tools, judge, ToolTask(reward=reward))
        state, chosen = core.reset(ALL)[0], choose(LIGHT, LIGHT, EXCHANGE)
        before = judge.asked
        paid = core.rewards(state, chosen)
        assert judge.asked - before == asked
        assert torch.equal(paid, core.step(state, chosen).rewards)


def test_rewards_telescope_to_the_change_of_value(core):
    state, _ = core.reset(ALL)
    start, earned = state.values, torch.zeros(3)
    for choices in (choose(HALF, EXCHANGE, LIGHT), choose(EXCHANGE, HALF, EXCHANGE), choose(STOP, EXCHANGE, HALF)):
        led = core.step(state, choices)
        state, earned = led.state, earned + led.rewards
    torch.testing.assert_close(earned, state.values - start, atol=1e-5, rtol=0)
    torch.testing.assert_close(state.values, core.value(state.images, ALL))
    assert led.terminated.all()


def test_an_ended_episode_stays_as_it_is_and_earns_nothing_more(core):
    led = core.step(core.reset(ALL)[0], choose(STOP, LIGHT, STOP))
    again = core.step(led.state, choose(LIGHT, STOP, EXCHANGE))
    assert again.terminated.all() and (again.rewards == 0).all()
    assert torch.equal(again.state.images, led.state.images)
    assert torch.equal(again.observations[[0, 2]], led.observations[[0, 2]])


def test_time_runs_out_as_an_end_that_is_seen(core):
    state, first = core.reset(ALL)
    left = core.observation_names.index("time_left")
    assert (first[:, left] == 1).all()
    for step in range(1, 4):
        led = core.step(state, choose(EXCHANGE, EXCHANGE, EXCHANGE))
        state = led.state
        torch.testing.assert_close(led.observations[:, left], torch.full((3,), 1 - step / 3))
        assert led.terminated.all() == (step == 3)


def test_a_batch_equals_single_episodes(core):
    choices = choose(EXCHANGE, LIGHT, STOP)
    together = core.step(core.reset(ALL)[0], choices)
    for row in range(3):
        alone = core.step(core.reset(ALL[[row]])[0], choices[[row]])
        torch.testing.assert_close(together.rewards[[row]], alone.rewards, atol=1e-5, rtol=0)
        torch.testing.assert_close(together.observations[[row]], alone.observations, atol=1e-5, rtol=0)


def test_the_pictures_to_start_from_and_former_states_are_not_changed(core, contexts):
    before = contexts.images.clone()
    state, _ = core.reset(ALL)
    core.step(state, choose(HALF, EXCHANGE, LIGHT))
    assert torch.equal(contexts.images, before) and torch.equal(state.images, before) and (state.counts == 0).all()


def test_what_undoes_a_used_tool_is_masked_and_stop_never_is(core):
    state, _ = core.reset(ALL)
    assert core.masks(state).all()
    led = core.step(state, choose(LIGHT, EXCHANGE, STOP))
    assert core.masks(led.state).tolist() == [
        [True, False, True, True],
        [True, True, True, True],
        [False, False, False, True],
    ]


def test_masks_follow_the_task(contexts, tools):
    def after_two(*numbers, **named):
        core = ToolCore(contexts, tools, None, ToolTask(*numbers, **named))
        state = core.step(core.reset(ALL)[0], choose(EXCHANGE, LIGHT, LIGHT)).state
        return core.masks(core.step(state, choose(EXCHANGE, EXCHANGE, LIGHT)).state).tolist()

    assert after_two(never_twice=True, forbid_undoing=False) == [
        [True, True, False, True],
        [False, True, False, True],
        [False, True, True, True],
    ]
    assert after_two(most_uses=2, forbid_undoing=False)[2] == [False, True, True, True]
    assert after_two(forbid_undoing=False) == [[True] * 4] * 3


def test_a_forbidden_tool_is_not_applied_takes_its_step_and_pays_nothing(core):
    state = core.step(core.reset(ALL)[0], choose(LIGHT, LIGHT, LIGHT)).state
    led = core.step(state, choose(HALF, HALF, HALF))
    assert torch.equal(led.state.images, state.images) and (led.rewards == 0).all()
    assert (led.state.steps == 2).all() and (led.state.counts == torch.tensor([1.0, 0, 0])).all()


def test_reuse_costs_and_first_use_does_not(contexts, tools):
    core = ToolCore(contexts, tools, None, ToolTask(reuse_cost=0.25))
    first = core.step(core.reset(ALL)[0], choose(EXCHANGE, EXCHANGE, STOP))
    second = core.step(first.state, choose(EXCHANGE, LIGHT, EXCHANGE))
    assert (first.parts[:, TERMS.index("reuse")] == 0).all()
    assert second.parts[:, TERMS.index("reuse")].tolist() == [-0.25, 0, 0]
    torch.testing.assert_close(second.rewards, second.parts.sum(1))


def test_strength_goes_to_the_tool_and_none_of_it_changes_nothing(core, tools):
    state, _ = core.reset(ALL)
    strengths = torch.tensor([0.0, 0.5, 1.0])
    led = core.step(state, choose(LIGHT, LIGHT, EXCHANGE), strengths)
    assert torch.equal(led.state.images[0], state.images[0]) and led.rewards[0] == 0
    torch.testing.assert_close(led.state.images[1], tools[LIGHT](state.images[[1]], strengths[[1]])[0])
    torch.testing.assert_close(led.state.images[2], state.images[2].flip(0))


def test_a_judge_is_asked_for_pictures_that_changed_alone_and_weighs_beside_psnr(contexts, tools):
    judge = CountingJudge()
    core = ToolCore(contexts, tools, judge, ToolTask(reward="both", judge_weight=2.0, reward_scale=0.5))
    state, _ = core.reset(ALL)
    assert judge.asked == 3
    led = core.step(state, choose(LIGHT, STOP, STOP))
    assert judge.asked == 4
    scores, places = judge.score(led.state.images), core.observation_names.index("score")
    gain = scores - judge.score(state.images)
    torch.testing.assert_close(led.parts[:, TERMS.index("judge")], 0.5 * 2 * gain)
    decibels = core.psnr(led.state.images, ALL) - core.psnr(state.images, ALL)
    torch.testing.assert_close(led.parts[:, TERMS.index("psnr")], 0.5 * 0.1 * decibels)
    torch.testing.assert_close(led.observations[:, places], scores)


def test_parity_pays_a_tenth_of_the_change_in_db(contexts, tools):
    core = ToolCore(contexts, tools, None, ToolTask.parity())
    state, _ = core.reset(ALL)
    led = core.step(state, choose(LIGHT, LIGHT, EXCHANGE))
    gain = core.psnr(led.state.images, ALL) - core.psnr(state.images, ALL)
    torch.testing.assert_close(led.rewards, 0.1 * gain)


def test_observations_are_named_finite_and_end_with_a_small_picture(contexts, tools):
    images = torch.cat([torch.zeros(1, 3, 16, 16), torch.ones(1, 3, 16, 16)])
    extreme = ToolContexts(("black", "white"), images, images.flip(0), ("", ""))
    core = ToolCore(extreme, tools, CountingJudge(), ToolTask(pictures=8))
    state, _ = core.reset(torch.arange(2))
    seen = core.step(state, choose(EXCHANGE, LIGHT)).observations
    assert core.observation_size == seen.shape[1] == len(core.observation_names) + 3 * 64
    assert seen.dtype == torch.float32 and torch.isfinite(seen).all() and seen.abs().max() <= 10
    assert seen[:, -192:].mean(1).tolist() == [0, 1]
    assert seen[1, core.observation_names.index("used_light*2")] == 1
    assert len(set(core.observation_names)) == len(core.observation_names)


def test_a_reward_without_what_it_needs_is_refused(contexts, tools):
    with pytest.raises(UsageError, match='reward "judge": needs a judge'):
        ToolCore(contexts, tools, None, ToolTask(reward="judge"))
    without = replace(contexts, references=None)
    with pytest.raises(UsageError, match='reward "psnr": needs references'):
        ToolCore(without, tools)
    core = ToolCore(without, tools, CountingJudge(), ToolTask(reward="judge"))
    with pytest.raises(UsageError, match="no references"):
        core.psnr(contexts.images, ALL)


def test_tools_that_are_none_or_named_twice_are_refused(contexts, tools):
    with pytest.raises(UsageError, match="no tools"):
        ToolCore(contexts, ())
    with pytest.raises(UsageError, match=r"tool light\*2: is named twice"):
        ToolCore(contexts, (*tools, tools[0]))


def test_a_damaged_picture_is_named(contexts, tools):
    images = contexts.images.clone()
    images[1, 0, 0, 0] = torch.nan
    with pytest.raises(InputError, match="dark: the picture is not finite"):
        ToolCore(replace(contexts, images=images), tools).reset(ALL)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"names": ()}, "no pictures"),
        ({"names": ("a", "a", "b")}, "a: 2 pictures are called so"),
        ({"planted": ("",)}, "3 names and 1 names of defects"),
        ({"images": torch.zeros(3, 3, 8, 24)}, "give both in one size"),
        ({"images": torch.zeros(3, 3, 8, 8), "references": None}, "give 16 px or more"),
    ],
)
def test_contexts_that_do_not_fit_together_are_refused(contexts, change, text):
    with pytest.raises(InputError, match=text):
        replace(contexts, **change)


def test_contexts_are_taken_by_place(contexts):
    some = contexts.take([2, 0])
    assert some.names == ("exchanged", "clean") and some.planted == ("cast", "")
    assert torch.equal(some.images, contexts.images[[2, 0]]) and torch.equal(
        some.references, contexts.references[[2, 0]]
    )
