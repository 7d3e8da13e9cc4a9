"""Use one extra once, or see that without it one sentence names it: python use_extra.py EXTRA used|absent, in an empty folder."""

import contextlib
import functools
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
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
        "--crops",
        0,
        "--timesteps",
        16,
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
    """Over one actor of Ray, and from a web server; without the extra --ray, https:// and s3:// each have to name it."""
    from PIL import Image
    from skimage import data

    Path("photos").mkdir(exist_ok=True)
    Image.fromarray(data.astronaut()).save("photos/astronaut.png")
    over_ray = ("--ray", "local", "--ray-actors", 1, "--ray-memory-gb", 1, "--csv", "over_ray.csv")
    with served(Path("photos")) as address:
        said = [
            attiqa("score", "photos", *over_ray),
            attiqa("score", f"{address}/astronaut.png", "--csv", "served.csv"),
        ]
    client_of_s3 = attiqa(
        "score", "s3://attiqa-no-such-bucket/astronaut.png"
    )  # no network: what it says is all there is
    if all(each.startswith("0 ") for each in said):
        import s3fs

        return f"0 {Path('over_ray.csv').read_text()} {Path('served.csv').read_text()} {s3fs.S3FileSystem.protocol}"
    unnamed = [each for each in (*said, client_of_s3) if "attiqa-isp[scale]" not in each]
    return f"1 not named: {unnamed}" if unnamed else said[0]


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """A context in which a folder is served on this machine: its address."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    """Says nothing of what is asked for."""

    def log_message(self, format: str, *args: object) -> None:
        return


def judges() -> str:
    """A metric without weights scores; of one whose weights are nowhere, without a network, one sentence says so."""
    from PIL import Image
    from skimage import data

    Image.fromarray(data.astronaut()).save("astronaut.png")
    said = attiqa("score", "astronaut.png", "--scorer", "pyiqa:piqe")
    if not said.startswith("0 "):
        return said
    fetched = attiqa("score", "astronaut.png", "--scorer", "pyiqa:brisque")
    one_sentence = fetched.startswith("3 ") and "go online once" in fetched and "Traceback" not in fetched
    return said if fetched.startswith("0 ") or one_sentence else f"1 of the one with weights: {fetched}"


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

if __name__ == "__main__":
    extra, state = sys.argv[1:]
    try:
        said = USES[extra]()
    except Exception as error:
        said = f"1 {type(error).__name__}: {error}"
    if state == "used":
        assert said.startswith("0 "), f"{extra}: {said}"
    else:
        assert f"attiqa-isp[{extra}]" in said, f"without {extra} nothing names it: {said}"
    print(f"extra {extra}, {state}: as it should be")
