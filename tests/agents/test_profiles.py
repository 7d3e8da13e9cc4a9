import numpy as np
import pytest
import torch

from agents.bundles.files import load_policy
from agents.conformance import CountingJudge, TunerConformance
from agents.rows import make_tuners
from agents.train import train_agent
from agents.tuner import PolicyTuner
from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, write_json
from isp_env.core import IspCore, Task
from isp_env.parameters.profile_files import find_profile
from isp_env.parameters.table import CURVE_NAMES
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise

OWN = '[profile]\nbase = "core+curve"\n[frozen]\nhue_deg = 2.0\n[ranges]\nexposure_ev = [-0.5, 2]\ncurve_3 = [-2, 2]\n'


@pytest.fixture
def own(tmp_path):
    (tmp_path / "own.toml").write_text(OWN)
    return find_profile(tmp_path / "own.toml")


@pytest.fixture(scope="module")
def frame():
    photo = 0.5 + 0.3 * np.sin(np.arange(48 * 48 * 3).reshape(48, 48, 3) / 97)
    return synthesise(photo, CAMERAS["gopro-hero6"], exposure_ev=-1, generator=np.random.default_rng(0), name="dark")


def core_of(frame, profile) -> IspCore:
    return IspCore([frame], CountingJudge(), Task(proxy_px=32, crops=0, profile=profile))


@pytest.mark.slow
def test_a_policy_trained_with_a_profile_of_ones_own_acts_within_it_after_it_was_stored(own, frame, tmp_path):
    run = tmp_path / "run"
    policy = train_agent(core_of(frame, own), timesteps=2, num_envs=1, constant_samples=16, run=run)
    (tmp_path / "own.toml").unlink()  # the bundle needs no file beside it
    loaded = load_policy(run)
    assert loaded.task.profile == own and loaded.task == policy.task
    assert read_json(run / "policy.json")["parameters"][0][:3] == ["exposure_ev", -0.5, 2]
    tuner = PolicyTuner(loaded, CountingJudge())
    core = tuner.core([frame])
    params = tuner.tune(core)
    torch.testing.assert_close(params.values, PolicyTuner(policy, CountingJudge()).tune(core).values)
    assert params["hue_deg"].item() == 2 and params["curve_3"].item() != 0


@pytest.mark.slow
def test_a_bundle_that_names_no_profile_is_of_core_and_one_that_is_not_known_is_refused(frame, tmp_path):
    train_agent(core_of(frame, Task.profile), timesteps=2, num_envs=1, constant_samples=16, run=tmp_path)
    described = read_json(tmp_path / "policy.json")
    old = {name: value for name, value in described["task"].items() if name != "profile"}
    write_json(tmp_path / "policy.json", {**described, "task": old})
    assert load_policy(tmp_path).task == Task(proxy_px=32, crops=0)
    described["task"]["profile"]["controls"][0]["high"] = 9.0
    write_json(tmp_path / "policy.json", described)
    with pytest.raises(InputError, match="exposure_ev: 9 is outside"):
        load_policy(tmp_path)


class TestTunersOfAProfile(TunerConformance):
    """Each row of the table, in a profile that freezes a parameter and has the curve."""

    @pytest.fixture(
        autouse=True, params=["default", "sobol-16", "cma-16", pytest.param("gradient-3", marks=pytest.mark.slow)]
    )
    def row(self, request, own):
        self.spec, self.profile = request.param, own
        self.task = Task(proxy_px=32, crops=0, profile=own)

    def make_tuner(self):
        return make_tuners([self.spec], self.task, 0)[-1]

    def test_it_stays_within_the_profile(self):
        params = self.make_tuner().tune(self.core(self.frames[0]))
        assert params.names == self.profile.columns and params["hue_deg"].item() == 2
        assert params.to_action(self.profile).abs().max() <= 1 + 1e-5
        if self.spec != "default":
            assert any(params[name].item() for name in CURVE_NAMES)
