"""torch, its devices, and the native kernel."""

import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

from experiments.doctor.fact import Fact, Places, gib

DRIVER = Path("/proc/driver/nvidia/version")


def pytorch(places: Places) -> list[Fact]:
    """Return torch's version, its threads and devices; broken if there is a driver that this torch cannot use."""
    import torch

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        usable = torch.cuda.is_available()
    devices = (
        [_device(torch.cuda.get_device_properties(index)) for index in range(torch.cuda.device_count())]
        if usable
        else []
    )
    made_for = f"CUDA {torch.version.cuda}" if torch.version.cuda else "the CPU alone"
    values = {
        "version": torch.__version__,
        "cuda": torch.version.cuda,
        "devices": devices,
        "threads": torch.get_num_threads(),
    }
    text = f"{torch.__version__} for {made_for}, {torch.get_num_threads()} threads; " + (
        "; ".join(devices) or "no CUDA device, so the CPU"
    )
    if usable or not DRIVER.is_file():
        return [Fact("torch", text, values=values)]
    reason = str(warned[0].message).splitlines()[0] if warned else "no reason given"
    if torch.version.cuda is None:
        return [Fact("torch", f"{text}; there is an NVIDIA driver: a CUDA build of torch would use it", values=values)]
    return [Fact("torch", text, f"torch {torch.__version__} for {made_for} cannot use the NVIDIA driver that is here ({reason}); update the driver, or install a torch for an older CUDA", values)]  # fmt: skip


def native_kernel(places: Places) -> list[Fact]:
    """Return the compiler and whether the kernel is compiled; without one, pictures take the slower way through torch."""
    from isp_env.native.build import COMPILER, kept_kernel

    compiler = shutil.which(COMPILER)
    named = (
        _first_line([compiler, "--version"])
        if compiler
        else f"there is no {COMPILER} on the PATH (apt-get install g++)"
    )
    kept, why_not = kept_kernel()
    state = why_not and f"slower, through torch ({why_not})"
    if kept is not None:
        state = (
            f"compiled, {kept}" if kept.is_file() else "not compiled yet: the first picture does it, in about a minute"
        )
    values = {"compiler": compiler, "kernel": kept and str(kept), "compiled": bool(kept and kept.is_file())}
    return [Fact("compiler", named), Fact("native kernel", state, values=values)]


def _device(properties: Any) -> str:
    return f"{properties.name}, {gib(properties.total_memory)}"


def _first_line(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout.partition("\n")[0]
    except (OSError, subprocess.SubprocessError) as error:
        return f"{command[0]} does not run ({error})"
