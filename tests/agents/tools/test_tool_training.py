import json
from dataclasses import replace

import pytest
import torch
from fixtures.tiny_tools import TINY, tiny_core

from agents.tools.bundle import DESCRIPTION, load_tool_policy, save_tool_policy
from agents.tools.choosers import Agent
from agents.tools.equipment import tools_of
from agents.tools.records import play
from agents.tools.retouch import retouch
from agents.tools.tallies import right_first
from agents.tools.training import train_tools
from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, write_json

QUICK = {"learning_starts": 64, "hidden": (16,), "batch_size": 32, "gradient_steps": 2, "lr": 3e-3, "entropy": 0.05}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    run = tmp_path_factory.mktemp("tools")
    policy = train_tools(tiny_core(), tiny_core(6), timesteps=640, num_envs=16, every=320, numbers=QUICK, run=run,
                         about={"planted": {"px": 16}})  # fmt: skip
    return policy, run


@pytest.mark.slow
def test_a_trained_agent_picks_the_right_tools_at_no_queries(trained):
    core = tiny_core()
    record = play(core, Agent(trained[0]))
    assert sum(right_first(core, record).values()) >= 6 and record.queries.sum() == 0


@pytest.mark.slow
def test_a_bundle_comes_back_as_it_was(trained):
    policy, run = trained
    loaded = load_tool_policy(run)
    assert (loaded.tools, loaded.task, loaded.training) == (
        policy.tools,
        policy.task,
        json.loads(json.dumps(policy.training)),
    )
    core = tiny_core()
    state, observations = core.reset(torch.arange(len(core)))
    assert torch.equal(loaded.choose(observations, core.masks(state)), policy.choose(observations, core.masks(state)))
    assert tools_of(run, loaded, reversed(TINY)) == TINY


@pytest.mark.slow
def test_a_bundle_is_refused_where_it_is_damaged_or_its_tools_are_others(trained, tmp_path):
    policy, _ = trained
    others = TINY[0], replace(TINY[1], sha256="f"), TINY[2]
    for there_are, said in ((TINY[:1], "bluer, which is not here"), (others, "weights abc")):
        with pytest.raises(InputError, match=said):
            tools_of(tmp_path, policy, there_are)
    with pytest.raises(InputError, match="holds no"):
        load_tool_policy(tmp_path)
    folder = save_tool_policy(tmp_path / "run", policy)
    described = read_json(folder / DESCRIPTION)
    changes = {
        "format": "attiqa-policy/2",
        "tools": {"one": ""},
        "task": {"unknown": 1},
        "sha256": "0" * 64,
        "weights": "none",
    }
    for name, value in changes.items():
        write_json(folder / DESCRIPTION, {**described, name: value})
        with pytest.raises(InputError):
            load_tool_policy(folder)
    del described["architecture"]
    write_json(folder / DESCRIPTION, described)
    with pytest.raises(InputError, match="architecture"):
        load_tool_policy(folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("judged", "options"),
    [
        (False, {"numbers": QUICK}),
        (True, {"algorithm": "every-choice", "numbers": {"hidden": (16,), "members": 2}, "stops_on_clean": 0.75}),
    ],
)
def test_a_training_that_goes_on_from_its_checkpoint_ends_with_the_same_policy(tmp_path, judged, options):
    options = {"num_envs": 8, "every": 80, "validation": tiny_core(9) if judged else None, **options}
    whole = train_tools(tiny_core(), timesteps=240, **options)
    train_tools(tiny_core(), timesteps=160, run=tmp_path, **options)
    gone_on = train_tools(tiny_core(), timesteps=240, run=tmp_path, resume=True, **options)
    for one, same in zip(whole.actor.state_dict().values(), gone_on.actor.state_dict().values(), strict=True):
        assert torch.equal(one, same)
    assert load_tool_policy(tmp_path).caution == whole.caution == gone_on.caution and (whole.caution > 0) == judged
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [row["timesteps"] for row in rows] == sorted({row["timesteps"] for row in rows}) and len(rows) == 4
    assert all(row["validation_stops_on_clean"] == 1 for row in rows if judged)


@pytest.mark.slow
def test_a_hybrid_task_is_trained_as_tools_at_levels():
    policy = train_tools(tiny_core(formulation="hybrid", levels=(0.5, 1.0)), timesteps=96, num_envs=8, numbers=QUICK)
    assert policy.actor.architecture.outputs == 7
    play(tiny_core(formulation="hybrid", levels=(0.5, 1.0)), Agent(policy))


@pytest.mark.slow
def test_a_large_picture_is_retouched_at_its_own_size_by_what_a_small_one_shows(trained):
    policy, _ = trained
    core = tiny_core()
    image = core.contexts.images[:1].repeat_interleave(4, 2).repeat_interleave(4, 3)
    before = image.clone()
    made = retouch(policy, TINY, image, None, native=False)
    assert torch.equal(image, before) and made.image.shape == image.shape
    expected = image
    for name, _ in made.used:
        expected = next(tool for tool in TINY if tool.name == name)(expected)
    assert torch.equal(made.image, expected) and len(made.used) == len(play(core, Agent(policy)).used[0])
