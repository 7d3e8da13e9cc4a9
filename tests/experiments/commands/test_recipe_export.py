import json

import pytest

from experiments.options.sidecars import Sidecars


@pytest.fixture
def recipe(raws, tmp_path):
    def write(raw="s0_0.dng", name="s0_0.recipe.json", **params):
        (tmp_path / name).write_text(json.dumps({"raw": raw, "params": params}))
        return tmp_path / name

    return write


@pytest.mark.slow
def test_a_recipe_becomes_three_files_beside_it(attiqa, raws, recipe, tmp_path):
    path = recipe(exposure_ev=0.3, hue_deg=4.0)
    code, out, err = attiqa("recipe", path, "--raw", raws, "--to", "xmp", "pp3", "cube")
    assert code == 0, err
    assert {each.name for each in tmp_path.iterdir()} == {"s0_0.recipe.json", "s0_0.xmp", "s0_0.dng.pp3", "s0_0.cube"}
    assert out.strip() == str(tmp_path) and err.endswith("3 files written\n")
    assert "s0_0.xmp: residual" in err and "not carried: hue_deg" in err


def test_both_schemas_of_recipes_are_read(succeed, raws, recipe, tmp_path):
    for name, raw in (
        ("a", "s0_0.dng"),
        ("b", {"name": "s0_0.dng", "sha256": "0"}),
        ("c", {"path": str(raws / "s0_0.dng")}),
    ):
        path = recipe(raw, f"{name}.recipe.json", contrast=0.3)
        succeed("recipe", path, "--raw", raws, "--out", tmp_path / "out")
        assert 'crs:Contrast2012="+50"' in (tmp_path / "out" / f"{name}.xmp").read_text()


def test_a_raw_that_is_not_there_is_one_failure(attiqa, raws, recipe):
    good, bad = recipe(), recipe("gone.dng", "gone.recipe.json")
    code, _, err = attiqa("recipe", good, bad, "--raw", raws)
    assert code == 4 and "its raw gone.dng is not in" in err and "1 file written, 1 skipped" in err


@pytest.mark.parametrize("content", ["[]", "{}", '{"params": {"exposure": 1}}', '{"params": {"exposure_ev": 99}}', "{"])
def test_what_is_no_recipe_is_refused_by_name(attiqa, tmp_path, content):
    (tmp_path / "x.recipe.json").write_text(content)
    code, _, err = attiqa("recipe", tmp_path / "x.recipe.json")
    assert code == 3 and "x.recipe.json" in err


def test_usage_is_checked_before_anything_is_read(attiqa, recipe, raws):
    one, two = recipe(), recipe(name="two.recipe.json")
    assert "each once" in attiqa("recipe", one, "--to", "xmp", "xmp")[2]
    assert "name a folder" in attiqa("recipe", one, two, "--raw", raws / "s0_0.dng")[2]


def test_a_sidecar_is_asked_for_once():
    Sidecars(("xmp", "pp3")).check()
    with pytest.raises(Exception, match="given twice"):
        Sidecars(("xmp", "xmp")).check()
