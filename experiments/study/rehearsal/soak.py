"""Whether a server that is killed again and again loses or doubles a vote that it acknowledged.

    python -m experiments.study.rehearsal.soak STUDY --votes 20000 --kills 50

Raters in threads answer against `attiqa study serve` in a process of its own, take answers back and send some twice; the
server is killed (SIGKILL) at random moments and started again. Then the store is compared with what was acknowledged.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.study.folder import open_study
from experiments.study.rehearsal.client import Client
from experiments.study.rehearsal.serving_process import Server
from experiments.study.server.store import Store

UNDO_SHARE, REPLAY_SHARE = 0.08, 0.05


@dataclass
class Acknowledged:
    """What the server said it keeps: choice by trial and revision. `replayed`: sent again after their acknowledgement."""

    choices: dict[tuple[str, int], str] = field(default_factory=dict)
    replayed: int = 0
    tries: int = 0
    raters: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def soak(study: Path, store: Path, *, votes: int, kills: int, threads: int = 8, seed: int = 0) -> dict[str, Any]:
    """Return the figures of one run: votes acknowledged, lost and doubled, kills, requests that had to be sent again."""
    rng, heard, done = random.Random(seed), Acknowledged(), threading.Event()
    server, began = Server(study, store, votes), time.monotonic()
    crew = [
        threading.Thread(target=_raters, args=(server.address, heard, votes, done, random.Random(f"{seed}/{number}")))
        for number in range(threads)
    ]
    for each in crew:
        each.start()
    killed = _kill_now_and_then(server, heard, sorted(rng.sample(range(votes), kills)), rng, crew)
    for each in crew:
        each.join()
    code = server.stop()
    return {
        **compared(store, study, heard),
        "kills": killed,
        "exit": code,
        "wall_s": round(time.monotonic() - began, 1),
    }


def _raters(address: str, heard: Acknowledged, votes: int, done: threading.Event, rng: random.Random) -> None:
    """One rater after the other, until so many votes were acknowledged to all together."""
    while not done.is_set():
        client = Client(address)
        state = client.begin()
        while state["next"] and not done.is_set():
            trial = state["next"][0]["trial"]
            state = _vote(client, heard, trial, 0, rng)
            if rng.random() < UNDO_SHARE:
                state = _vote(client, heard, trial, 1, rng)
            if rng.random() < REPLAY_SHARE:
                state = _vote(client, heard, trial, 0, rng)
            if len(heard.choices) >= votes:
                done.set()
        if not state["next"]:
            client.post("finish", {})
        with heard.lock:
            heard.tries, heard.raters = heard.tries + client.tries, heard.raters + 1
        client.close()


def _vote(client: Client, heard: Acknowledged, trial: str, revision: int, rng: random.Random) -> dict[str, Any]:
    is_again = (trial, revision) in heard.choices
    choice = heard.choices[trial, revision] if is_again else rng.choice(("left", "right"))
    said = {"trial": trial, "choice": choice, "ms": rng.randrange(500, 9000), "revision": revision}
    state = client.post("vote", said)["state"]
    with heard.lock:
        heard.choices[trial, revision] = choice
        heard.replayed += is_again
    return state


def _kill_now_and_then(
    server: Server, heard: Acknowledged, at: list[int], rng: random.Random, crew: list[threading.Thread]
) -> int:
    """Kill and start the server anew a few milliseconds after so many votes were acknowledged; return how often it was done."""
    killed = 0
    for votes in at:
        while len(heard.choices) < votes and any(each.is_alive() for each in crew):
            time.sleep(0.002)
        time.sleep(rng.random() * 0.05)
        server.kill()
        server.start()
        killed += 1
    return killed


def compared(path: Path, study: Path, heard: Acknowledged) -> dict[str, Any]:
    """Return how the store differs from what was acknowledged."""
    store = Store(path)
    with store.reading() as db:
        rows = db.execute("SELECT trial, revision, choice FROM votes").fetchall()
        whole = db.execute("PRAGMA integrity_check").fetchone()[0]
    kept: Mapping[tuple[str, int], str] = {(row["trial"], row["revision"]): row["choice"] for row in rows}
    last: dict[str, tuple[int, str]] = {}
    for (trial, revision), choice in heard.choices.items():
        last[trial] = max(last.get(trial, (-1, "")), (revision, choice))
    counted = {vote.trial.trial: vote.choice for vote in store.collected(open_study(study))[0]}
    store.close()
    return {
        "acknowledged": len(heard.choices),
        "lost": sum(key not in kept for key in heard.choices),
        "changed": sum(kept.get(key, choice) != choice for key, choice in heard.choices.items()),
        "doubled": len(rows) - len(kept),
        "never_acknowledged": sum(key not in heard.choices for key in kept),
        "counted_wrongly": sum(counted.get(trial) != choice for trial, (_, choice) in last.items()),
        "replayed": heard.replayed,
        "sent_again": heard.tries,
        "raters": heard.raters,
        "integrity": whole,
    }


def main() -> None:
    """Run a soak from the command line, print its figures, and exit with 1 if a vote was lost, changed or doubled."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("study", type=Path, help="folder of a study")
    parser.add_argument("--votes", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = soak(
            given.study, Path(folder) / "votes.sqlite", votes=given.votes, kills=given.kills, seed=given.seed
        )
    print(json.dumps(figures, indent=2))
    sys.exit(any(figures[name] for name in ("lost", "changed", "doubled", "counted_wrongly")))


if __name__ == "__main__":
    main()
