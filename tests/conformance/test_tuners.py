"""Every tuner of the table, and a policy of each formulation, keeps the promises of a tuner."""

import pytest
import torch

from agents.actor import Actor, Architecture
from agents.baselines.controls import FixedTuner
from agents.baselines.default import DefaultTuner
from agents.baselines.gradient import RefinedTuner
from agents.conformance import CountingJudge, TunerConformance
from agents.normaliser import Normaliser
from agents.policy import Policy
from agents.rows import make_tuners
from agents.tuner import PolicyTuner
from agents.tuners import TUNERS
from isp_env.core import Task
from isp_env.observe import OBSERVATION
from isp_env.params import PARAMETERS, IspParams
from isp_env.reward_weights import RewardWeights

ROWS = [pytest.param(name, marks=pytest.mark.slow) if name == "gradient-N" else name for name in TUNERS]


class TestTunersOfTheTable(TunerConformance):
    """A row of TUNERS is tested by being there."""

    @pytest.fixture(autouse=True, params=ROWS)
    def row(self, request):
        self.spec = request.param.replace("-N", "-3")

    def make_tuner(self):
        return make_tuners([self.spec], self.task, 0)[-1]

    def test_it_is_called_as_it_is_asked_for(self):
        assert self.make_tuner().name == self.spec


class OfAPolicy(TunerConformance):
    @pytest.fixture(autouse=True, params=[Task(proxy_px=32), Task("iterative", horizon=3, proxy_px=32)])
    def policy(self, request):
        self.task = request.param
        self.tuner = PolicyTuner(random_policy(request.param), CountingJudge())


class TestPolicyTuner(OfAPolicy):
    def make_tuner(self):
        return self.tuner


@pytest.mark.slow
class TestRefinedTuner(OfAPolicy):
    def make_tuner(self):
        return RefinedTuner(5, self.tuner)


class TestFixedTuner(OfAPolicy):
    def make_tuner(self):
        return FixedTuner(torch.linspace(-0.4, 0.5, len(PARAMETERS)), self.task, "constant")


def random_policy(task: Task) -> Policy:
    size = len(OBSERVATION)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        actor = Actor(Architecture(size, len(PARAMETERS), squash="tanh")).requires_grad_(False)
    normaliser = Normaliser(torch.zeros(size), torch.ones(size), -torch.ones(size), torch.ones(size))
    return Policy(IspParams.identity_action(), 1.0, actor, normaliser, task, RewardWeights(), {}, {})


class Spoiled(DefaultTuner):
    """A tuner that breaks one promise at a time."""

    def __init__(self, fault):
        self.fault = fault
        self.name = "two words" if fault == "name" else "spoiled"
        self.looks = fault == "looks"
        self.calls = 0

    def tune(self, core):
        self.calls += 1
        params = IspParams.default(1 if self.fault == "rows" else len(core))
        if self.fault == "range":
            params.values[0, 0] = 5
        if self.fault == "memory":
            params.values[0, 0] = 0.1 * self.calls
        if self.fault == "neighbours":
            params.values[:, 0] = 0.1 * len(core)
        if self.fault == "raws":
            core.groups.groups[0].frames.samples[0] += 1
        if self.fault == "queries":
            core.scorer.score(torch.zeros(1, 3, 8, 8))
        return params


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        ("rows", "test_it_answers_each_raw_with_one_finite_row_inside_the_ranges"),
        ("range", "test_it_answers_each_raw_with_one_finite_row_inside_the_ranges"),
        ("memory", "test_it_answers_the_same_raw_the_same_whatever_came_before"),
        ("neighbours", "test_it_answers_many_raws_as_it_answers_each"),
        ("queries", "test_it_asks_the_judge_as_often_as_it_states"),
        ("looks", "test_it_looks_at_the_camera_default_if_it_says_so"),
        ("raws", "test_it_leaves_the_raws_as_they_were"),
        ("name", "test_its_name_is_one_word_of_a_table"),
    ],
)
def test_the_suite_catches_a_tuner_that_breaks_a_promise(fault, test):
    suite = type("Suite", (TunerConformance,), {"make_tuner": lambda self: Spoiled(fault)})()
    with pytest.raises(AssertionError):
        getattr(suite, test)()
