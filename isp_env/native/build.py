"""The native kernel, compiled on first use for the machine's own processor and kept in the user's cache."""

import ctypes
import functools
import hashlib
import os
import platform
import shutil
import signal
import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from attiqa_core.errors import ResourceError
from attiqa_core.files.whole import replacing, user_cache
from isp_env.native.structures import declarations

SWITCH = "ATTIQA_NATIVE"  # 0: never
COMPILER = "c++"
FLAGS = (
    *("-O3", "-march=native", "-std=c++17", "-shared", "-fPIC", "-pthread"),
    *("-fno-math-errno", "-fno-trapping-math"),  # square roots and comparisons become vectors; no value changes
    "-ffp-contract=off",  # the same bits wherever a pixel lies in its row; numbers.h fuses by name
)
"""Not -ffast-math: it would take away the rounding that `exp2` stands on."""
LONGEST_BUILD_S = 300
SOURCES = (
    *(
        "numbers.h",
        "point.h",
        "places.h",
        "prepare.h",
        "bands.h",
        "denoise.h",
        "demosaic.h",
        "point_rows.h",
        "finish.h",
    ),
    *("isp.cpp", "geometry.h", "mosaics.cpp", "stages.cpp"),
    *("tape.h", "gradients.cpp", "denoise_rgb.cpp"),
)
"""Read as one text, in this order: none includes another."""


@functools.cache
def library() -> ctypes.CDLL | None:
    """Return the compiled kernel, or None, having said why on stderr: whoever asks goes the way of torch then."""
    try:
        if os.environ.get(SWITCH) == "0":
            raise _Unavailable(f"{SWITCH}=0")
        return ctypes.CDLL(str(_compiled()))
    except (_Unavailable, ResourceError, OSError) as error:
        print(f"attiqa: full-size pictures take the slower way through torch ({error})", file=sys.stderr)
        return None


Argument = Tensor | np.ndarray | ctypes.Structure | ctypes.Array | int | None


def call(name: str, *arguments: Argument) -> None:
    """Call a function of the kernel that there is; contiguous tensors (of float32) and arrays go by address, to be written too."""
    kernel = library()
    assert kernel is not None
    if getattr(kernel, name)(*(_argument(each) for each in arguments)):
        raise MemoryError


def _argument(given: Argument) -> object:
    if isinstance(given, np.ndarray):
        assert given.flags.c_contiguous
        return ctypes.c_void_p(given.ctypes.data)
    if isinstance(given, Tensor):
        assert given.dtype == torch.float32 and given.is_contiguous()
        return ctypes.c_void_p(given.data_ptr())
    return ctypes.byref(given) if isinstance(given, ctypes.Structure | ctypes.Array) else given


class _Unavailable(Exception):
    """Why there is no kernel here."""


def kept_kernel() -> tuple[Path | None, str]:
    """Return where the kernel of this machine is kept, compiled or not, or None and why there can be none."""
    try:
        return (None, f"{SWITCH}=0") if os.environ.get(SWITCH) == "0" else (_wanted()[2], "")
    except _Unavailable as error:
        return None, str(error)


def _compiled() -> Path:
    """The path of the compiled kernel, made if need be; two processes at once both make it, and the later one stays."""
    compiler, source, path = _wanted()
    if not path.is_file():
        with replacing(path) as temporary:
            _output([compiler, *FLAGS, "-x", "c++", "-", "-o", str(temporary)], source)
    return path


def _wanted() -> tuple[str, str, Path]:
    """The compiler, the source, and the path that belongs to both of them on this processor."""
    compiler = shutil.which(COMPILER)
    if compiler is None:
        raise _Unavailable(f"no C++ compiler: there is no {COMPILER} on the PATH")
    folder = resources.files("isp_env.native")
    source = declarations() + "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in SOURCES)
    version = _output([compiler, "--version"])
    key = hashlib.sha256("\0".join((source, *FLAGS, version, _processor())).encode()).hexdigest()[:32]
    return compiler, source, _cache_folder() / f"isp-{key}.so"


def _output(command: list[str], source: str = "") -> str:
    try:
        done = subprocess.run(
            command, input=source, capture_output=True, text=True, timeout=LONGEST_BUILD_S, check=True
        )
    except subprocess.CalledProcessError as error:
        if error.returncode < 0:
            name = signal.Signals(-error.returncode).name
            raise _Unavailable(f"{command[0]} was killed by {name}, by the system if memory is short") from error
        lines = error.stderr.strip().splitlines() or ["without a word"]
        reason = next((line for line in lines if "error" in line), lines[0])
        raise _Unavailable(f"{command[0]} failed: {reason}") from error
    except subprocess.TimeoutExpired as error:
        raise _Unavailable(f"{command[0]} took more than {LONGEST_BUILD_S} s") from error
    return done.stdout


def _cache_folder() -> Path:
    try:
        return user_cache() / "native"
    except RuntimeError as error:
        raise _Unavailable(f"no folder to keep it in: {error}") from error


def _processor() -> str:
    """What -march=native depends on: the processor's model and what it can do."""
    lines = []
    if (listing := Path("/proc/cpuinfo")).is_file():
        wanted = ("model name", "flags", "Features", "CPU part")
        lines = [line for line in listing.read_text(encoding="utf-8").splitlines() if line.startswith(wanted)]
    return "\n".join([platform.system(), platform.machine(), platform.processor(), *sorted(set(lines))])
