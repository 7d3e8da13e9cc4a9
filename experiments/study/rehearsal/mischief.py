"""Requests that nobody should send, by kind: each function draws one, from what an attacker could at best know."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.study.rehearsal.asgi import Asked
from experiments.study.rehearsal.hostile_words import BODIES, METHODS, STEPS, TRICKS, VALUES


@dataclass(frozen=True)
class Victims:
    """What honest raters have, each at their place: tokens, the trials they are told, the answers they gave."""

    tokens: tuple[str, ...]
    next: tuple[tuple[str, ...], ...]
    given: tuple[Mapping[tuple[str, int], str], ...]
    experimenter: str


def headers_of(token: str | None, *more: tuple[bytes, bytes]) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of an ordinary request."""
    own = ((b"authorization", b"Bearer " + token.encode("utf-8", "surrogatepass")),) if token is not None else ()
    return (*own, (b"content-type", b"application/json"), *more)


def _vote(rng: random.Random, token: str | None, **changes: Any) -> Asked:
    said = {"trial": "0" * 16, "choice": "left", "ms": 1000, "revision": 0, **changes}
    return Asked("POST", "/api/vote", json.dumps(said).encode(), headers_of(token))


def another_raters_trial(rng: random.Random, victims: Victims) -> Asked:
    """A vote on another rater's pair, or its picture."""
    mine, other = rng.sample(range(len(victims.tokens)), 2)
    trials = [*victims.next[other], *(trial for trial, _ in victims.given[other])] or ["0" * 16]
    if rng.random() < 0.5:
        return _vote(rng, victims.tokens[mine], trial=rng.choice(trials), revision=rng.choice((0, 1, 2)))
    path = f"/api/picture/{rng.choice(trials)}/{rng.choice(('left', 'right'))}"
    return Asked("GET", path, headers=headers_of(victims.tokens[mine]))


def token_of_nobody(rng: random.Random, victims: Victims) -> Asked:
    """A step with no token, a made-up or bent one, or the experimenter's; and a rater's where the experimenter's is due."""
    whole = rng.choice(victims.tokens)
    bent = [
        whole[:-1],
        whole + "A",
        whole.swapcase(),
        "",
        "a" * 24,
        "a" * 9000,
        "\ud800",
        "' OR ''='",
        victims.experimenter,
    ]
    if rng.random() < 0.2:
        query = rng.choice((b"", b"results=1"))
        return Asked("GET", "/api/progress", headers=headers_of(rng.choice([*bent[:-1], whole])), query=query)
    token = rng.choice([None, *bent])
    trial = next((trials[0] for trials in victims.next if trials), "0" * 16)
    if rng.random() < 0.3:
        return Asked("GET", f"/api/picture/{trial}/left", headers=headers_of(token))
    if rng.random() < 0.3:
        return Asked("POST", "/api/join", json.dumps({"token": token or "x"}).encode(), headers_of(None))
    if rng.random() < 0.3:
        return Asked("POST", f"/api/{rng.choice(STEPS[1:])}", rng.choice(BODIES), headers_of(token))
    return _vote(rng, token, trial=trial)


def replay(rng: random.Random, victims: Victims) -> Asked:
    """An answer that was acknowledged, once more, or another one in its place, or a revision that is not due."""
    place = rng.randrange(len(victims.tokens))
    if not victims.given[place]:
        return _vote(rng, victims.tokens[place])
    (trial, revision), choice = rng.choice(sorted(victims.given[place].items()))
    flipped = "right" if choice == "left" else "left"
    changed = rng.choice(((revision, choice), (revision, flipped), (revision + rng.randrange(2, 999), choice)))
    return _vote(rng, victims.tokens[place], trial=trial, revision=changed[0], choice=changed[1])


def out_of_turn(rng: random.Random, victims: Victims) -> Asked:
    """A step that was done already, or is not due: consent, finish, a revision of what was not answered, joining twice."""
    place = rng.randrange(len(victims.tokens))
    token, trials = victims.tokens[place], victims.next[place]
    if trials and rng.random() < 0.4:
        return _vote(rng, token, trial=rng.choice(trials), revision=rng.randrange(1, 1000))
    if trials and rng.random() < 0.4:
        return Asked("POST", "/api/finish", b"{}", headers_of(token))
    join = rng.choice(({}, {"prolific": {"pid": "a", "study": "b", "session": "c"}}, {"token": "x"}))
    if rng.random() < 0.5:
        return Asked("POST", "/api/join", json.dumps(join).encode(), headers_of(token))
    agreed = {"version": rng.choice(("1", "2")), "language": "en", "agreed": rng.random() < 0.5}
    return Asked("POST", "/api/consent", json.dumps(agreed).encode(), headers_of(token))


def malformed(rng: random.Random, victims: Victims) -> Asked:
    """A body that is none, or has one wrong value."""
    token = rng.choice(victims.tokens)
    if rng.random() < 0.5:
        step = rng.choice(("join", "consent", "device", "vote"))
        return Asked("POST", f"/api/{step}", rng.choice(BODIES), headers_of(token))
    place = victims.tokens.index(token)
    name = rng.choice(("trial", "choice", "ms", "revision", "zoomed", "away_ms", "rater", "__proto__"))
    harmful = [each for each in VALUES if not _would_be_right(name, each)]
    trial = victims.next[place][0] if victims.next[place] else "0" * 16
    return _vote(rng, token, **{"trial": trial, name: rng.choice(harmful)})


def _would_be_right(name: str, value: object) -> bool:
    return (name, value) in (("choice", "left"), ("choice", "skipped"), ("zoomed", True))


def tricky_path(rng: random.Random, victims: Victims) -> Asked:
    """A path that leads out of the study, or nearly somewhere."""
    place = rng.randrange(len(victims.tokens))
    trial = victims.next[place][0] if victims.next[place] else "0" * 16
    path = rng.choice(TRICKS).replace("{trial}", trial)
    method = rng.choice(("GET", "GET", "HEAD", "POST"))
    return Asked(method, path, b"", headers_of(rng.choice((None, victims.tokens[place]))), b"results=1&x=" + b"%00" * 9)


def odd_method(rng: random.Random, victims: Victims) -> Asked:
    """A method that a path does not have."""
    step = rng.choice(STEPS)
    method = rng.choice([each for each in METHODS if each != "POST"])
    return Asked(method, f"/api/{step}", b"{}", headers_of(rng.choice(victims.tokens)))


def odd_headers(rng: random.Random, victims: Victims) -> Asked:
    """Headers that lie about the body, ask for parts or for what was kept, or come from another site's form."""
    place = rng.randrange(len(victims.tokens))
    trial = victims.next[place][0] if victims.next[place] else "0" * 16
    lies = [(b"content-length", length) for length in (b"-1", b"1e9", b"99999999999999999999", b"20000", b"\xb2")]
    if rng.random() < 0.5:
        forms = [
            (b"content-type", kind)
            for kind in (b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data")
        ]
        headers = ((b"authorization", b"Bearer " + victims.tokens[place].encode()), rng.choice([*lies, *forms]))
        return Asked("POST", "/api/vote", json.dumps({"trial": trial, "choice": "left", "ms": 9}).encode(), headers)
    asks = (
        (b"range", b"bytes=0-9"),
        (b"if-none-match", b"*"),
        (b"if-modified-since", b"Thu, 01 Jan 2099 00:00:00 GMT"),
        (b"cookie", b"token=" + victims.tokens[0].encode()),
        (b"x-forwarded-for", b"198.51.100.9"),
        (b"origin", b"https://elsewhere.example"),
        (b"x-http-method-override", b"POST"),
    )
    return Asked("GET", f"/api/picture/{trial}/left", headers=headers_of(victims.tokens[place], rng.choice(asks)))


MISCHIEF: Mapping[str, Callable[[random.Random, Victims], Asked]] = {
    "another rater's trial": another_raters_trial,
    "token of nobody": token_of_nobody,
    "replay": replay,
    "out of turn": out_of_turn,
    "malformed": malformed,
    "tricky path": tricky_path,
    "odd method": odd_method,
    "odd headers": odd_headers,
}
