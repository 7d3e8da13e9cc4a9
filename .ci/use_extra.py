"""Use one extra once, or see that without it one sentence names it: python use_extra.py EXTRA used|absent, in an empty folder."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def attiqa(*words: object) -> str:
    """Return what a command says, whatever its exit code."""
    done = subprocess.run([Path(sys.executable).parent / "attiqa", *map(str, words)], capture_output=True, text=True)
    return f"{done.returncode} {done.stdout} {done.stderr}"


def onnx() -> str:
    from PIL import Image
    from skimage import data

    Image.fromarray(data.astronaut()).save("astronaut.png")
    said = attiqa("export", "attiqa-mini", "--out", "mini.onnx", "--crops", 1)
    return said + attiqa("score", "astronaut.png", "--scorer", "mini.onnx") if said.startswith("0") else said


def contrib() -> str:
    from agents.algorithms import ALGORITHMS, find_algorithm

    return f"0 {[find_algorithm(name).train for name in ALGORITHMS if ALGORITHMS[name].needs]}"


def search() -> str:
    make_raws()
    words = (
        "--scorer",
        "attiqa-mini",
        "--proxy-px",
        32,
        "--timesteps",
        64,
        "--constant-samples",
        2,
        "--search",
        1,
        "--out",
        "searched",
        "--allow-ungated",
    )
    return attiqa("train", "raws", "--algo", "gradient", *words)


def study() -> str:
    from experiments.study.intervals.measured import needed

    fitted = needed("choix").ilsr_pairwise(2, [(0, 1), (0, 1), (1, 0)])
    share = needed("statsmodels.stats.proportion").proportion_confint(2, 3)
    from experiments.study.server.web.serving import server_of

    return f"0 {fitted} {share} {server_of.__name__}"


def lens() -> str:
    from isp_env.lens_profiles.lensfun import refuse_missing

    refuse_missing()
    import lensfunpy

    return f"0 {len(lensfunpy.Database().cameras)} cameras"


def scale() -> str:
    import fsspec
    import ray

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    answer = ray.get(ray.remote(lambda: 41 + 1).remote())
    ray.shutdown()
    fsspec.filesystem("memory").pipe("/a", b"1")
    return f"0 {answer}"


def judges() -> str:
    from attiqa_core.judges import create_metric

    return f"0 {create_metric('pyiqa:brisque')}"


def make_raws() -> None:
    from skimage import data

    from isp_env.raw_io.cameras import CAMERAS
    from isp_env.raw_io.dng import write_frame
    from isp_env.raw_io.synthetic import synthesise

    for name in ("astronaut", "coffee"):
        write_frame(Path("raws", f"{name}.dng"), synthesise(getattr(data, name)(), CAMERAS["sony-a7m3"], name=name))


USES: dict[str, Callable[[], str]] = {
    "onnx": onnx, "contrib": contrib, "search": search, "study": study, "lens": lens, "scale": scale, "judges": judges
}  # fmt: skip

NOT_NAMED_YET = {"scale"}
"""Extras that this script does not know how to be refused by the command line; empty this when --ray names its own."""

if __name__ == "__main__":
    extra, state = sys.argv[1:]
    try:
        said = USES[extra]()
    except Exception as error:
        said = f"1 {type(error).__name__}: {error}"
    if state == "used":
        assert said.startswith("0 "), f"{extra}: {said}"
    elif extra not in NOT_NAMED_YET:
        assert f"attiqa-isp[{extra}]" in said, f"without {extra} nothing names it: {said}"
    print(f"extra {extra}, {state}: as it should be")
