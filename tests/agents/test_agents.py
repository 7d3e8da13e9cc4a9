import subprocess
import sys
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch
from fixtures.brightness import BRIGHTNESS_ALONE, BrightnessScorer, dark_frames
from fixtures.seeded import uniform

from agents.algorithms import ALGORITHMS
from agents.baselines.cma import CmaTuner, population
from agents.baselines.default import DefaultTuner
from agents.baselines.gradient import GradientTuner
from agents.baselines.search import SobolTuner, sobol_actions
from agents.benchmark import distinct, run_benchmark, same_scores, shelved
from agents.bundles.files import load_policy
from agents.conformance import CountingJudge
from agents.rows import make_tuners
from agents.standings import paired_interval, standings
from agents.train import train_agent
from agents.tuner import PolicyTuner
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json, write_json
from isp_env.contexts.scenes import scene_finder
from isp_env.core import IspCore, Task
from isp_env.params import IspParams
from isp_env.tiles import render_full


@pytest.fixture(scope="module", name="dark_frames")
def frames():
    return dark_frames()


@pytest.fixture(scope="module")
def toy_core(dark_frames):
    return IspCore(dark_frames, BrightnessScorer(), Task(proxy_px=32), BRIGHTNESS_ALONE)


def mean_reward(core, actions):
    state, _ = core.reset(torch.arange(len(core)))
    return float(core.step(state, actions).rewards.mean())


ON_POLICY = {"lr": 1e-2, "n_steps": 4, "batch_size": 32, "target_kl": 0.2}
QUICK = {"ppo": ON_POLICY, "recurrent_ppo": ON_POLICY}
"""Larger steps than the presets take: this landscape is smooth."""


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.slow
def test_an_agent_beats_random_and_the_default_on_a_toy_with_a_known_best(algorithm):
    toy_core = IspCore(dark_frames(), BrightnessScorer(), Task(proxy_px=32, crops=0), BRIGHTNESS_ALONE)
    timesteps = 1024 if algorithm in QUICK else 448  # on-policy learns from each step once
    policy = train_agent(
        toy_core,
        algorithm=algorithm,
        timesteps=timesteps,
        constant_samples=0,
        num_envs=16,
        every=timesteps,
        numbers=QUICK.get(algorithm),
    )
    learned = mean_reward(toy_core, policy.act(toy_core.default_observations))
    random = 2 * uniform(4, toy_core.action_size) - 1
    best = float((1 - toy_core.default_scores).mean())
    assert learned > max(0.0, mean_reward(toy_core, random)) and learned > 0.4 * best


def brief(core, **options):
    """A training as short as can be."""
    return train_agent(core, constant_samples=0, **{"timesteps": 16, "num_envs": 8, **options})


@pytest.mark.slow
def test_a_fresh_process_gives_identical_actions_and_unpickles_nothing(toy_core, tmp_path):
    policy = brief(toy_core, run=tmp_path)
    np.save(tmp_path / "observations.npy", toy_core.default_observations.numpy())
    script = (
        "import sys, pickle, numpy as np, torch\n"
        "def refuse(*a, **k): raise SystemExit('something was unpickled')\n"
        "from agents.bundles.files import load_policy\n"
        "pickle.load = pickle.loads = pickle.Unpickler = torch.load = refuse\n"
        "policy = load_policy(sys.argv[1])\n"
        "observations = torch.from_numpy(np.load(sys.argv[1] + '/observations.npy', allow_pickle=False))\n"
        "assert 'stable_baselines3.ppo' not in sys.modules\n"
        "np.save(sys.argv[1] + '/actions.npy', policy.act(observations).numpy())\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, timeout=120)
    assert np.array_equal(np.load(tmp_path / "actions.npy"), policy.act(toy_core.default_observations).numpy())


@pytest.mark.slow
def test_a_damaged_or_foreign_bundle_is_refused(toy_core, tmp_path, tiny_scorer_folder):
    brief(toy_core, run=tmp_path)
    described = read_json(tmp_path / "policy.json")
    with pytest.raises(InputError, match="toy"):
        PolicyTuner.load(tmp_path)  # its scorer is nowhere
    with pytest.raises(InputError, match="trained against scorer toy"):
        PolicyTuner.load(tmp_path, tiny_scorer_folder)
    write_json(tmp_path / "policy.json", {**described, "observation": ["x"]})
    with pytest.raises(InputError, match="another observation"):
        load_policy(tmp_path)
    write_json(tmp_path / "policy.json", described)
    weights = tmp_path / described["weights"]
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(InputError, match="SHA-256"):
        load_policy(tmp_path)
    with pytest.raises(InputError, match="attiqa train"):
        load_policy(tmp_path / "nowhere")


@pytest.mark.slow
def test_storing_a_policy_again_replaces_the_former_whole(toy_core, tmp_path):
    for seed in (0, 1):
        policy = brief(toy_core, seed=seed, run=tmp_path)
    assert len(list(tmp_path.glob("policy-*.safetensors"))) == 1
    stored, own = load_policy(tmp_path).actor.layers[0].weight, policy.actor.layers[0].weight
    assert torch.equal(stored, own)


@pytest.mark.slow
def test_an_interrupted_training_keeps_its_policy(toy_core, tmp_path, monkeypatch):
    def interrupt(self):
        if self.num_timesteps > 32:
            raise KeyboardInterrupt
        return True

    monkeypatch.setattr("agents.sb3.training.Heard._on_step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        brief(toy_core, timesteps=128, every=16, numbers={"n_steps": 2}, run=tmp_path)
    assert load_policy(tmp_path).training["timesteps"] == 32


@pytest.mark.slow
def test_the_policy_tuner_answers_a_frame_as_the_core_does(toy_core, dark_frames):
    policy = brief(toy_core)
    tuner = PolicyTuner(policy, BrightnessScorer())
    alone = IspCore(
        [dark_frames[2]], BrightnessScorer(), toy_core.task, toy_core.weights
    )  # of one frame: the same bits
    expected = IspParams.from_action(policy.act(alone.default_observations))
    torch.testing.assert_close(tuner.tune(tuner.core(dark_frames[2:3])).values, expected.values)


@pytest.mark.slow
def test_an_iterative_policy_takes_all_its_steps(dark_frames):
    task = Task("iterative", horizon=3, step_size=0.5, proxy_px=32)
    core = IspCore(dark_frames, BrightnessScorer(), task, BRIGHTNESS_ALONE)
    policy = brief(core, algorithm="recurrent_ppo")
    tuner = PolicyTuner(policy, BrightnessScorer())
    alone = IspCore(dark_frames[:1], BrightnessScorer(), task, core.weights)
    state, observations = alone.reset(torch.arange(1))
    memory = None
    for _ in range(3):
        actions, memory = policy.respond(observations, memory)
        transition = alone.step(state, actions)
        state, observations = transition.state, transition.observations
    expected = IspParams.from_action(state.actions)
    torch.testing.assert_close(tuner.tune(alone).values, expected.values)
    assert tuner.queries == 3


@pytest.mark.slow
def test_searches_and_gradient_never_fall_below_the_default_and_find_the_brightness(toy_core):
    everyone = torch.arange(len(toy_core))
    for tuner in make_tuners(["sobol-16", "cma-24", "gradient-24"], toy_core.task, 0)[1:]:
        actions = tuner.tune(toy_core).to_action()
        values = toy_core.appraise(everyone, actions).values
        assert (values >= toy_core.default_scores).all() and (values > toy_core.default_scores + 0.05).any(), tuner.name


@pytest.mark.slow
def test_cma_is_drawn_by_seed_and_name_alone_and_learns_between_generations(dark_frames, toy_core):
    answer = CmaTuner(48, toy_core.task, 3).tune(toy_core).values
    assert torch.equal(CmaTuner(48, toy_core.task, 3).tune(toy_core).values, answer)
    assert not torch.equal(CmaTuner(48, toy_core.task, 4).tune(toy_core).values, answer)
    last = IspCore(dark_frames[3:], BrightnessScorer(), toy_core.task, BRIGHTNESS_ALONE)
    torch.testing.assert_close(CmaTuner(48, toy_core.task, 3).tune(last).values, answer[3:])
    few, many = (best_value(CmaTuner(queries, toy_core.task), toy_core) for queries in (8, 96))
    assert many > few


def best_value(tuner, core) -> float:
    return float(core.appraise(torch.arange(len(core)), tuner.tune(core).to_action()).values.mean())


def test_a_small_budget_has_generations_to_learn_between_and_a_large_one_the_usual_size():
    assert [population(queries, 16) for queries in (5, 48, 64, 400)] == [4, 7, 10, 12]


def test_sobol_points_start_at_identity_stay_inside_and_are_seeded():
    actions = sobol_actions(32, seed=1)
    assert torch.equal(actions[0], IspParams.identity_action()) and actions.abs().max() <= 1
    assert torch.equal(actions, sobol_actions(32, seed=1)) and not torch.equal(actions, sobol_actions(32, seed=2))


@pytest.mark.slow
def test_the_benchmark_pairs_each_tuner_with_the_default(dark_frames, toy_core):
    scene_of = scene_finder(r"^(s\d)_")
    tuners = [DefaultTuner(), SobolTuner(8, toy_core.task)]
    results = run_benchmark(toy_core, dark_frames, tuners, [BrightnessScorer()], scene_of)
    default, sobol = standings(results)
    nothing, verdict = default.verdicts["toy"], sobol.verdicts["toy"]
    assert nothing.mean_gain == nothing.gain_low == nothing.gain_high == 0
    assert verdict.mean_gain > 0 and verdict.gain_low <= verdict.mean_gain <= verdict.gain_high
    assert (sobol.images, sobol.scenes, sobol.queries, sobol.renders) == (4, 2, 8, 24)
    assert default.reward.mean_gain == 0 and sobol.reward.mean_gain == pytest.approx(sum(sobol.terms.values()))


@pytest.mark.slow
def test_each_tuner_of_a_benchmark_asks_its_budget_and_the_default_is_asked_once_for_all(dark_frames):
    judge = CountingJudge()
    core = IspCore(dark_frames, judge, Task(proxy_px=32))
    judges = [BrightnessScorer()]  # scores at full size are no queries
    run_benchmark(core, dark_frames, [DefaultTuner()], judges, str)
    assert judge.asked == 4 * 3  # each raw at the camera default: a proxy and two crops
    judge.asked = 0
    tuners = make_tuners(["sobol-6", "cma-6"], core.task, 0)
    run_benchmark(core, dark_frames, tuners, judges, str)
    appraised = 2 * 4  # at most: what a tuner answered, in figures
    assert 2 * 4 * 5 * 3 <= judge.asked <= (2 * 4 * 5 + appraised) * 3


@pytest.mark.slow
def test_a_shelf_holds_one_raw_in_memory_at_a_time_and_gives_back_its_samples(dark_frames, tmp_path):
    made, alive, shelf = [], [], []

    def frames():
        for frame in dark_frames:
            copied = replace(frame, samples=frame.samples.copy())
            made.append(weakref.ref(copied.samples))
            alive.append(sum(each() is not None for each in made))
            yield copied
            del copied

    core = IspCore(shelved(frames(), tmp_path, shelf), BrightnessScorer(), Task(proxy_px=32))
    assert core.names == [frame.name for frame in shelf] and alive == [1, 1, 1, 1]
    for frame, held in zip(dark_frames, shelf, strict=True):
        assert np.array_equal(frame.samples, held.samples) and held.cfa == frame.cfa
        assert torch.equal(render_full(frame, IspParams.default(1)), render_full(held, IspParams.default(1)))


def test_a_judge_is_known_again_by_its_weights_and_two_may_not_share_a_name():
    scorer, again, other, namesake = (BrightnessScorer() for _ in range(4))
    again.name, other.name, other.sha256, namesake.sha256 = "the scorer as ONNX", "other", "1" * 64, "1" * 64
    assert same_scores(scorer, again) and not same_scores(scorer, other)
    assert distinct([scorer, other, scorer]) == [scorer, other]
    with pytest.raises(UsageError, match="two different judges are called toy"):
        distinct([scorer, namesake])


def test_the_interval_counts_scenes_not_their_many_crops():
    gains = np.array([0.2] * 50 + [-0.1] * 50) + np.random.default_rng(0).normal(0, 0.01, 100)
    by_image = paired_interval(gains, [str(index) for index in range(100)])
    by_scene = paired_interval(gains, ["a"] * 50 + ["b"] * 50)
    assert by_image[0] > 0 > by_scene[0]
    assert np.isnan(paired_interval(gains, ["only"] * 100)).all()


class NowhereSteep(BrightnessScorer):
    """Values that are finite, with a gradient that is not."""

    def read(self, images):
        scores, attributes = super().read(images)
        return scores + (0 * images.sum((1, 2, 3))).sqrt(), attributes


@pytest.mark.slow
def test_gradient_ascent_names_the_raw_whose_gradient_is_not_finite(dark_frames):
    core = IspCore(dark_frames[1:], NowhereSteep(), Task(proxy_px=32))
    with pytest.raises(InputError, match="s0_1: the gradient of the value is not finite"):
        GradientTuner(3, core.task).tune(core)
