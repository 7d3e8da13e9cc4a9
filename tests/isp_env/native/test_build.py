"""The kernel is built once, wherever that is possible, and where it is not the same work is done and it is said."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from fixtures.pages import ROOT

from isp_env.native import build
from isp_env.native.build import SWITCH, library
from isp_env.native.structures import declarations

needs_compiler = pytest.mark.skipif(library() is None, reason="no C++ compiler here: the kernel cannot be built")

RENDER_TWICE = """
import sys, numpy, torch
from isp_env.native.build import library
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.tiles import render_quantised
samples = numpy.random.default_rng(0).integers(500, 9000, (40, 60)).astype(numpy.uint16)
frame = RawFrame.from_mosaic(samples, "RGGB", black_level_dn=512, white_level_dn=16383)
render_quantised(frame, IspParams.default(1), bits=8)
numpy.save(sys.argv[1], render_quantised(frame, IspParams.default(1), bits=8))
print(library() is not None)
"""


def rendered(folder: Path, name: str, **environment: str) -> tuple[bool, str, np.ndarray]:
    """Render in a process of its own: whether natively, what it said on stderr, and the picture."""
    own = os.environ | {"XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": str(ROOT)} | environment
    path = folder / f"{name}.npy"
    done = subprocess.run(
        [sys.executable, "-c", RENDER_TWICE, str(path)], env=own, capture_output=True, text=True, check=True, cwd=folder
    )
    return done.stdout.strip() == "True", done.stderr, np.load(path)


def fake_compiler(folder: Path, script: str) -> str:
    """A PATH whose c++ does what `script` says."""
    folder.mkdir()
    compiler = folder / "c++"
    compiler.write_text(f"#!{sys.executable}\nimport sys\n{script}\n")
    compiler.chmod(0o755)
    return str(folder)


@needs_compiler
@pytest.mark.slow
def test_it_is_built_once_and_silently_even_by_two_processes_at_once(tmp_path):
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda name: rendered(tmp_path, name), ("first", "second"))
    assert first[:2] == second[:2] == (True, "") and np.array_equal(first[2], second[2])
    (built,) = (tmp_path / "cache" / "attiqa" / "native").iterdir()  # no temporary file stays
    changed = built.stat().st_mtime_ns
    assert rendered(tmp_path, "third")[:2] == (True, "") and built.stat().st_mtime_ns == changed


@pytest.mark.slow
def test_without_it_the_same_is_rendered_and_one_line_says_why(tmp_path):
    (tmp_path / "file").write_text("")
    failing = fake_compiler(tmp_path / "failing", "sys.exit('sorry: error 7')")
    (tmp_path / "empty").mkdir()
    situations = {
        f"{SWITCH}=0": {SWITCH: "0"},
        "no C++ compiler": {"PATH": str(tmp_path / "empty")},
        "sorry: error 7": {"PATH": failing},
        str(tmp_path / "file"): {"XDG_CACHE_HOME": str(tmp_path / "file")},  # no folder can be made in a file
    }
    pictures = [rendered(tmp_path, "expected")[2]]
    for index, (reason, environment) in enumerate(situations.items()):
        if str(tmp_path / "file") == reason and library() is None:
            continue
        natively, said, picture = rendered(tmp_path, str(index), **environment)
        assert not natively and said.count("\n") == 1 and reason in said, said
        pictures.append(picture)
    assert all(np.abs(picture.astype(int) - pictures[0]).max() <= 1 for picture in pictures)


def test_the_structures_are_declared_to_cpp_as_python_lays_them_out():
    text = declarations()
    assert "  V luminance_weights[3];" in text and "  float black_level_dn[4];" in text
    assert text.index("struct PointParameters") < text.index("struct Constants") < text.index("struct Parameters")
    assert "  PointParameters<float> point;" in text and "  int32_t site_of_plane[4];" in text


def test_every_source_in_the_folder_is_compiled_and_counts_in_the_name_of_the_library():
    folder = Path(build.__file__).parent
    assert sorted(build.SOURCES) == sorted(each.name for each in folder.iterdir() if each.suffix in (".h", ".cpp"))
