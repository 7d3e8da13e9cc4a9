import dataclasses
import warnings

import gymnasium
import numpy as np
import pytest
import torch
from fixtures.black_boxes import BLOCKS, dark_raws, described
from fixtures.brightness import BRIGHTNESS_ALONE, BrightnessScorer, dark_frames

import isp_env  # noqa: F401  registers the environment
from attiqa_core.errors import InputError, UsageError
from isp_env.black_box.isp import BlackBoxIsp
from isp_env.black_box.views import ProxyView, shrunk
from isp_env.core import IspCore
from isp_env.isp_episodes.core_files import opened_isp
from isp_env.raw import RawFrame
from isp_env.task import Task


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def frames(tmp_path_factory) -> list[RawFrame]:
    return [RawFrame.load(path) for path in dark_raws(tmp_path_factory.mktemp("raws"), (-2.0, -1.0))]


def core_of(frames, isp: BlackBoxIsp, **task) -> IspCore:
    given = {"proxy_px": 32, "crops": 0, "profile": isp.profile, "square": isp.square, **task}
    return IspCore(frames, BrightnessScorer(), Task(**given), BRIGHTNESS_ALONE, isp=isp)


def test_a_core_sees_the_programs_pictures(frames, cache):
    isp = BlackBoxIsp.load(BLOCKS, cache=cache)
    core = core_of(frames, isp)
    images, limits = core.render(torch.tensor([1, 0]), core.identity.expand(2, -1))
    assert images.shape == (2, 3, 32, 32) and limits["over_range"].tolist() == [0, 0]
    full = isp.full(frames[1], core.params(core.identity[None]))
    assert full.shape == (3, 48, 48)
    pixels = (full * 255).round().byte().permute(1, 2, 0).numpy()
    torch.testing.assert_close(images[0], shrunk(pixels, (32, 32)).permute(2, 0, 1), atol=1e-5, rtol=0)
    brighter = core.render(torch.tensor([1, 0]), (core.identity + torch.tensor([0.3, 0, 0])).expand(2, -1))[0]
    assert (brighter.mean((1, 2, 3)) > images.mean((1, 2, 3))).all()


def test_crops_are_cut_where_the_cores_are(cache):
    rows = np.arange(60, dtype=np.uint16)[:, None] * 256 + np.arange(90, dtype=np.uint16)
    pixels = np.repeat(rows[..., None], 3, 2)
    view = ProxyView((30, 45), 60, False, ((10, 20), (44, 74)), 16)
    assert np.array_equal(view.of(pixels)["crops"][0][..., 0], rows[10:26, 20:36])
    assert np.array_equal(view.of(pixels)["crops"][1][..., 0], rows[44:60, 74:90])
    without_border = view.of(pixels[1:-1, 1:-1])["crops"]  # a program that leaves a pixel away on each side
    assert np.array_equal(without_border[0][..., 0], rows[10:26, 20:36])
    square = ProxyView((30, 30), 60, True, ((10, 5),), 16)  # of the frame's centred square
    assert np.array_equal(square.of(pixels)["crops"][0][..., 0], rows[10:26, 20:36])


@pytest.mark.parametrize("shape", [(90, 60), (30, 45), (120, 180), (60, 70)])
def test_pictures_of_another_size_or_shape_are_refused(shape):
    view = ProxyView((30, 45), 60, square=False)
    with pytest.raises(InputError, match=f"its picture is {shape[1]}x{shape[0]} where"):
        view.of(np.zeros((*shape, 3), np.uint8))


def test_averages_are_of_light():
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[::2] = 255
    assert shrunk(pixels, (2, 2)).numpy() == pytest.approx(0.7353569831, abs=1e-5)  # IEC 61966-2-1 of 0.5


def test_a_setting_without_a_picture_is_black_and_dear_and_defaults_without_one_are_an_error(frames, tmp_path):
    program = (
        "import sys\nraw, out, amount = sys.argv[1:]\n"
        "if float(amount) > 0.9: raise SystemExit('too much')\n"
        "open(out, 'wb').write(b'P6 48 48 255\\n' + bytes([128] * 48 * 48 * 3))\n"
    )
    core = core_of(frames, BlackBoxIsp.load(described(tmp_path, program), cache=tmp_path / "cache"))
    with pytest.warns(UserWarning, match="s0_0.dng: small: ended with 1: too much .under amount 1.000"):
        values = core.appraise(torch.tensor([0, 0]), torch.tensor([[1.0], [0.5]])).values
    assert values[0] < values[1] - 1
    broken = described(tmp_path, program.replace("0.9", "0.1"))
    with pytest.raises(InputError, match="too much"):
        core_of(frames, BlackBoxIsp.load(broken, cache=tmp_path / "cache"))


def test_profiles_and_isps_that_do_not_belong_together_are_refused(frames, cache):
    isp = BlackBoxIsp.load(BLOCKS, cache=cache)
    with pytest.raises(UsageError, match="profile core: is not that of blocks"):
        IspCore(frames, BrightnessScorer(), Task(proxy_px=32, crops=0), isp=isp)
    with pytest.raises(UsageError, match="profile blocks: holds the parameters of another program"):
        IspCore(frames, BrightnessScorer(), Task(proxy_px=32, crops=0, profile=isp.profile))
    with pytest.raises(UsageError, match="a program has a profile of its own"):
        opened_isp(isp, "exposure8")


def test_a_frame_that_is_no_file_or_no_longer_what_is_in_it_is_refused(frames, cache):
    isp = BlackBoxIsp.load(BLOCKS, cache=cache)
    with pytest.raises(InputError, match="is no raw file that another program could read"):
        core_of(dark_frames((-1.0,)), isp)
    varied = dataclasses.replace(frames[0], metadata={**frames[0].metadata, "variation": {}})
    with pytest.raises(InputError, match="was changed after it was read"):
        core_of([varied], isp)


@pytest.mark.slow
def test_gymnasium_makes_environments_of_it(tmp_path, tiny_scorer_folder, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    dark_raws(tmp_path, (-2.0, -1.0))
    given = {"raws": str(tmp_path), "scorer": str(tiny_scorer_folder), "proxy_px": 32, "crops": 1, "isp": str(BLOCKS)}
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        env = gymnasium.make("attiqa/IspTune-v0", **given)
        env.reset(seed=0)
        _, reward, ended, _, info = env.step(np.array([0.2, 0.1, 1.0], np.float32))
    assert ended and np.isfinite(reward) and info["reward_parts"]["gamut"] == 0
    many = gymnasium.make_vec("attiqa/IspTune-v0", num_envs=2, **given)
    many.reset(seed=0)
    assert many.step(np.zeros((2, 3), np.float32))[1].shape == (2,)
