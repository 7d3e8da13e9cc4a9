"""What a sweep's TOML may say, and what comes of it."""

import pytest

from attiqa_core.errors import InputError
from experiments.sweeps.plan import Range, Sweep, read_sweep

GRID = {"lr": [0.1, 0.2], "hidden": [8, 16]}
WRONG = {
    'verb = "render"\n[swept]\nlr = [1]': "verb 'render' is none of train, tools train",
    'verb = "train"\n[swept]': "is empty",
    'verb = "train"': "missing required field `swept`",
    'verb = "train"\nspeed = 1\n[swept]\nlr = [1]': "unknown field `speed`",
    'verb = "train"\n[swept]\nlr = []': "lr: give a list of different numbers or words",
    'verb = "train"\n[swept]\nlr = [1, 1]': "lr: give a list of different",
    'verb = "train"\n[swept]\nlr = {low = 1, high = 2}': "lr: a grid needs lists",
    'verb = "train"\nsearch = "random"\n[swept]\nlr = [1]': "'random' needs trials",
    'verb = "train"\ntrials = 3\n[swept]\nlr = [1]': "trials: a grid has as many",
    'verb = "train"\nsearch = "random"\ntrials = 3\n[swept]\nlr = {low = 2, high = 1}': "low 2 has to be below high 1",
    'verb = "train"\nsearch = "random"\ntrials = 3\n[swept]\nlr = {low = 0, high = 1, scale = "log"}': "above 0 on a log",
    'verb = "train"\nsearch = "random"\ntrials = 3\n[swept]\nlr = {low = -inf, high = 1}': "-inf is not a number",
    'verb = "train"\nseeds = 2\n[swept]\nseed = [1]': "seeds: is not for swept seeds",
    'verb = "train"\n[fixed]\nlr = 1\n[swept]\nlr = [1]': "lr is fixed and swept",
    'verb = "train"\n[swept]\nout = ["a"]': "out is the sweep's own",
    'verb = "train"\ncpus = 0\n[swept]\nlr = [1]': "cpus above 0",
    "a = " + "[" * 5000: "cannot be read as TOML",
}


@pytest.mark.parametrize("text, said", WRONG.items())
def test_what_no_sweep_can_be_is_one_sentence(tmp_path, text, said):
    path = tmp_path / "s.toml"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        read_sweep(path)
    assert str(path) in str(refused.value) and said in str(refused.value)


def test_a_grid_is_every_combination():
    settings = list(Sweep(verb="train", swept=GRID).settings())
    assert len(settings) == 4 and {"lr": 0.2, "hidden": 16} in settings


def test_a_longer_random_search_begins_with_a_shorter_one():
    swept = {"lr": Range(low=1e-4, high=1e-1, scale="log"), "algo": ["ppo", "sac"]}
    three, nine = (list(Sweep(verb="train", swept=swept, search="random", trials=n).settings()) for n in (3, 9))
    assert nine[:3] == three and len({each["lr"] for each in nine}) == 9


@pytest.mark.parametrize(
    "given, middle",
    [
        (Range(low=0, high=10), 5.0),
        (Range(low=1e-4, high=1e-2, scale="log"), 1e-3),
        (Range(low=1, high=4, scale="int"), 2),
        (Range(low=1, high=100, scale="log-int"), 10),
    ],
)
def test_a_range_ends_where_it_says_and_halves_on_its_scale(given, middle):
    assert (given.at(0), given.at(1), given.at(0.5)) == (given.low, given.high, middle)
    assert type(given.at(0.5)) is type(middle)


def test_each_setting_is_trained_with_each_seed():
    sweep = Sweep(verb="train", swept=GRID, seeds=3, fixed={"seed": 7})
    assert [each["seed"] for each in sweep.with_seeds({"lr": 0.1})] == [7, 8, 9]
