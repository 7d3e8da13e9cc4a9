"""Whether requests that nobody should send change anything, or learn anything.

    python -m experiments.study.rehearsal.fuzz STUDY --requests 10000

Two honest raters answer their trials; between their requests come others: tokens and trials crossed, replays, huge and
malformed bodies, tricks with paths and headers. After each of these the store has to be what it was before, and no answer
may hold a name of an arm, a scene or a file, a word for a check, or anyone's token.
"""

import argparse
import json
import random
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.study.folder import Study, open_study
from experiments.study.rehearsal.asgi import Answered, Asked, InProcess
from experiments.study.rehearsal.client import ORDINARY_SCREEN
from experiments.study.rehearsal.mischief import MISCHIEF, Victims, headers_of
from experiments.study.server.raters import Places, new_rater
from experiments.study.server.store import Store
from experiments.study.server.terms import Terms
from experiments.study.server.web.app import Pages, application
from experiments.study.server.web.limits import Limits

HONEST_SHARE = 0.05
NO_LIMITS = Limits(per_rater=1e9, unknown=1e9, joins=1e9, joins_burst=10**9)
CHECK_WORDS = (b'"gold"', b"spoiled", b'"trap"', b'"repeat"', b'"main"', b'"repeat_of"', b'"expected"')


class Broken(AssertionError):
    """A request did what it should not."""


@dataclass
class Rater:
    """An honest rater: token, state, and the answers that were acknowledged by trial and revision."""

    token: str
    state: dict[str, Any]
    given: dict[tuple[str, int], str] = field(default_factory=dict)


def fuzz(study: Study, folder: Path, store_path: Path, *, requests: int, seed: int = 0) -> dict[str, Any]:
    """Return how many requests of each kind there were and what they were answered. Raises: Broken at the first that did harm."""
    rng, store = random.Random(seed), Store.of(store_path, study)
    with store.transaction() as db:
        tokens = [new_rater(db, "invited", 0.0)[1] for _ in range(3)]
    pages = Pages("<title>Page</title>", "<title>Experimenter</title>", {"en": {"hello": "Hello"}})
    app = application(Terms(study, folder, Places()), store, pages, NO_LIMITS, clock=lambda: 1e9)
    statuses, kinds = Counter[int](), Counter[str]()
    with InProcess(app) as door:
        raters = [_begin(door, token) for token in tokens]
        for _ in range(requests):
            if rng.random() < HONEST_SHARE and any(rater.state["next"] for rater in raters):
                _answer_one(door, rng.choice([rater for rater in raters if rater.state["next"]]), rng)
                kinds["honest"] += 1
                continue
            kind = rng.choice(list(MISCHIEF))
            asked = MISCHIEF[kind](rng, _victims(store, raters))
            answer = _harmless(door, store, asked, kind)
            _check_says_nothing(answer, asked, kind, study, store, tokens)
            statuses[answer.status] += 1
            kinds[kind] += 1
    _check_kept(store, raters)
    store.close()
    return {"requests": requests, "statuses": dict(sorted(statuses.items())), "kinds": dict(sorted(kinds.items()))}


def _victims(store: Store, raters: list[Rater]) -> Victims:
    return Victims(
        tuple(rater.token for rater in raters),
        tuple(tuple(trial["trial"] for trial in rater.state["next"]) for rater in raters),
        tuple(dict(rater.given) for rater in raters),
        store.meta("experimenter"),
    )


def _harmless(door: InProcess, store: Store, asked: Asked, kind: str) -> Answered:
    before = dump(store)
    answer = door.ask(asked)
    if dump(store) != before:
        raise Broken(f"{kind}: {asked} changed the store")
    if answer.status >= 500:
        raise Broken(f"{kind}: {asked} was answered {answer.status}: {answer.body[:200]!r}")
    return answer


def _check_says_nothing(
    answer: Answered, asked: Asked, kind: str, study: Study, store: Store, tokens: list[str]
) -> None:
    said, sent = answer.everything, asked.body + dict(asked.headers).get(b"authorization", b"")
    secrets = [each.encode() for each in (*tokens, store.meta("experimenter")) if each.encode() not in sent]
    for word in (*words_of(study), *CHECK_WORDS, *secrets):
        if word in said:
            raise Broken(f"{kind}: the answer to {asked} holds {word!r}: {said[:300]!r}")


def words_of(study: Study) -> list[bytes]:
    """Return what no answer may hold: names of arms, scenes and files, where pictures came from, hashes, the study's own name."""
    of_scenes = [
        (name, *scene.files.values(), *scene.sources.values(), *scene.sha256.values())
        for name, scene in study.scenes.items()
    ]
    return [
        word.encode() for word in (*study.arms.values(), study.study, *(word for words in of_scenes for word in words))
    ]


def dump(store: Store) -> list[tuple[Any, ...]]:
    """Return all that the store holds but for when raters were last heard of."""
    with store.reading() as db:
        names = [row["name"] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return [(name, *_values(row)) for name in names for row in db.execute(f"SELECT * FROM {name}")]


def _values(row: sqlite3.Row) -> tuple[Any, ...]:
    return tuple(row[key] for key in row.keys() if key != "seen")  # noqa: SIM118  a row is no mapping


def _post(door: InProcess, token: str | None, step: str, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = door.ask(Asked("POST", f"/api/{step}", json.dumps(body).encode(), headers_of(token)))
    if answer.status != 200:
        raise Broken(f"an honest {step} was answered {answer.status}: {answer.body!r}")
    return json.loads(answer.body)["state"]


def _begin(door: InProcess, token: str) -> Rater:
    _post(door, None, "join", {"token": token})
    _post(door, token, "consent", {"version": "1", "language": "en", "agreed": True})
    return Rater(token, _post(door, token, "device", ORDINARY_SCREEN))


def _answer_one(door: InProcess, rater: Rater, rng: random.Random) -> None:
    """Vote on the next pair, or take the last answer back."""
    last = rater.state["previous"]
    trial, revision = rater.state["next"][0]["trial"], 0
    if last is not None and rng.random() < 0.3:
        trial, revision = last["trial"], last["revision"] + 1
    choice = rng.choice(("left", "right"))
    rater.state = _post(door, rater.token, "vote", {"trial": trial, "choice": choice, "ms": 900, "revision": revision})
    rater.given[trial, revision] = choice


def _check_kept(store: Store, raters: list[Rater]) -> None:
    with store.reading() as db:
        kept = {(row["trial"], row["revision"]): row["choice"] for row in db.execute("SELECT * FROM votes")}
    given = {key: choice for rater in raters for key, choice in rater.given.items()}
    if kept != given:
        raise Broken(f"the store has {len(kept)} votes, acknowledged were {len(given)}")


def main() -> None:
    """Send requests from the command line and print what they were answered; exit with 1 at the first that did harm."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("study", type=Path, help="folder of a study")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    run: Callable[[Path], dict[str, Any]] = lambda store: fuzz(  # noqa: E731
        open_study(given.study), given.study, store, requests=given.requests, seed=given.seed
    )
    with tempfile.TemporaryDirectory() as folder:
        try:
            print(json.dumps(run(Path(folder) / "votes.sqlite"), indent=2))
        except Broken as broken:
            sys.exit(str(broken))


if __name__ == "__main__":
    main()
