"""Every tuner of the table, and a policy of each formulation, keeps the promises of a tuner."""

import pytest
import torch

from agents.actor import Actor, Architecture
from agents.baselines.default import DefaultTuner
from agents.benchmark import make_tuners
from agents.conformance import TunerConformance
from agents.normaliser import Normaliser
from agents.policy import Policy
from agents.tuner import PolicyTuner
from agents.tuners import TUNERS
from isp_env.core import Task
from isp_env.observe import OBSERVATION
from isp_env.params import PARAMETERS, IspParams
from isp_env.reward_weights import RewardWeights


class TestTunersOfTheTable(TunerConformance):
    """A row of TUNERS is tested by being there."""

    @pytest.fixture(autouse=True, params=TUNERS)
    def row(self, request):
        self.spec = request.param.replace("-N", "-5")

    @property
    def crops(self) -> int:
        return 0 if self.spec == "default" else Task.crops

    def make_tuner(self, judge):
        return make_tuners([self.spec], judge, Task(proxy_px=32), RewardWeights(), 0)[-1]

    def test_it_is_called_as_it_is_asked_for(self):
        assert self.make_tuner(None).name == self.spec


class TestPolicyTuner(TunerConformance):
    crops = Task.crops

    @pytest.fixture(autouse=True, params=[Task(proxy_px=32), Task("iterative", horizon=3, proxy_px=32)])
    def task(self, request):
        self.policy = random_policy(request.param)

    def make_tuner(self, judge):
        return PolicyTuner(self.policy, judge)


def random_policy(task: Task) -> Policy:
    size = len(OBSERVATION)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        actor = Actor(Architecture(size, len(PARAMETERS), squash="tanh")).requires_grad_(False)
    normaliser = Normaliser(torch.zeros(size), torch.ones(size), -torch.ones(size), torch.ones(size))
    return Policy(IspParams.identity_action(), 1.0, actor, normaliser, task, RewardWeights(), {}, {})


class Spoiled(DefaultTuner):
    """A tuner that breaks one promise at a time."""

    def __init__(self, judge, fault):
        self.judge, self.fault = judge, fault
        self.name = "two words" if fault == "name" else "spoiled"
        self.calls = 0

    def tune(self, frame):
        self.calls += 1
        params = IspParams.default(2 if self.fault == "rows" else 1)
        if self.fault == "range":
            params.values[0, 0] = 5
        if self.fault == "memory":
            params.values[0, 0] = 0.1 * self.calls
        if self.fault == "frame":
            frame.samples[0, 0] += 1
        if self.fault == "queries":
            self.judge.score(torch.zeros(1, 3, 8, 8))
        return params


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        ("rows", "test_it_answers_one_finite_row_inside_the_ranges"),
        ("range", "test_it_answers_one_finite_row_inside_the_ranges"),
        ("memory", "test_it_answers_the_same_raw_the_same_whatever_came_before"),
        ("queries", "test_it_asks_the_judge_as_often_as_it_states"),
        ("frame", "test_it_leaves_the_frame_as_it_was"),
        ("name", "test_its_name_is_one_word_of_a_table"),
    ],
)
def test_the_suite_catches_a_tuner_that_breaks_a_promise(fault, test):
    suite = type("Suite", (TunerConformance,), {"make_tuner": lambda self, judge: Spoiled(judge, fault)})()
    with pytest.raises(AssertionError):
        getattr(suite, test)()
