from dataclasses import asdict

import gymnasium
import numpy as np
import pytest
import torch
from fixtures.seeded import uniform

from attiqa_core.errors import InputError, UsageError
from isp_env.core import IspCore, Task
from isp_env.observe import OBSERVATION, observation_names
from isp_env.parameters.profile_files import find_profile, read_profile
from isp_env.parameters.profiles import CORE, PROFILES, Profile
from isp_env.parameters.table import CURVE_NAMES, EXPOSURE8_NAMES, KNOWN, NAMES, PARAMETERS
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw_io.find import find_raws
from isp_env.reward import TERMS
from isp_env.tiles import render_in_tiles
from isp_env.vec_env import IspVecEnv

OWN = """
[profile]
base = "core"
[frozen]
hue_deg = 0.0
contrast = 0.25
curve_2 = 0.5
[ranges]
exposure_ev = [-2, 2]
sharpen_radius_px = [0.5, 1.0]
"""


@pytest.fixture
def own(tmp_path) -> Profile:
    (tmp_path / "own.toml").write_text(OWN)
    return read_profile(tmp_path / "own.toml")


def before(action: torch.Tensor) -> torch.Tensor:
    """What `IspParams.from_action` was when `core` was all there was, written for one column after the other."""
    columns = []
    for parameter, entry in zip(PARAMETERS, action.unbind(1), strict=True):
        is_log = parameter.scale == "log"
        low, middle, high = (
            torch.tensor(float(end)).double().log().float() if is_log else torch.tensor(float(end))
            for end in (parameter.low, parameter.identity, parameter.high)
        )
        scaled = middle + torch.where(entry >= 0, entry * (high - middle), entry * (middle - low))
        columns.append(scaled.exp() if is_log else scaled)
    return torch.stack(columns, 1)


def test_core_is_the_mapping_that_was_bit_for_bit():
    action = uniform(200, len(NAMES)) * 2 - 1
    params = IspParams.from_action(action)
    assert torch.equal(params.values, before(action)) and params.names == CORE.names == NAMES
    assert observation_names(CORE.names) == OBSERVATION
    assert [control.spread for control in CORE.controls] == [parameter.usual_spread for parameter in PARAMETERS]


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_goes_there_and_back_and_leaves_the_camera_default_at_its_identity(name, synthetic_frames):
    profile = PROFILES[name]
    action = uniform(20, len(profile.controls)) * 2 - 1
    torch.testing.assert_close(IspParams.from_action(action, profile).to_action(profile), action, atol=1e-5, rtol=0)
    identity = IspParams.identity_action(profile)
    assert identity.abs().max() <= 1 and set(identity.tolist()) <= {0.0, -1.0}
    resting = IspParams.from_action(identity[None], profile)
    assert torch.equal(resting.values, IspParams.default(1, profile=profile).values)
    assert torch.equal(render(synthetic_frames[0], resting), render(synthetic_frames[0], IspParams.default(1)))


@pytest.mark.parametrize("name", ["core+lens", "core+curve", "exposure8"])
@pytest.mark.slow
def test_every_further_parameter_reaches_the_picture_with_a_finite_gradient(name, synthetic_frames):
    profile = PROFILES[name]
    action = (0.2 * uniform(1, len(profile.controls)) + 0.1).requires_grad_(True)
    for look in ("camera", "linear"):
        picture = render(synthetic_frames[0], IspParams.from_action(action, profile), look=look)
        (gradient,) = torch.autograd.grad((picture * uniform(*picture.shape)).sum(), action)
        assert torch.isfinite(gradient).all() and picture.min() >= 0 and picture.max() <= 1
        further = [index for index, each in enumerate(profile.names) if each not in NAMES]
        assert (gradient[0, further] != 0).sum() > 0.8 * len(further)  # a segment may hold no pixel


@pytest.mark.parametrize("name", ["core+lens", "core+curve", "exposure8"])
@pytest.mark.slow
def test_tiles_and_groups_show_the_same_picture(name, synthetic_frames):
    profile = PROFILES[name]
    params = IspParams.from_action(uniform(1, len(profile.controls)) - 0.5, profile)
    whole = render(synthetic_frames[0], params)[0]
    tiles = render_in_tiles(synthetic_frames[0], params, tile=32)
    torch.testing.assert_close(tiles, whole, rtol=0, atol=1e-4)
    both = IspParams(params.values.repeat(2, 1), params.names)
    torch.testing.assert_close(render(synthetic_frames[:1] * 2, both)[1], whole, rtol=0, atol=1e-4)


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.slow
def test_every_stage_takes_what_the_table_says_that_it_allows(end, synthetic_frames):
    frame = synthetic_frames[0].proxy(24)
    for parameter in KNOWN.values():
        picture = render(frame, IspParams.from_dict({parameter.name: parameter.limits[end]}))
        assert torch.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1, parameter.name
        assert parameter.limits[0] <= parameter.low < parameter.high <= parameter.limits[1], parameter.name


def test_a_recipe_may_leave_the_range_of_an_action_but_not_what_the_stage_allows():
    params = IspParams.from_dict({"exposure_ev": 3, "curve_4": 1.5})
    assert params["exposure_ev"].item() == 3 and params.names == (*NAMES, *CURVE_NAMES)
    assert params.to_dicts()[0]["curve_4"] == 1.5
    with pytest.raises(InputError, match=r"curve_4: 2.5 is outside -2 .. 2 log2"):
        IspParams.from_dict({"curve_4": 2.5})
    assert IspParams.from_dict({"e8_grey": 1}).names == (*NAMES, *EXPOSURE8_NAMES)


def test_frozen_parameters_never_move_and_own_ranges_are_the_ends_of_the_action(own):
    assert len(own.controls) == len(NAMES) - 2 and own.name == "own"
    params = IspParams.from_action(uniform(50, len(own.controls)) * 2 - 1, own)
    assert params.names == (*NAMES, *CURVE_NAMES)
    for name, value in {"hue_deg": 0.0, "contrast": 0.25, "curve_2": 0.5, "curve_1": 0.0}.items():
        assert (params[name] == value).all(), name
    low, high = IspParams.from_action(torch.tensor([[-1.0], [1.0]]).expand(2, len(own.controls)), own).to_dicts()
    assert (low["exposure_ev"], high["exposure_ev"]) == (-2, 2)
    assert low["sharpen_radius_px"] == pytest.approx(0.5) and high["sharpen_radius_px"] == pytest.approx(1)
    assert low["shadows_ev"] == -2  # as in core
    identity = dict(zip(own.names, IspParams.identity_action(own).tolist(), strict=True))
    assert identity.pop("sharpen_radius_px") == pytest.approx(1) and not any(identity.values())


def test_a_recipe_stands_on_what_the_profile_freezes(own):
    params = IspParams.from_dict({"hue_deg": 5}, profile=own)
    assert params["hue_deg"].item() == 5 and params["contrast"].item() == 0.25


@pytest.mark.slow
def test_what_a_parameter_costs_depends_on_its_value_and_not_on_the_profile(own, synthetic_frames, tiny_scorer):
    def costs(profile: Profile) -> dict[str, float]:
        core = IspCore(synthetic_frames[:1], tiny_scorer, Task(proxy_px=64, crops=0, profile=profile))
        params = IspParams.from_dict({"exposure_ev": 0.8, "tint_duv": 0.004}, profile=profile)
        state, _ = core.reset(torch.tensor([0]))
        return dict(zip(TERMS, core.step(state, params.to_action(profile)).parts[0].tolist(), strict=True))

    one, other = costs(CORE), costs(own)
    for term in ("prior", "tint", "temperature", "hue"):
        assert one[term] == pytest.approx(other[term], abs=1e-7), term
    assert one["prior"] < 0 and one["tint"] < 0 and one["hue"] == 0


@pytest.mark.slow
def test_environments_take_the_profiles_size(own, synthetic_frames, tiny_scorer):
    core = IspCore(synthetic_frames, tiny_scorer, Task(proxy_px=64, profile=own))
    env = IspVecEnv(core, 2)
    assert env.action_space.shape == (len(own.controls),)
    assert env.observation_space.shape == (len(observation_names(own.names)),)
    observations = env.reset()
    assert observations.shape == (2, len(OBSERVATION) - 2)
    observations, rewards, _, infos = env.step(np.full((2, len(own.controls)), 0.3, np.float32))
    assert np.isfinite(rewards).all()
    seen = observation_names(own.names).index("action_exposure_ev")
    assert infos[0]["terminal_observation"][seen] == pytest.approx(0.3)
    with pytest.raises(InputError, match="action shadows_ev="):
        wrong = np.zeros((2, len(own.controls)), np.float32)
        wrong[0, own.names.index("shadows_ev")] = np.nan
        env.step(wrong)


@pytest.mark.slow
def test_gymnasium_makes_it_by_name_and_by_file(tmp_path, tiny_scorer_folder, synthetic_frames):
    from isp_env.raw_io.dng import write_frame

    write_frame(tmp_path / "raws" / "a.dng", synthetic_frames[0])
    (tmp_path / "own.toml").write_text(OWN)
    given = {"raws": [str(path) for path in find_raws([tmp_path / "raws"])], "scorer": str(tiny_scorer_folder)}
    for profile, size in (("core+curve", 24), (tmp_path / "own.toml", 14)):
        env = gymnasium.make("attiqa/IspTune-v0", profile=profile, proxy_px=64, crops=0, **given)
        assert env.action_space.shape == (size,)
        env.reset(seed=0)
        assert np.isfinite(env.step(np.full(size, 0.2, np.float32))[1])


def test_a_profile_comes_back_from_what_is_stored(own):
    for profile in (*PROFILES.values(), own):
        assert Profile.from_stored(asdict(profile)) == profile
    assert Task.from_stored(asdict(Task(profile=own))) == Task(profile=own)
    stored = asdict(CORE)
    stored["controls"][0]["name"] = "gone"
    with pytest.raises(InputError, match="gone: is not one of"):
        Profile.from_stored(stored)


def test_profiles_are_found_by_name_or_file(tmp_path, own):
    assert find_profile("core") is CORE and find_profile(own) is own
    with pytest.raises(
        UsageError, match=r"--profile corr: is not core, core\+lens, core\+curve, exposure8 or a .toml file"
    ):
        find_profile("corr")
    with pytest.raises(InputError, match="no such file or folder"):
        find_profile(tmp_path / "gone.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[profile", "cannot be read as TOML"),
        ("hue_deg = 1", r"hue_deg: is not one of the tables \[profile\], \[frozen\], \[ranges\]"),
        ("[freeze]\nhue_deg = 1", "freeze: is not one of the tables"),
        ('[profile]\nbase = "all"', r"\[profile\] base = 'all': is not core, core\+lens, core\+curve, exposure8"),
        ("[profile]\nname = 'x'", r"\[profile\] name: is not known"),
        ("[frozen]\nhue = 1", r"\[frozen\] hue: is not one of exposure_ev, "),
        ("[frozen]\nhue_deg = 200", r"\[frozen\] hue_deg: 200 is outside -180 .. 180 degree"),
        ("[frozen]\nhue_deg = 'no'", r"\[frozen\] hue_deg: 'no' is not a number"),
        ("[frozen]\nhue_deg = nan", r"\[frozen\] hue_deg: nan is not a number"),
        ("[frozen]\nhue_deg = true", r"\[frozen\] hue_deg: True is not a number"),
        ("[ranges]\nev = [0, 1]", r"\[ranges\] ev: is not one of exposure_ev, "),
        ("[ranges]\nexposure_ev = 2", r"\[ranges\] exposure_ev: give two numbers, \[low, high\]"),
        ("[ranges]\nexposure_ev = [1]", r"\[ranges\] exposure_ev: give two numbers"),
        ("[ranges]\nexposure_ev = [-1, 'a']", r"\[ranges\] exposure_ev: 'a' is not a number"),
        ("[ranges]\nexposure_ev = [1, -1]", r"\[ranges\] exposure_ev = \[1, -1\]: low has to be below high"),
        ("[ranges]\nexposure_ev = [-5, 1]", r"\[ranges\] exposure_ev: -5 is outside -4 .. 4 EV"),
        ("[ranges]\nexposure_ev = [0.5, 1]", r"\[ranges\] exposure_ev = \[0.5, 1\]: has to hold 0, which changes nothing"),
        ("[ranges]\ncurve_1 = [-1, 1]", r"\[ranges\] curve_1: is no control of core; choose another base"),
        ("[frozen]\nhue_deg = 1\n[ranges]\nhue_deg = [-1, 1]", r"\[ranges\] hue_deg: is under \[frozen\], too"),
        ("[frozen]\n" + "\n".join(f"{each.name} = {each.identity}" for each in PARAMETERS), "leaves no parameter of core"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_in_one_sentence_that_names_file_and_key(tmp_path, text, message):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_profile(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value).removeprefix(f"{path}: ")
