"""Simulated raters at a served study, all at once, with tastes that are known: over HTTP, as the page does it."""

import hashlib
import random
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.study.folder import PICTURES, Study
from experiments.study.rehearsal.client import Client


@dataclass(frozen=True)
class Taste:
    """How raters choose. `share` of them prefer the first arm, each `spread` at most away from it; all from 0 to 1."""

    share: float = 0.58
    spread: float = 0.1
    left_bias: float = 0.03
    lapses: float = 0.02
    pause_s: float = 0.0
    """Longest wait before an answer; the mean is half of it."""

    @property
    def win_rate(self) -> float:
        """The first arm's expected share of the votes, where sides are balanced."""
        return self.share * (1 - self.lapses) + 0.5 * self.lapses


@dataclass
class Heard:
    """What all raters together were told: choice of each acknowledged trial, and how long acknowledgements took."""

    choices: dict[str, str] = field(default_factory=dict)
    waits_s: list[float] = field(default_factory=list)
    finished: int = 0
    left_early: int = 0
    complaints: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Eyes:
    """A rater's choices: they know a picture by its bytes, which `known` maps, by SHA-256, to arms."""

    def __init__(self, study: Study, known: Mapping[str, str], taste: Taste, rng: random.Random):
        self.taste, self.rng = taste, rng
        self.own = taste.share + rng.uniform(-taste.spread, taste.spread)
        self.arms = known
        self.first = min(study.arms)

    def choice(self, client: Client, trial: Mapping[str, Any]) -> str:
        """Return "left" or "right", having fetched both pictures. Raises: AssertionError if one is not the study's."""
        left, right = (self._arm(client, trial["trial"], side) for side in ("left", "right"))
        if trial["instruct"]:
            return trial["instruct"]
        if "spoiled" in (left, right):
            return "right" if left == "spoiled" else "left"
        if self.rng.random() < self.taste.lapses:
            return self.rng.choice(("left", "right"))
        is_first_left = left == self.first
        for_first = self.own + (self.taste.left_bias if is_first_left else -self.taste.left_bias)
        return "left" if (self.rng.random() < for_first) == is_first_left else "right"

    def _arm(self, client: Client, trial: str, side: str) -> str:
        status, picture = client.ask("GET", f"/api/picture/{trial}/{side}")
        arm = self.arms.get(hashlib.sha256(picture).hexdigest())
        assert status == 200 and arm, (
            f"picture {side} of {trial}: answered {status}, {len(picture)} bytes, not the study's"
        )
        return arm


def known_pictures(study: Study, folder: Path) -> dict[str, str]:
    """Return the arm of each picture of the study by the SHA-256 of its file."""
    files = [(arm, name) for scene in study.scenes.values() for arm, name in scene.files.items()]
    return {hashlib.sha256((folder / PICTURES / name).read_bytes()).hexdigest(): arm for arm, name in files}


def crowd(
    address: str,
    study: Study,
    known: Mapping[str, str],
    tokens: Sequence[str | None],
    taste: Taste,
    *,
    dropouts: float = 0.0,
    seed: int = 0,
) -> Heard:
    """Return what raters were told, one in a thread for each token (None: joins an open study), `dropouts` of whom leave midway."""
    heard, rng = Heard(), random.Random(seed)
    leaving = set(rng.sample(range(len(tokens)), round(dropouts * len(tokens))))
    threads = [
        threading.Thread(
            target=_one,
            args=(Client(address, token), study, known, taste, number in leaving, f"{seed}/{number}", heard),
        )
        for number, token in enumerate(tokens)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return heard


def _one(
    client: Client, study: Study, known: Mapping[str, str], taste: Taste, is_leaving: bool, seed: str, heard: Heard
) -> None:
    try:
        take_part(client, Eyes(study, known, taste, random.Random(seed)), heard, is_leaving=is_leaving)
    except Exception as error:  # whatever goes wrong with one rater is told in the end; the others go on
        heard.complaints.append(f"{type(error).__name__}: {error}")
    finally:
        client.close()


def take_part(client: Client, eyes: Eyes, heard: Heard, *, is_leaving: bool = False) -> None:
    """Answer all trials and finish, or leave at a random one."""
    state, began = client.begin(), time.monotonic()
    stop_at = eyes.rng.randrange(1, max(state["total"] or 1, 2)) if is_leaving else None
    answered = 0
    while state["next"] and answered != stop_at:
        trial = state["next"][0]
        choice = eyes.choice(client, trial)
        time.sleep(eyes.rng.random() * eyes.taste.pause_s)
        asked = time.monotonic()
        said = {"trial": trial["trial"], "choice": choice, "ms": round((asked - began) * 1000), "revision": 0}
        state = client.post("vote", said)["state"]
        began, answered = time.monotonic(), answered + 1
        with heard.lock:
            heard.choices[trial["trial"]] = choice
            heard.waits_s.append(began - asked)
    if not state["next"]:
        client.post("finish", {})
    with heard.lock:
        heard.finished, heard.left_early = heard.finished + (not state["next"]), heard.left_early + bool(state["next"])
