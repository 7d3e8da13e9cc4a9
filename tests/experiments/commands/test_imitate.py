import json

import pytest
from fixtures.black_boxes import BLOCKS, dark_raws, described

from isp_env.learned_isp.files import load_learned
from isp_env.learned_isp.isp import LearnedIsp

SMALL = ("--proxy-px", 40, "--crops", 1, "--pictures", 3, "--held-out-pictures", 2, "--held-out-share", 0.4)
BRIEF = ("--steps", 4, "--steps-per-epoch", 2, "--batch-size", 2, "--window-px", 12, "--width", 8, "--device", "cpu")


@pytest.mark.slow
def test_a_program_is_asked_imitated_and_judged_and_the_same_again_asks_nothing(attiqa, tmp_path):
    raws = dark_raws(tmp_path, (-2.0, -1.0))
    words = (
        "imitate",
        *raws,
        "--isp",
        BLOCKS,
        "--out",
        tmp_path / "copy",
        "--cache",
        tmp_path / "cache",
        *SMALL,
        *BRIEF,
    )
    code, out, err = attiqa(*words)
    assert code == 0, err
    assert out == f"{tmp_path / 'copy'}\n" and "learned from 3 pictures of 1 raw; Delta E " in err
    stored = json.loads((tmp_path / "copy" / "summary.json").read_text())
    held_out = stored["held_out"]
    assert held_out["new_raws"]["proxy"]["pictures"] == held_out["new_parameters"]["crops"]["pictures"] == 2
    assert {"learned", "default", "nearest"} < set(held_out["new_raws"]["proxy"])
    assert list(held_out["ends"]) == ["exposure_ev", "saturation", "look"] and list(held_out["ends"]["look"]) == [
        "high"
    ]
    assert (tmp_path / "copy" / "sheet.jpg").is_file()
    model = load_learned(tmp_path / "copy")
    assert model.program["name"] == "blocks" and model.held_out == held_out
    again = LearnedIsp.load(tmp_path / "copy", cache=tmp_path / "cache")
    assert again.name == "learned blocks" and again.described["learned"]["held_out"] == held_out

    before = {path: path.read_bytes() for path in (tmp_path / "copy").rglob("*.safetensors")}
    (tmp_path / "cache").rename(tmp_path / "moved")
    code, _, err = attiqa(*words, "--resume")
    assert code == 0, err
    assert not list((tmp_path / "cache").rglob("*.safetensors"))
    assert before == {path: path.read_bytes() for path in (tmp_path / "copy").rglob("*.safetensors")}


FALLS_OVER = """
import sys
raw, out, amount = sys.argv[1:]
if float(amount) > 0.7:
    sys.exit("too much")
grey = bytes([round(255 * float(amount))])
open(out, "wb").write(b"P6\\n48 48\\n255\\n" + 3 * 48 * 48 * grey)
"""


@pytest.mark.slow
def test_what_the_program_fails_at_is_named_and_the_rest_is_learned(attiqa, tmp_path):
    raws = dark_raws(tmp_path, (-2.0, -1.0))
    program = described(tmp_path, FALLS_OVER)
    words = (
        "imitate",
        *raws,
        "--isp",
        program,
        "--out",
        tmp_path / "copy",
        "--cache",
        tmp_path / "cache",
        *SMALL,
        *BRIEF,
    )
    code, _, err = attiqa(*words)
    assert code == 4 and "too much" in err and "skipped" in err
    stored = json.loads((tmp_path / "copy" / "summary.json").read_text())
    assert stored["failures"] and stored["training"]["pictures"] < 3


def test_mistakes_are_found_before_anything_is_asked(attiqa, tmp_path, raws):
    for words, said in (
        (("--isp", tmp_path / "copy"), "no such file"),
        (("--profile", "core", "--isp", BLOCKS, "--profile", "exposure8"), "has parameters of its own"),
        (("--jobs", 2), "name it by --isp"),
        (("--window-px", 4, "--isp", BLOCKS), "give at least 8"),
        (("--pictures", 0, "--isp", BLOCKS), "--pictures 0"),
    ):
        code, _, err = attiqa("imitate", raws, "--out", tmp_path / "out", *words)
        assert code in (2, 3) and said in err, err
        assert not (tmp_path / "out").exists()
