"""`attiqa bake` from the shell: stores of raws and photos, killed, interrupted, resumed, and what it says about mistakes."""

import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest
from fixtures.ended import killed
from fixtures.pages import ROOT

from attiqa_core.errors import InputError, UsageError
from experiments.commands.bake import run
from experiments.options.bake import Config
from isp_env.contexts.variations import ContextRanges
from isp_env.stores.store import CONTEXTS, INDEX, STORE, BakedStore

SMALL = {"variants": 1, "proxy_px": 48, "crops": 1, "validation_share": 0.5, "scene": r"^(s\d)_"}
WORDS = [
    "--variants",
    "1",
    "--proxy-px",
    "48",
    "--crops",
    "1",
    "--validation-share",
    "0.5",
    "--photo-variants",
    "1",
    "--no-sheet",
]


def same_bytes(one, other) -> bool:
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in (CONTEXTS, INDEX, STORE))


def started(raws, photos, out, *words) -> subprocess.Popen:
    command = [sys.executable, "-m", "experiments.cli", "bake", raws, "--photos", photos, "--scene", r"^(s\d)_"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    words = [*map(str, command), "--out", str(out), *WORDS, *words]
    # A shell's background job, as a gate may be, ignores interrupts, and so would its children.
    hear = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(words, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, preexec_fn=hear)


@pytest.mark.slow
def test_raws_and_photos_become_contexts_whose_scenes_are_split(raws, photos, tmp_path, succeed):
    out = succeed("bake", raws, "--photos", photos, "--out", tmp_path / "store", "--scene", r"^(s\d)_", *WORDS[:-1])
    assert out.strip() == str(tmp_path / "store") and (tmp_path / "store" / "sheet.jpg").is_file()
    store = BakedStore.open(tmp_path / "store")
    assert len(store.items) == 4 * 2 + 8 and len({item.scene for item in store.items}) == 2 + 8
    of_raws = {item.scene: item.split for item in store.items if item.raw.startswith("s")}
    of_photos = {item.scene: item.split for item in store.items if item.raw.startswith("p")}
    for sides in (of_raws, of_photos):
        assert 2 * list(sides.values()).count("validation") == len(sides), "each kind has its share"
    store.verify()


KILLED = ((1, 1), (1, 6), (2, 3))
"""Workers, and contexts that are done when the command is killed."""


@pytest.fixture(scope="module")
def killed_bakes(raws, photos, tmp_path_factory):
    """A folder with the store of each, and of one that was left to end."""
    folder = tmp_path_factory.mktemp("bakes")
    runs = []
    for workers, done in KILLED:
        out = folder / f"{workers}-{done}"
        words = (
            "bake",
            raws,
            "--photos",
            photos,
            "--scene",
            SMALL["scene"],
            "--out",
            out,
            *WORDS,
            "--workers",
            workers,
        )
        runs.append((words, out / INDEX, done, 0.0))
    assert killed("experiments.commands.bake", *runs) == [-signal.SIGKILL] * len(KILLED)
    run(Config(**SMALL, raws=(raws,), photos=(photos,), photo_variants=1, sheet=False, out=folder / "whole"))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "done"), KILLED)
def test_a_killed_bake_goes_on_to_the_same_bytes(killed_bakes, raws, photos, workers, done):
    store = killed_bakes / f"{workers}-{done}"
    assert not (store / STORE).exists() and _lines(store) >= done
    run(Config(**SMALL, raws=(raws,), photos=(photos,), photo_variants=1, sheet=False, out=store, resume=True))
    assert same_bytes(store, killed_bakes / "whole")


def _lines(folder) -> int:
    return (folder / INDEX).read_bytes().count(b"\n") if (folder / INDEX).is_file() else 0


@pytest.mark.slow
def test_an_interrupt_keeps_what_is_done_and_ends_its_workers(raws, photos, tmp_path):
    out = tmp_path / "store"
    with started(raws, photos, out, "--workers", "2", "--photo-variants", "8") as process:  # work for some seconds
        while process.poll() is None and _lines(out) < 1:
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=300)
    assert process.returncode == 130 and "what was finished is kept" in said and _lines(out) >= 1
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_store_of_another_recipe_or_other_raws_is_refused(raws, tmp_path):
    options = {**SMALL, "raws": (raws,), "sheet": False, "out": tmp_path / "store"}
    run(Config(**options))
    with pytest.raises(UsageError, match="--out"):
        run(Config(**options))
    with pytest.raises(InputError, match="begun with proxy_px 48, not 64"):
        run(Config(**{**options, "proxy_px": 64}, resume=True))
    one = next(raws.glob("*.dng"))
    with pytest.raises(InputError, match="begun with"):
        run(Config(**{**options, "raws": (one,)}, resume=True))
    assert run(Config(**options, resume=True, workers=2)).path == tmp_path / "store"


@pytest.mark.slow
def test_what_cannot_be_read_is_named_and_left_out(raws, tmp_path):
    bad = tmp_path / "bad.dng"
    bad.write_bytes(b"not a raw")
    outcome = run(Config(**SMALL, raws=(raws, bad), out=tmp_path / "store", sheet=False))
    assert len(outcome.failures) == 1 and "bad.dng" in outcome.failures[0] and outcome.done.startswith("8 contexts")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"raws": ()}, "no raws named"),
        ({"variants": 0, "plain": False}, "--no-plain"),
        ({"validation_share": 0.8, "test_share": 0.4}, "add up to 1"),
        ({"crops": 4}, "--crops"),
        ({"photo_variants": 3}, "--photo-variants"),
        ({"right_white": 1.2}, "--right-white 1.2: is a share"),
        ({"right_white": float("nan")}, "--right-white nan"),
        ({"right_white": 0.25, "variants": 0}, "--right-white: is about varied contexts"),
        (
            {"right_white": 0.25, "ranges": ContextRanges(white_balance_mired=0, white_balance_duv=0)},
            "--right-white: no white",
        ),
        ({"workers": 0}, "--workers"),
        ({"seed": -1}, "--seed"),
    ],
)
def test_numbers_and_contradictions_are_checked(raws, tmp_path, options, message):
    with pytest.raises(UsageError, match=message):
        run(Config(**{"raws": (raws,), "out": tmp_path / "store", **options}))
    assert not (tmp_path / "store").exists()


def test_a_pattern_is_checked_before_anything_is_baked(raws, tmp_path):
    with pytest.raises(UsageError, match="--scene"):
        run(Config(raws=(raws,), out=tmp_path / "store", scene="("))
    assert not (tmp_path / "store").exists()
