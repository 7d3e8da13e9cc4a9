import warnings

import numpy as np
import pytest
import torch

from experiments.exports.colour_cube import colour_cube, cube_text, light_of
from experiments.exports.residuals import residual_of_cube, small_batch
from experiments.exports.scene_light import SceneLight, base_of_each_pixel, displayed, global_only
from experiments.exports.sidecars import write_sidecars
from isp_env.fitting.lut import looked_up
from isp_env.frames.batch import FrameBatch
from isp_env.params import IspParams
from isp_env.pipeline import render_prepared
from isp_env.raw import RawFrame

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import colour

RECIPE = {
    "exposure_ev": 0.3,
    "temperature_mired": -15.0,
    "contrast": 0.2,
    "shadows_ev": 0.5,
    "vibrance": 0.3,
    "hue_deg": 5.0,
}
EXPOSURE8 = {"e8_gamma": 1.2, "e8_green": 0.1, "e8_red_curve_2": 1.1}


@pytest.mark.parametrize("recipe", [{}, RECIPE, RECIPE | {"curve_2": 0.5}, EXPOSURE8])
def test_a_flat_area_is_shown_as_the_pipeline_renders_it(frame, recipe):
    params = IspParams.from_dict(recipe)
    camera_rgb = np.tile(np.array([0.20, 0.30, 0.12], np.float32), (8, 8, 1))
    flat = RawFrame(**{**vars(frame), "samples": camera_rgb, "cfa": None, "prepared": True})
    scene = SceneLight.of(flat, params)
    light = torch.einsum("ncd,d->nc", scene.matrix, torch.tensor([0.20, 0.30, 0.12])) + scene.offset[:, None]
    shown = displayed(light[:, :, None, None], params, scene.white)[0, :, 0, 0]
    batch = FrameBatch.stack([flat])
    rendered = render_prepared(batch, params, base=base_of_each_pixel(batch))[0][0, :, 4, 4]
    assert torch.allclose(shown, rendered, atol=1e-4)


def test_light_is_found_again_from_what_is_shown(frame):
    default = IspParams.default(1)
    white = SceneLight.of(frame, default).white
    drawn = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.05
    light = drawn.mean(1, keepdim=True).lerp(drawn, 0.6)  # beyond the gamut several lights are shown alike
    shown = displayed(light, default, white)
    assert (displayed(light_of(shown, default, white), default, white) - shown).abs().max() < 1e-3


def test_the_camera_default_is_the_table_that_changes_nothing(frame):
    cube = colour_cube(frame, IspParams.from_dict({"clarity": 1.0}), 5)  # a local stage alone
    picture = torch.rand(2, 3, 8, 8)
    assert torch.allclose(looked_up(cube, picture), picture, atol=1e-6)


@pytest.mark.slow
def test_brighter_recipes_have_brighter_tables(frame):
    greys = [
        colour_cube(frame, IspParams.from_dict({"exposure_ev": ev}), 9)[range(9), range(9), range(9)].mean(1)
        for ev in (-0.5, 0.5)
    ]
    assert (greys[1] >= greys[0]).all() and (greys[0].diff() >= -1e-4).all()


@pytest.mark.slow
def test_an_independent_reader_takes_the_file_and_gives_the_same_colours(frame, tmp_path):
    said = write_sidecars(tmp_path / "waves.jpg", frame, IspParams.from_dict(RECIPE | {"clarity": 0.5}), ("cube",))[
        "cube"
    ]
    lut = colour.io.read_LUT_IridasCube(str(tmp_path / said["file"]))
    assert lut.table.shape == (33, 33, 33, 3) and lut.domain.tolist() == [[0, 0, 0], [1, 1, 1]]
    assert lut.name == "waves" and said["left_out"][0] == "clarity: looks at neighbours"
    picture = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    theirs = lut.apply(picture[0].permute(1, 2, 0).numpy())
    ours = looked_up(colour_cube(frame, IspParams.from_dict(RECIPE)), picture)[0].permute(1, 2, 0).numpy()
    assert np.abs(theirs - ours).max() < 2e-5


@pytest.mark.slow
def test_the_table_leaves_little_of_the_global_colour(frame):
    params = IspParams.from_dict(RECIPE | {"sharpen": 0.5})
    residual = residual_of_cube(small_batch(frame), params, colour_cube(frame, params))
    assert residual["mean_delta_e_2000"] < 1 and "sharpen" not in global_only(params).to_dicts()[0].items()
    assert residual["mean_with_local_stages"] >= residual["mean_delta_e_2000"]


def test_titles_are_one_line_of_a_quoted_name():
    text = cube_text(torch.zeros(2, 2, 2, 3), 'a "b"\nc')
    assert "TITLE \"a 'b' c\"" in text and len(text.splitlines()) == 5 + 8
