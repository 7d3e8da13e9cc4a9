"""The application: which request does what, with what limits. The page's side of it is in `experiments/study/page/`."""

import asyncio
import hmac
import sqlite3
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from experiments.study.folder import Study
from experiments.study.page.assembly import told
from experiments.study.page.languages.reading import language_name
from experiments.study.server import asked, session
from experiments.study.server.progress import progress
from experiments.study.server.raters import hash_of, join_open, join_prolific, rater_of
from experiments.study.server.refused import Refused, malformed, not_yours, unknown_token
from experiments.study.server.store import Store, meta, trial_of
from experiments.study.server.terms import Terms
from experiments.study.server.web.headers import Guarded, policy_of_page
from experiments.study.server.web.limits import Limits, Rates, read_limited
from experiments.study.server.web.pictures import picture

JOIN_KEY, UNKNOWN_KEY, EXPERIMENTER_KEY = "joins", "unknown", "experimenter"


@dataclass(frozen=True)
class Pages:
    """What is served to anyone: the raters' page, the experimenter's, and the language files by name."""

    rater: str
    experimenter: str
    languages: Mapping[str, Mapping[str, Any]]


class Server:
    """One store behind HTTP. All work on the store is done by one thread, one request after the other."""

    def __init__(self, terms: Terms, store: Store, pages: Pages, limits: Limits, clock: Callable[[], float]):
        self.terms, self.store, self.pages, self.limits, self.clock = terms, store, pages, limits, clock
        self.rates = Rates(clock)
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="store")

    async def join(self, request: Request) -> Response:
        """Who is here: by a token, from Prolific, or anyone where the study is open."""
        body = asked.read_body(await read_limited(request, self.limits), asked.Join)
        return await self.in_store(partial(self._join, body))

    async def state_after(self, request: Request, kind: type, step: Callable[..., None]) -> Response:
        """Do one step of the session of the rater who asks, and answer with the state it leads to."""
        token = _token(request)
        content = await read_limited(request, self.limits)
        return await self.in_store(partial(self._step, token, content, kind, step))

    async def picture(self, request: Request) -> Response:
        """The picture on one side of a trial that is the rater's own and near."""
        token, said = _token(request), request.path_params
        if said["side"] not in ("left", "right"):
            raise not_yours()
        return await self.in_store(partial(self._picture, token, said["trial"], said["side"]))

    async def progress(self, request: Request) -> Response:
        """How the study stands, for the experimenter."""
        with_results = request.query_params.get("results") == "1"
        return await self.in_store(partial(self._progress, _token(request), with_results))

    async def page(self, request: Request) -> Response:
        """The page of the raters, which holds nothing of the study."""
        return _html(self.pages.rater)

    async def experimenter(self, request: Request) -> Response:
        """The page of the experimenter, which holds nothing without the token."""
        return _html(self.pages.experimenter)

    async def language(self, request: Request) -> Response:
        """One language file."""
        language = self.pages.languages.get(request.path_params["name"])
        if language is None:
            raise HTTPException(404)
        return _json(language)

    async def in_store(self, work: Callable[[], Any]) -> Response:
        """Answer with what `work` returns, done by the thread that owns the store."""
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self.thread, work)
        except (sqlite3.OperationalError, OSError) as error:  # a full disk, or one that fails: nothing was kept
            raise Refused(503, "disk", "This could not be kept; send it again.", wait_s=5) from error
        return answer if isinstance(answer, Response) else _json(answer)

    def _join(self, body: asked.Join) -> dict[str, Any]:
        now, (study, places, lease) = self.clock(), (self.terms.study, self.terms.places, self.terms.lease_s)
        if body.token is not None and body.prolific is not None:
            raise malformed("Give a token or Prolific's identifiers, not both.")
        with self.store.transaction() as db:
            token = body.token
            if token is None:
                self.rates.take(JOIN_KEY, self.limits.joins, self.limits.joins_burst)
                ids = (body.prolific.pid, body.prolific.study, body.prolific.session) if body.prolific else None
                token = join_prolific(db, places, ids, now, lease) if ids else join_open(db, places, now, lease)
            number = self._known(db, token, code=403)
            session.joined(db, self.terms, number, now)
            return {"token": token, "study": _told(study), "state": session.state(db, self.terms, number)}

    def _step(self, token: str, content: bytes, kind: type, step: Callable[..., None]) -> Any:
        """One transaction; what is refused because of the state is answered with the state."""
        with self.store.reading() as db:
            number = self._known(db, token)
        body = asked.read_body(content, kind)
        try:
            with self.store.transaction() as db:
                step(db, self.terms, number, body, self.clock())
                return {"state": session.state(db, self.terms, number)}
        except Refused as refused:
            if not refused.with_state:
                raise
            with self.store.reading() as db:
                return _refusal(refused, session.state(db, self.terms, number))

    def _picture(self, token: str, trial: str, side: str) -> Response:
        with self.store.reading() as db:
            number = self._known(db, token)
            row = session.visible_trial(db, number, trial)
        scene = self.terms.study.scenes[row["scene"]]
        try:
            return Response(picture(self.terms.folder, scene, trial_of(row), side), media_type="image/jpeg")
        except FileNotFoundError:
            raise Refused(404, "picture", "This picture is missing; go on to the next pair.") from None

    def _progress(self, token: str, with_results: bool) -> dict[str, Any]:
        with self.store.reading() as db:
            if not hmac.compare_digest(hash_of(token), hash_of(meta(db, "experimenter"))):
                self._count(UNKNOWN_KEY, self.limits.unknown)
                raise unknown_token()
            self._count(EXPERIMENTER_KEY, self.limits.per_rater)
            return progress(db, self.terms, self.clock(), with_results=with_results)

    def _known(self, db: sqlite3.Connection, token: str, code: int = 401) -> int:
        """The number of a rater, whose request is counted; one of nobody's is counted with all such."""
        try:
            number = rater_of(db, token)
        except Refused as refused:
            self._count(UNKNOWN_KEY, self.limits.unknown)
            raise Refused(code, refused.word, refused.message) from None
        self._count(number, self.limits.per_rater)
        return number

    def _count(self, key: object, per_second: float) -> None:
        """Count one request with those of `key`. Raises: Refused for one too many."""
        self.rates.take(key, per_second, per_second * self.limits.burst_s)


def application(
    terms: Terms,
    store: Store,
    pages: Pages,
    limits: Limits = Limits(),  # noqa: B008  it is frozen
    clock: Callable[[], float] = time.time,
) -> Guarded:
    """Return the application that serves one study. `clock` gives the time in s since 1970, UTC."""
    server = Server(terms, store, pages, limits, clock)

    def step(kind: type, function: Callable[..., None]) -> Callable[[Request], Any]:
        return partial(server.state_after, kind=kind, step=function)

    routes = [
        Route("/", server.page),
        Route("/experimenter", server.experimenter),
        Route("/language/{name}", server.language),
        Route("/api/join", server.join, methods=["POST"]),
        Route("/api/consent", step(asked.Consent, session.consent), methods=["POST"]),
        Route("/api/device", step(asked.Device, session.device), methods=["POST"]),
        Route("/api/vote", step(asked.Answer, session.vote), methods=["POST"]),
        Route("/api/finish", step(asked.Nothing, session.finish), methods=["POST"]),
        Route("/api/withdraw", step(asked.Nothing, session.withdraw), methods=["POST"]),
        Route("/api/picture/{trial}/{side}", server.picture),
        Route("/api/progress", server.progress),
    ]
    answers = {Refused: _refused, HTTPException: _not_here, Exception: _failed}
    app = Starlette(routes=routes, exception_handlers=answers)
    app.router.redirect_slashes = False
    return Guarded(app)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return _refusal(error)


async def _not_here(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    word, message = {404: ("not-found", "There is nothing here."), 405: ("method", "This is not done here.")}.get(
        error.status_code, ("http", "This cannot be done.")
    )
    return _json({"error": word, "message": message}, error.status_code, error.headers)


async def _failed(request: Request, error: Exception) -> Response:
    return _json({"error": "server", "message": "The server made a mistake; try again."}, 500)


def _refusal(refused: Refused, state: Mapping[str, Any] | None = None) -> Response:
    said = {"error": refused.word, "message": refused.message, **({"state": state} if state else {})}
    return _json(said, refused.code, {"retry-after": str(refused.wait_s)} if refused.wait_s else None)


def _told(study: Study) -> dict[str, Any]:
    return {**told(study), "languages": [language_name(each) for each in study.protocol.question.languages]}


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unknown_token()
    return token


def _html(page: str) -> Response:
    return Response(page, media_type="text/html", headers={"content-security-policy": policy_of_page(page)})


def _json(content: Any, code: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(content), code, headers, media_type="application/json")
