"""The kernel is built once, wherever that is possible, and where it is not the same work is done and it is said."""

import os
import shutil
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
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.tiles import render_quantised

needs_compiler = pytest.mark.usefixtures("built_kernel")

RENDER = """
import sys, numpy
from isp_env.native.build import library
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.tiles import render_quantised
samples = numpy.random.default_rng(0).integers(500, 9000, (40, 60)).astype(numpy.uint16)
frame = RawFrame.from_mosaic(samples, "RGGB", black_level_dn=512, white_level_dn=16383)
numpy.save(sys.argv[1], render_quantised(frame, IspParams.default(1), bits=8))
print(library() is not None)
"""


def rendered(folder: Path, name: str, **environment: str) -> tuple[bool, str, np.ndarray]:
    """Render in a process of its own: whether natively, what it said on stderr, and the picture."""
    own = os.environ | {"XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": str(ROOT)} | environment
    path = folder / f"{name}.npy"
    done = subprocess.run(
        [sys.executable, "-c", RENDER, str(path)], env=own, capture_output=True, text=True, check=True, cwd=folder
    )
    return done.stdout.strip() == "True", done.stderr, np.load(path)


def compiler(folder: Path, script: str) -> str:
    """A PATH whose c++ does what `script` says."""
    folder.mkdir()
    program = folder / "c++"
    program.write_text(f"#!{sys.executable}\nimport os, sys\n{script}\n")
    program.chmod(0o755)
    return str(folder)


INNER = """
if "--version" not in sys.argv:
    sys.exit("c++: fatal error: Killed signal terminated program cc1plus")
print("c++ 0")
"""
"""What the driver of GCC says when the system kills the compiler behind it."""


@needs_compiler
@pytest.mark.slow
def test_it_is_built_once_and_silently_even_by_two_processes_at_once(tmp_path):
    quick = f"os.execv({shutil.which('c++')!r}, [{shutil.which('c++')!r}, *sys.argv[1:], '-O0'])"  # the last word on optimising counts
    search = f"{compiler(tmp_path / 'quick', quick)}{os.pathsep}{os.environ['PATH']}"
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda name: rendered(tmp_path, name, PATH=search), ("first", "second"))
    assert first[:2] == second[:2] == (True, "") and np.array_equal(first[2], second[2])
    (built,) = (tmp_path / "cache" / "attiqa" / "native").iterdir()  # no temporary file stays
    changed = built.stat().st_mtime_ns
    assert rendered(tmp_path, "third", PATH=search)[:2] == (True, "") and built.stat().st_mtime_ns == changed


@pytest.fixture
def unbuilt():
    """A process that has not asked for the kernel yet, before the test and after it."""
    library.cache_clear()
    yield
    library.cache_clear()


@pytest.mark.slow
def test_without_it_the_same_is_rendered_and_one_line_says_why(unbuilt, tmp_path, monkeypatch, capfd):
    samples = np.random.default_rng(0).integers(500, 9000, (40, 60)).astype(np.uint16)
    frame = RawFrame.from_mosaic(samples, "RGGB", black_level_dn=512, white_level_dn=16383)
    expected = render_quantised(frame, IspParams.default(1), bits=8).astype(int)
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    situations = {
        f"{SWITCH}=0": (SWITCH, "0"),
        "no C++ compiler": ("PATH", str(tmp_path / "empty")),
        "sorry: error 7": ("PATH", compiler(tmp_path / "failing", "sys.exit('sorry: error 7')")),
        "c++ was killed by SIGKILL": ("PATH", compiler(tmp_path / "killed", "os.kill(os.getpid(), 9)")),
        "Killed signal terminated program cc1plus": ("PATH", compiler(tmp_path / "inner", INNER)),
        str(tmp_path / "file"): ("XDG_CACHE_HOME", str(tmp_path / "file")),  # no folder can be made in a file
    }
    if library() is None:
        del situations[str(tmp_path / "file")]
    for reason, variable in situations.items():
        library.cache_clear()
        capfd.readouterr()
        with monkeypatch.context() as changed:
            changed.setenv(*variable)
            pictures = [render_quantised(frame, IspParams.default(1), bits=8) for _ in range(2)]
            said = capfd.readouterr().err
            assert library() is None and said.count("\n") == 1 and reason in said, said
        assert all(np.abs(picture.astype(int) - expected).max() <= 1 for picture in pictures)


def test_the_structures_are_declared_to_cpp_as_python_lays_them_out():
    text = declarations()
    assert "  V luminance_weights[3];" in text and "  float black_level_dn[4];" in text
    assert text.index("struct PointParameters") < text.index("struct Constants") < text.index("struct Parameters")
    assert "  PointParameters<float> point;" in text and "  int32_t site_of_plane[4];" in text


def test_every_source_in_the_folder_is_compiled_and_counts_in_the_name_of_the_library():
    folder = Path(build.__file__).parent
    assert sorted(build.SOURCES) == sorted(each.name for each in folder.iterdir() if each.suffix in (".h", ".cpp"))
