"""`attiqa fit` on small raws: recipes that render, tables that agree, going on, and failures by name."""

import csv
import json

import numpy as np
import pytest
from fixtures.embedded import embed_jpeg
from PIL import Image

from isp_env.fitting.files import read_fits

FAST = ("--proxy-px", 40, "--starts", 1, "--scene", "^(s.)_")


def larger(picture):
    """The picture at twice its size: not the raw's own, so that no time goes into detail."""
    return picture.repeat_interleave(2, 1).repeat_interleave(2, 2)


@pytest.fixture(scope="module")
def references(raws, tmp_path_factory):
    """Pictures of three of four raws by other parameters, one of a raw that is not there, and one cut off."""
    from experiments.pictures.writing import save_picture
    from isp_env.params import IspParams
    from isp_env.pipeline import render
    from isp_env.raw import RawFrame

    folder = tmp_path_factory.mktemp("references")
    for path in sorted(raws.iterdir())[:2]:
        frame = RawFrame.load(path)
        picture = render(frame, IspParams.from_dict({"exposure_ev": 0.4, "saturation": 0.3}))[0]
        save_picture(folder / f"{path.stem}.tif", larger(picture), metadata={})
    (folder / "s1_2.png").write_bytes(b"\x89PNG, cut off")
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(folder / "stranger.png")
    return folder


@pytest.mark.slow
def test_recipes_render_tables_agree_and_failures_are_named(attiqa, raws, references, tmp_path):
    run = tmp_path / "run"
    words = ("fit", raws, "--reference", references, "--out", run, *FAST, "--curve", "channels", "--lut", 5)
    code, out, err = attiqa(*words)
    assert code == 4 and out == f"{run}\n" and "2 raws fitted; Delta E " in err and "2 skipped" in err
    assert "s1_2.png: " in err and "no reference is called s1_3" in err and "stranger.png" in err
    fits = read_fits(run)
    assert [fit.name for fit in fits.items] == ["s0_0", "s0_1"] and {fit.scene for fit in fits.items} == {"s0"}
    for fit in fits.items:
        assert fit.delta_e < 1.5 < fit.figures["default"]["delta_e"] and fit.figures["held_out"] == "tiles"
        assert (run / fit.figures["cube"]).read_text().startswith("# Made by attiqa-isp")
    rows = list(csv.DictReader((run / "table.csv").open()))
    assert float(rows[1]["params_delta_e"]) == fits.items[1].delta_e
    assert float(rows[0]["exposure_ev"]) == pytest.approx(fits.items[0].params["exposure_ev"], rel=1e-4)
    assert (run / "sheet.jpg").is_file()

    recipe = run / "recipes" / "s0_0.recipe.json"
    assert json.loads(recipe.read_text())["corrections"]["cube"] == "recipes/s0_0.cube"
    code, _, err = attiqa("render", raws / "s0_0.dng", "--params", recipe, "--out", tmp_path / "out", "--no-sheet")
    assert code == 0, err

    stamp = (run / ".pictures" / "s0_0.safetensors").read_bytes()
    before = fits.items
    (run / "recipes" / "s0_1.recipe.json").unlink()
    code, _, err = attiqa(*words, "--resume")
    assert code == 4 and read_fits(run).items == before
    assert stamp == (run / ".pictures" / "s0_0.safetensors").read_bytes()


@pytest.mark.slow
def test_one_setting_for_the_set_and_corrections_judged_without_the_scene(attiqa, raws, references, tmp_path):
    run = tmp_path / "run"
    few = (raws / "s0_0.dng", raws / "s0_1.dng")
    words = ("--together", "--own", "exposure_ev", "--curve", "lightness", "--correct", "set", "--scene", "_(.)$")
    code, _, err = attiqa("fit", *few, "--reference", references, "--out", run, *FAST[:4], *words)
    assert code == 0, err
    first, second = read_fits(run).items
    assert first.params["saturation"] == pytest.approx(second.params["saturation"], abs=1e-6)
    assert first.figures["held_out"] == "scenes" and first.figures["cube"] == "set.cube"
    assert (run / "set.cube").is_file()


@pytest.mark.slow
def test_the_cameras_own_picture_is_a_reference_and_a_raw_without_one_is_named(attiqa, raws, tmp_path):
    from experiments.pictures.reading import load_picture
    from experiments.pictures.writing import save_picture
    from isp_env.params import IspParams
    from isp_env.pipeline import render
    from isp_env.raw import RawFrame

    folder = tmp_path / "raws"
    folder.mkdir()
    for name in ("s0_0", "s1_2"):
        (folder / f"{name}.dng").write_bytes((raws / f"{name}.dng").read_bytes())
    picture = render(RawFrame.load(folder / "s0_0.dng"), IspParams.from_dict({"exposure_ev": 0.4}))[0]
    save_picture(tmp_path / "x.png", larger(picture), metadata={})
    embed_jpeg(folder / "s0_0.dng", load_picture(tmp_path / "x.png"))
    code, _, err = attiqa("fit", folder, "--reference", "camera", "--out", tmp_path / "run", *FAST, "--no-sheet")
    assert code == 4 and "s1_2.dng: has no embedded picture" in err
    (fit,) = read_fits(tmp_path / "run").items
    assert fit.reference == "camera" and fit.params["exposure_ev"] == pytest.approx(0.4, abs=0.1)
