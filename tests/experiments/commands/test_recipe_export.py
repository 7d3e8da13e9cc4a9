import json
from dataclasses import asdict
from hashlib import sha256

import pytest

from experiments.exports.recipes import read_recipe
from experiments.options.raw_reading import RawReading, reading_of
from experiments.options.sidecars import Sidecars
from experiments.rendering.settings import as_json


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
        ("b", {"name": "s0_0.dng", "sha256": _sha256(raws / "s0_0.dng")}),
        ("c", {"path": str(raws / "s0_0.dng")}),
    ):
        path = recipe(raw, f"{name}.recipe.json", contrast=0.3)
        succeed("recipe", path, "--raw", raws, "--out", tmp_path / "out")
        assert 'crs:Contrast2012="+50"' in (tmp_path / "out" / f"{name}.xmp").read_text()


def test_of_raws_of_one_name_that_of_the_recipe_is_taken(attiqa, raws, recipe, tmp_path):
    for card, raw in (("card1", "s0_0.dng"), ("card2", "s0_1.dng")):
        (tmp_path / card).mkdir()
        (tmp_path / card / "IMG_1.dng").write_bytes((raws / raw).read_bytes())
    path = recipe({"name": "IMG_1.dng", "sha256": _sha256(tmp_path / "card2" / "IMG_1.dng")})
    assert read_recipe(path).find_raw(tmp_path) == tmp_path / "card2" / "IMG_1.dng"
    code, _, err = attiqa("recipe", path, "--raw", tmp_path / "card1")
    assert code == 3 and "is not the raw that it was made of" in err


def test_a_raw_is_found_where_it_was(raws, recipe):
    assert read_recipe(recipe(str(raws / "s0_0.dng"))).find_raw(None) == raws / "s0_0.dng"


def test_a_raw_is_read_as_its_recipe_says(recipe, tmp_path):
    path = recipe({"name": "x.raw"})
    (tmp_path / "s.toml").write_text("")
    stored = as_json(asdict(RawReading(raw_size=(8, 6), cfa="RGGB", sensor=tmp_path / "s.toml")))
    path.write_text(json.dumps({**json.loads(path.read_text()), "output": {"reading": stored}}))
    reading = reading_of(read_recipe(path).reading)
    assert (reading.raw_size, reading.cfa, reading.sensor) == ((8, 6), "RGGB", tmp_path / "s.toml")


def test_a_headerless_raw_gets_its_sidecar(succeed, tmp_path):
    (tmp_path / "x.raw").write_bytes(bytes(range(1, 193)) * 64)
    reading = "--raw-size", 96, 64, "--cfa", "RGGB", "--black", 0, "--white", 65535
    succeed("render", tmp_path / "x.raw", "--out", tmp_path / "out", "--no-sheet", *reading)
    succeed("recipe", tmp_path / "out" / "x.recipe.json", "--to", "pp3")
    assert (tmp_path / "out" / "x.raw.pp3").is_file()


def test_two_recipes_of_one_name_do_not_share_a_file(attiqa, recipe, tmp_path):
    (tmp_path / "card2").mkdir()
    one, two = recipe(), recipe(name="card2/s0_0.recipe.json")
    code, _, err = attiqa("recipe", one, two, "--out", tmp_path / "out")
    assert code == 2 and "several recipes are called s0_0.recipe.json" in err


def _sha256(path):
    return sha256(path.read_bytes()).hexdigest()


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
