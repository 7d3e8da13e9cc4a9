"""`attiqa render` with a lens: as the file asks, by one's own numbers, or not at all; the recipe says which."""

import struct

import numpy as np
import pytest
from fixtures.opcode_bytes import opcode, opcode_list
from PIL import Image

from attiqa_core.files.whole import read_json
from isp_env.raw_io.cameras import GOPRO_CALIBRATION
from isp_env.raw_io.dng import write_dng

pytestmark = pytest.mark.slow


@pytest.fixture
def raw(tmp_path):
    rows, columns = np.mgrid[:96, :128]
    samples = (3000 + 2500 * np.sign(np.sin(rows / 5) * np.sin(columns / 5))).astype(np.uint16)
    warp = opcode_list(opcode(1, struct.pack(">I6d2d", 1, 0.9, 0.05, 0, 0, 0, 0, 0.5, 0.5)))
    path = tmp_path / "a.dng"
    write_dng(path, samples, "RGGB", black_level_dn=(0.0,) * 4, white_level_dn=16383, calibration=GOPRO_CALIBRATION,
              as_shot_neutral=(0.5, 1.0, 0.6), opcode_lists={3: warp})  # fmt: skip
    return path


def picture(folder) -> np.ndarray:
    return np.asarray(Image.open(folder / "a.jpg")).astype(int)


def test_a_warp_is_undone_unless_it_is_to_be_left(attiqa, raw, tmp_path):
    (tmp_path / "own.toml").write_text('name = "mine"\ndistortion = [1.0, 0.0, 0.0, 0.0]\n')
    for name, options in {
        "file": (),
        "none": ("--lens", "none"),
        "own": ("--lens-file", tmp_path / "own.toml"),
        "large": ("--lens-scale", "1.2"),
    }.items():
        code, _, err = attiqa("render", raw, "--out", tmp_path / name, "--no-sheet", *options)
        assert code == 0, err
    corrections = {
        name: read_json(tmp_path / name / "a.recipe.json")["corrections"] for name in ("file", "none", "own")
    }
    assert corrections["file"] == {"applied": ["WarpRectilinear"], "not_applied": []}
    assert corrections["none"] == {"applied": [], "not_applied": ["WarpRectilinear (--lens none)"]}
    assert corrections["own"] == {"applied": [], "not_applied": ["WarpRectilinear (--lens-file)"]}  # it bends nothing
    assert np.array_equal(picture(tmp_path / "own"), picture(tmp_path / "none"))
    assert np.abs(picture(tmp_path / "file") - picture(tmp_path / "none")).mean() > 5
    assert np.abs(picture(tmp_path / "file") - picture(tmp_path / "large")).mean() > 5


def test_a_lens_file_with_a_fault_is_one_sentence(attiqa, raw, tmp_path):
    (tmp_path / "own.toml").write_text("distorsion = [1.0]\n")
    code, _, err = attiqa("render", raw, "--out", tmp_path / "out", "--lens-file", tmp_path / "own.toml")
    assert code == 3 and "own.toml: distorsion: is not known" in err
