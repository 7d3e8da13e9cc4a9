"""`attiqa render --benchmark`: what tuners found, a folder for each, ready for a study."""

import pytest
from PIL import Image, ImageStat

from attiqa_core.files.whole import read_json

ANSWERS = """image,scene,tuner,score,exposure_ev,contrast
s0_0,s0,default,0.5,0.0,0.0
s0_0,s0,sobol-2,0.6,1.0,0.1
s0_1,s0,default,0.5,0.0,0.0
s0_1,s0,sobol-2,0.6,-1.0,0.2
"""


@pytest.fixture
def compared(tmp_path):
    """A benchmark's run folder, as far as its answers go."""
    (tmp_path / "compared").mkdir()
    (tmp_path / "compared" / "results.csv").write_text(ANSWERS)
    return tmp_path / "compared"


def named(raws, *names):
    return [raws / f"{name}.dng" for name in names]


def brightness(path):
    return ImageStat.Stat(Image.open(path).convert("L")).mean[0]


@pytest.mark.slow
def test_each_tuner_has_a_folder_of_what_it_found_and_the_study_is_named(attiqa, raws, compared, tmp_path):
    out = tmp_path / "arms"
    words = (*named(raws, "s0_0", "s0_1"), "--benchmark", compared, "--no-sheet", "--out", out)
    code, printed, said = attiqa("render", *words)
    assert code == 0 and printed.strip().endswith(str(out))
    assert f"attiqa study export {out / 'default'} {out / 'sobol-2'}" in said
    recipe = read_json(out / "sobol-2" / "s0_1.recipe.json")
    assert (recipe["params"]["exposure_ev"], recipe["tuner"]) == (-1.0, "sobol-2")
    for name, brighter in (("s0_0", True), ("s0_1", False)):
        pictures = [out / tuner / f"{name}.jpg" for tuner in ("sobol-2", "default")]
        assert (brightness(pictures[0]) > brightness(pictures[1])) is brighter
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.jpg")}
    assert attiqa("render", *words)[0] == 2
    assert attiqa("render", *words, "--resume")[0] == 0
    assert before == {path: path.stat().st_mtime_ns for path in out.rglob("*.jpg")} and len(before) == 4


def test_what_the_benchmark_does_not_say_is_refused(attiqa, raws, compared, tmp_path):
    out = ("--no-sheet", "--out", tmp_path / "arms")
    ours = (*named(raws, "s0_0"), "--benchmark", compared)
    code, _, err = attiqa("render", *ours, "--tuners", "cma-3", *out)
    assert code == 2 and "there are default, sobol-2" in err
    code, _, err = attiqa("render", *named(raws, "s1_2"), "--benchmark", compared, "--tuners", "default", *out)
    assert code == 3 and "was not in the benchmark" in err
    (compared / "results.csv").write_text(ANSWERS + "s0_0-2,s0,default,0.5,0,0\n")
    code, _, err = attiqa("render", *ours, *out)
    assert code == 3 and "two raws of this name" in err
    (compared / "results.csv").write_text("image,tuner,gain\ns0_0,default,1\n")
    code, _, err = attiqa("render", *ours, *out)
    assert code == 3 and "no parameters of our own ISP" in err
    code, _, err = attiqa("render", *named(raws, "s0_0"), "--benchmark", tmp_path, *out)
    assert code == 3 and "results.csv: no such file" in err
