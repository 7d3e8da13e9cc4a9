"""The three walks of docs/architecture.md: a tiny example is sent down each, its calls are watched, and compared."""

import inspect
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name

import numpy as np
import pytest
from fixtures.pages import ROOT, text_of
from fixtures.photographs import smooth_scene, write_noise
from fixtures.rated import write_mos

from isp_env.env import IspEnv
from isp_env.native.proxies import torch_alone
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.synthetic import synthesise

PACKAGES = ("attiqa_core.", "isp_env.", "agents.", "experiments.")
PHOTOS = 4


def walk(title: str) -> list[list[str]]:
    """Return the stretches of a walk, each the names of its functions in order."""
    section = text_of(ROOT / "docs" / "architecture.md").partition(f"\n### {title}\n")[2].partition("\n### ")[0]
    stretches = re.findall(r"(?:^\d+\. .*\n?)+", section, re.MULTILINE)
    return [re.findall(r"^\d+\. `([\w.]+)`", stretch, re.MULTILINE) for stretch in stretches]


def watched(run: Callable[[], object]) -> Counter[str]:
    """Return our functions that `run` calls, in the order of their first call, with how often; threads included."""
    calls: Counter[str] = Counter()

    def see(frame, event, argument):
        name = f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_qualname}"
        if event == "call" and name.startswith(PACKAGES):
            resumed = frame.f_code.co_flags & inspect.CO_GENERATOR and name in calls
            calls[name] += not resumed  # a generator is "called" each time it goes on

    threading.setprofile(see)
    sys.setprofile(see)
    try:
        run()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # pyright: ignore  # None ends it
    return calls


def check(names: list[str], calls: Counter[str], most: int) -> None:
    """Check that the calls pass the named functions in this order, none more often than `most`."""
    assert len(set(names)) == len(names), "a walk names a function twice"
    for name in names:
        resolve_name(name)  # it exists
    missing = [name for name in names if not calls[name]]
    assert not missing, f"not passed through: {missing}"
    assert [name for name in calls if name in names] == names, "another order"
    often = {name: calls[name] for name in names if calls[name] > most}
    assert not often, f"passed more than {most} times: {often}"


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("raws") / "scene.dng"
    write_frame(path, synthesise(smooth_scene(), CAMERAS["sony-a7m3"], generator=np.random.default_rng(0)))
    return path


def test_no_function_is_passed_twice_on_any_walk():
    for title in ("Raw to reward", "Photo to scorer", "Vote to win rate"):
        names = [name for stretch in walk(title) for name in stretch]
        assert len(names) > 5 and len(set(names)) == len(names), title


@pytest.mark.slow
def test_raw_to_reward(raw, tiny_scorer):
    loading, acting = walk("Raw to reward")
    made: list[IspEnv] = []
    check(loading, watched(lambda: made.append(environment(raw, tiny_scorer))), most=1)
    (env,) = made
    env.reset(seed=0)
    with torch_alone():  # two squares cover the raw: the network reads each by itself
        check(acting, watched(lambda: env.step(np.zeros(env.action_space.shape, np.float32))), most=2)


def environment(raw: Path, scorer) -> IspEnv:
    return IspEnv(raw, scorer.folder, proxy_px=48, crops=0)


@pytest.mark.slow
def test_photo_to_scorer(succeed, tmp_path):
    labelling, pretraining, finetuning = walk("Photo to scorer")
    photos = write_noise(tmp_path / "photos", [f"{index}.png" for index in range(PHOTOS)])
    write_mos(tmp_path / "photos" / "mos.csv", {path.name: index for index, path in enumerate(photos)})
    labels, pretrained, tuned = tmp_path / "labels", tmp_path / "pretrained", tmp_path / "tuned"
    small = ("--epochs", 1, "--batch", PHOTOS, "--resize", 36, "--crop", 32, "--device", "cpu")

    check(
        labelling,
        watched(lambda: succeed("label", tmp_path / "photos", "--teacher", "statistics", "--out", labels)),
        PHOTOS,
    )
    check(
        pretraining,
        watched(
            lambda: succeed(
                "pretrain",
                "--labels",
                labels,
                "--out",
                pretrained,
                "--backbone",
                "test_efficientnet",
                "--hidden",
                4,
                *small,
            )
        ),
        PHOTOS,
    )

    def finetune_and_open() -> None:
        from attiqa_core.judges import create_metric

        succeed("finetune", tmp_path / "photos" / "mos.csv", "--pretrained", pretrained, "--out", tuned, *small)
        create_metric(tuned / "scorer")

    check(finetuning, watched(finetune_and_open), PHOTOS)


def test_vote_to_win_rate(succeed, tmp_path):
    (names,) = walk("Vote to win rate")
    write_noise(tmp_path, [f"{side}/{index}.png" for side in "ab" for index in range(2)])
    study = tmp_path / "study"
    succeed("study", "export", tmp_path / "a", tmp_path / "b", "--out", study, "--seed", 0)
    answer(study, tmp_path / "answers.json")
    check(names, watched(lambda: succeed("study", "analyse", study, tmp_path / "answers.json")), most=1)


def answer(study: Path, path: Path) -> None:
    """Write what a rater who always prefers the left sends back."""
    from attiqa_core.files.whole import write_json
    from experiments.study.folder import open_study

    key = open_study(study)
    counted = [trial.trial for trial in key.lists[0].trials if trial.kind == "main"]
    votes = [{"trial": trial, "choice": "left", "ms": 900} for trial in counted]
    write_json(path, {"format": "attiqa-study-votes", "version": 1, "study": key.study, "rater": "r", "votes": votes})
