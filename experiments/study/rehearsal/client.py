"""A rater's end of the line, without a browser: it sends until it is answered, as the page does."""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

AGAIN = {408, 429, 500, 502, 503, 504}
PAUSE_S = 0.05
GIVE_UP_S = 120.0
ORDINARY_SCREEN = {
    "screen_width": 1920,
    "screen_height": 1080,
    "window_width": 1900,
    "window_height": 950,
    "pixel_ratio": 1,
    "full_screen": False,
    "touch": False,
}


class Gone(RuntimeError):
    """The server did not answer for so long that nobody waits on."""


class Client:
    """One connection to a study's server at `address`, made anew when it breaks. `tries` counts requests that were sent again."""

    def __init__(self, address: str, token: str | None = None):
        parts = urlsplit(address)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        self.token, self.tries = token, 0

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, bytes]:
        """Return the status and the body of an answer that is no plea to wait. Raises: Gone."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        content = None if body is None else json.dumps(body).encode()
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        give_up = time.monotonic() + GIVE_UP_S
        while time.monotonic() < give_up:
            pause = PAUSE_S
            try:
                self.connection.request(method, path, content, headers)
                answer = self.connection.getresponse()
                said = answer.read()
                if answer.status not in AGAIN:
                    return answer.status, said
                pause = float(answer.getheader("retry-after") or PAUSE_S)
            except (OSError, http.client.HTTPException):
                self.connection.close()
            self.tries += 1
            time.sleep(pause)
        raise Gone(f"no answer to {method} {path} in {GIVE_UP_S:.0f} s")

    def post(self, step: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to one step of a session. Raises: AssertionError if it is refused."""
        status, said = self.ask("POST", f"/api/{step}", body)
        assert status == 200, f"{step} was answered {status}: {said[:300]!r}"
        return json.loads(said)

    def begin(self, language: str = "en", **join: Any) -> dict[str, Any]:
        """Join, agree and show a screen; return the state after. What was done before is done once."""
        said = self.post("join", {"token": self.token} if self.token else join)
        self.token = said["token"]
        state: dict[str, Any] = said["state"]
        if state["stage"] == "consent":
            version = said["study"]["consent"]["version"]
            state = self.post("consent", {"version": version, "language": language, "agreed": True})["state"]
        return state if state["device"] or not state["next"] else self.post("device", ORDINARY_SCREEN)["state"]

    def answer_all(
        self, state: dict[str, Any], answer: Callable[[dict[str, Any]], Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Answer one trial after the other, as `answer` says from its description, and return the last state."""
        while state["next"]:
            trial = state["next"][0]
            state = self.post("vote", {"trial": trial["trial"], **answer(trial)})["state"]
        return state

    def close(self) -> None:
        """Hang up."""
        self.connection.close()
