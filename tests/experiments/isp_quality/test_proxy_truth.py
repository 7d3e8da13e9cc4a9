import numpy as np
import pytest
import torch
from fixtures.photographs import photograph

from experiments.isp_quality.proxy_truth import Truth, area_averaged, delta_e, main, random_actions
from isp_env.params import NAMES, PARAMETERS, IspParams
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.synthetic import synthesise


def frame(edge: int = 256) -> RawFrame:
    photo = photograph("coffee")[:, 40 : 40 + edge, 100 : 100 + edge].permute(1, 2, 0).numpy()
    return synthesise(photo, CAMERAS["nikon-d850"], iso=100, generator=np.random.default_rng(0), name="coffee")


@pytest.mark.slow
def test_a_proxy_renders_as_the_averaged_full_size_render():
    """Real raws of 12 MP: 0.2 at identity; a small and busy one is averaged less."""
    large = frame()
    proxy = large.proxy(96, square=True)
    with torch.no_grad():
        assert Truth.of(large, proxy, IspParams.default(1)).mean_2000 < 0.35
        actions = random_actions("usual", 4, 0)
        found = [Truth.of(large, proxy, IspParams.from_action(action[None])) for action in actions]
    assert Truth.mean(found).mean_2000 < 0.75


def test_equal_pictures_differ_by_nothing_and_averaging_keeps_the_mean():
    picture = torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    assert delta_e(picture, picture, "CIE 2000").max() == 0
    torch.testing.assert_close(area_averaged(picture, 7).mean(), picture.mean())


@pytest.mark.parametrize("kind", ["usual", "uniform"])
def test_drawn_actions_are_inside_the_box_and_leave_out_what_is_not_named(kind):
    actions = random_actions(kind, 50, 1, ["contrast", "sharpen"])
    assert actions.abs().max() <= 1 and actions.shape == (50, len(PARAMETERS))
    moved = (actions != IspParams.identity_action()).any(0)
    assert [name for name, moves in zip(NAMES, moved, strict=True) if moves] == ["contrast", "sharpen"]


@pytest.mark.slow
def test_the_command_prints_a_table(tmp_path, capsys):
    write_frame(tmp_path / "coffee.dng", frame(96))
    main([str(tmp_path), "--vectors", "1", "--px", "40"])
    truth, fine = capsys.readouterr().out.split("\n\n")
    kinds = [line.split("|")[2].strip() for line in truth.splitlines()[2:]]
    assert "dE 2000" in truth and kinds == ["identity", "1 usual", "1 uniform"]
    assert "proxy with crops" in fine and fine.count("denoise_chroma") == 2
