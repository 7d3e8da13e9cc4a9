"""What we ask of a Prolific account: to make a draft once, to publish it, and who took part.

Source: docs.prolific.com/api-reference (read 2026-11-28). Nothing here has met the real server; `tests/fixtures/prolific.py` is
what it was tested against.
"""

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from attiqa_core.errors import InputError, UsageError
from experiments.study.prolific.asking import Busy, Door, Refused, Unclear

API = "https://api.prolific.com/api/v1/"
TOKEN_VARIABLE = "PROLIFIC_TOKEN"
TRIES = 5
LONGEST_WAIT_S = 300.0
"""How long the server may ask us to wait."""
MOST_PAGES = 1000

T = TypeVar("T")


class Submission(msgspec.Struct, frozen=True):
    """One participant's taking part, as the API lists it; what else it says is not kept."""

    id: str
    participant_id: str
    status: str
    study_code: str | None = None
    started_at: str | None = None
    completed_at: str | None = None


class Draft(msgspec.Struct, frozen=True):
    """A study of the account."""

    id: str
    status: str = ""
    internal_name: str | None = None
    external_study_url: str | None = None


def token_of(environment: Mapping[str, str] = os.environ) -> str:
    """Return the token of the environment. Raises: UsageError, without the token, if there is none or it cannot be one."""
    token = environment.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise UsageError(f"{TOKEN_VARIABLE}: is not set; make a token on Prolific (API tokens) and export it")
    if not re.fullmatch(r"[\x21-\x7e]{8,500}", token):
        raise UsageError(f"{TOKEN_VARIABLE}: holds what no token is made of; copy it again, without spaces and quotes")
    return token


@dataclass(frozen=True)
class Account:
    """A Prolific account behind a door. `pause` sleeps."""

    door: Door
    pause: Callable[[float], object] = time.sleep

    def create(self, request: Mapping[str, Any]) -> Draft:
        """Return the draft that the request makes, never two of them.

        After an answer that leaves open whether it was made, it is looked for by its internal name before it is asked for again.
        Raises: InputError.
        """
        for attempt in range(TRIES):
            try:
                return self._waiting(lambda: _as(Draft, self.door.ask("POST", "studies/", request)))
            except Unclear as trouble:
                if attempt + 1 == TRIES:
                    raise InputError(f"{trouble}; run the command again: it looks before it makes another") from None
                self.pause(2.0**attempt)
                if found := self.find(request["internal_name"]):
                    return found
            except Refused as trouble:
                raise InputError(f"{trouble}; correct it and run the command again") from None
        raise AssertionError

    def find(self, internal_name: str) -> Draft | None:
        """Return the account's study of that internal name. Raises: InputError, also where there are several."""
        found = [_as(Draft, row) for row in self._pages("studies/") if row.get("internal_name") == internal_name]
        if len(found) > 1:
            ids = ", ".join(each.id for each in found)
            raise InputError(
                f"Prolific: has {len(found)} studies called {internal_name} ({ids}); delete all but one there, "
                "or give internal_name = ... in the TOML"
            )
        return found[0] if found else None

    def study(self, study_id: str) -> Draft | None:
        """Return a study, None where the account has none of that id. Raises: InputError."""
        try:
            return _as(Draft, self._get(f"studies/{_id(study_id)}/"))
        except Refused as trouble:
            if trouble.code == 404:
                return None
            raise InputError(f"{trouble}; check the token and --api") from None

    def publish(self, study_id: str) -> None:
        """Show a draft to participants, from when it costs. Raises: InputError."""
        path = f"studies/{_id(study_id)}/transition/"
        try:
            self._waiting(lambda: self.door.ask("POST", path, {"action": "PUBLISH"}))
        except Unclear as trouble:
            raise InputError(f"{trouble}; run the command again: it looks whether it was published") from None
        except Refused as trouble:
            raise InputError(f"{trouble}; look at the draft on Prolific, and whether its wallet holds enough") from None

    def submissions(self, study_id: str) -> list[Submission]:
        """Return all who took a place. Raises: InputError."""
        return [_as(Submission, row) for row in self._pages(f"studies/{_id(study_id)}/submissions/")]

    def _pages(self, path: str) -> list[dict[str, Any]]:
        """The rows of all pages. A link to the next one is followed on the API's own server alone."""
        rows: list[dict[str, Any]] = []
        for _ in range(MOST_PAGES):
            try:
                page = self._get(path)
            except Refused as trouble:
                raise InputError(f"{trouble}; check the token and --api") from None
            if not isinstance(page, dict) or not isinstance(page.get("results"), list):
                raise InputError(f"{self.door.base}{path}: the answer is no list of Prolific's; check --api")
            rows += [row for row in page["results"] if isinstance(row, dict)]
            link = page.get("_links") or {}
            following = (link.get("next") or {}).get("href") if isinstance(link, dict) else None
            if not following:
                return rows
            if not str(following).startswith(self.door.base):
                raise InputError(f"{self.door.base}{path}: its next page is on another server; check --api")
            path = str(following).removeprefix(self.door.base)
        raise InputError(f"{self.door.base}{path}: has more than {MOST_PAGES} pages; check --api")

    def _get(self, path: str) -> Any:
        """Ask until it is clear. Raises: Refused, InputError."""
        for attempt in range(TRIES):
            try:
                return self._waiting(lambda: self.door.ask("GET", path))
            except Unclear as trouble:
                if attempt + 1 == TRIES:
                    raise InputError(f"{trouble}; check the network and --api, or try again later") from None
                self.pause(2.0**attempt)
        raise AssertionError

    def _waiting(self, attempt: Callable[[], T]) -> T:
        """What an attempt gives, made again after as long as the server asks. Raises: Refused, Unclear, InputError."""
        for tried in range(TRIES):
            try:
                return attempt()
            except Busy as trouble:
                seconds = 2.0**tried if trouble.after_s is None else trouble.after_s
                if tried + 1 == TRIES or seconds > LONGEST_WAIT_S:
                    raise InputError(f"{trouble}; try again in {max(seconds, 60):,.0f} s") from None
                self.pause(seconds)
        raise AssertionError


def _id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text):
        raise InputError(f"Prolific: {text[:80]!r} is no id of a study")
    return text


def _as(kind: type[T], content: Any) -> T:
    try:
        return msgspec.convert(content, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(f"Prolific: its answer is not what its documentation says ({error}); check --api") from None
