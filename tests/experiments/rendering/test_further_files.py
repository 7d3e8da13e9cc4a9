"""What a run writes beside a picture: sidecars for other programs, small pictures of the camera default, the page of all."""

import json
import re
from pathlib import PurePath

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from attiqa_core.errors import InputError, UsageError
from experiments.options.render_folder import BEFORE
from experiments.rendering.sidecars import write_staged
from experiments.rendering.staging import put_in_place, staged
from isp_env.params import IspParams
from isp_env.raw import RawFrame

pytestmark = pytest.mark.slow


def test_sidecars_lie_beside_the_picture_and_the_recipe_tells_of_them(attiqa, card, tmp_path):
    out = tmp_path / "out"
    code, _, err = attiqa("render", card / "r0.dng", "--set", "saturation=0.2", "--sidecar", "xmp", "pp3", "--out", out)
    assert code == 0, err
    told = json.loads((out / "r0.recipe.json").read_text())["sidecars"]
    assert {kind: entry["file"] for kind, entry in told.items()} == {"xmp": "r0.xmp", "pp3": "r0.dng.pp3"}
    assert all((out / entry["file"]).is_file() for entry in told.values())


def test_a_sidecar_in_place_keeps_what_others_wrote_into_it(card, tmp_path):
    out, place, frame = tmp_path / "out", PurePath("r0"), RawFrame.load(card / "r0.dng")
    out.mkdir()
    rated = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>'
    )
    (out / "r0.xmp").write_text(rated)
    entry = write_staged(out, place, ".jpg", frame, IspParams.default(1), ["xmp"])["xmp"]
    staged(out, place, ".jpg").write_bytes(b"picture")
    put_in_place(out, place, ".jpg", {}, [entry["file"]])
    assert 'Rating="4"' in (out / "r0.xmp").read_text() and "crs:" in (out / "r0.xmp").read_text()


@pytest.mark.parametrize("kind,name", [("xmp", "r0.xmp"), ("pp3", "r0.dng.pp3")])
def test_a_sidecar_that_cannot_be_merged_is_named_where_it_lies(card, tmp_path, kind, name):
    out = tmp_path / "out"
    (out / "card").mkdir(parents=True)
    (out / "card" / name).write_bytes(b"\xff\xfe<x\xe9")
    with pytest.raises((InputError, UsageError), match=re.escape(f"{out / 'card' / name}: ")):
        write_staged(out, PurePath("card/r0"), ".jpg", RawFrame.load(card / "r0.dng"), IspParams.default(1), [kind])


def test_another_programs_cube_is_one_failure_and_stays(attiqa, card, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    code, _, err = attiqa("render", card, "--out", out)
    assert code == 0, err
    (out / "r0.cube").write_text("TITLE somebody's")
    code, _, err = attiqa("render", card, "--sidecar", "cube", "--resume", "--out", out)
    assert code == 4 and "r0.cube: exists and is not attiqa's" in err
    assert (out / "r0.cube").read_text() == "TITLE somebody's" and (out / "r1.cube").is_file()


def test_the_page_of_a_run_compares_with_the_camera_default_also_of_pictures_that_were_finished_before(
    attiqa, card, tmp_path
):
    out = tmp_path / "out"
    assert attiqa("render", card / "r0.dng", card / "r1.dng", "--set", "exposure_ev=1", "--out", out)[0] == 0
    assert not (out / BEFORE).exists()
    words = ("--set", "exposure_ev=1", "--out", out, "--resume", "--look")
    code, _, err = attiqa("render", *(card / f"r{number}.dng" for number in range(3)), *words)
    assert code == 0 and "1 raw rendered" in err, err
    assert sorted(path.name for path in (out / BEFORE).iterdir()) == ["r0.jpg", "r1.jpg", "r2.jpg"]
    before, after = (
        np.asarray(Image.open(path).convert("L")).mean() for path in (out / BEFORE / "r0.jpg", out / "r0.jpg")
    )
    assert before < after
    page = (out / "look.html").read_text()
    assert "camera default" in page and "r2" in page


def test_lens_and_output_options_decide_whether_a_picture_is_finished(attiqa, card, tmp_path):
    words = ("render", card / "r0.dng", "--out", tmp_path / "out")
    assert attiqa(*words)[0] == 0
    assert "1 finished" in attiqa(*words, "--resume")[2]
    assert "1 raw rendered" in attiqa(*words, "--resume", "--long-edge", 32)[2]
    assert Image.open(tmp_path / "out" / "r0.jpg").size == (32, 32)
    assert "1 raw rendered" in attiqa(*words, "--resume", "--long-edge", 32, "--lens", "none")[2]


def test_a_linear_png_with_its_light_beside_it_is_rendered(attiqa, tmp_path):
    pixels = np.full((64, 96, 3), (8000, 16000, 12800), np.uint16)
    (tmp_path / "phone.png").write_bytes(imagecodecs.png_encode(pixels))
    (tmp_path / "phone_metadata.json").write_text('{"illuminant_color_raw": [0.5, 1.0, 0.8]}')
    code, _, err = attiqa("render", tmp_path, "--no-sheet", "--out", tmp_path / "out")
    assert code == 0, err
    assert np.ptp(np.asarray(Image.open(tmp_path / "out" / "phone.jpg")).mean((0, 1))) < 2  # grey
