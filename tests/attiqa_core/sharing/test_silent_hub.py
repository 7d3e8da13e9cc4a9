"""A hub on this machine that refuses, is busy, breaks off or keeps silent: each is one sentence, within seconds."""

import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from huggingface_hub import constants

from attiqa_core.errors import InputError, ResourceError
from attiqa_core.network import online
from attiqa_core.sharing import hub

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextlib.contextmanager
def served(status: int, cut: bool = False):
    class Answer(BaseHTTPRequestHandler):
        def log_message(self, *words):
            pass

        def do_HEAD(self):
            self.send_response(status)
            self.send_header("Content-Length", "100000" if cut else "0")
            self.send_header("ETag", '"abc"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()

        def do_GET(self):
            self.do_HEAD()
            self.wfile.write(b"x" * 500 if cut else b"")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def at(monkeypatch, tmp_path):
    """Put a URL in the place of the hub's, and an empty cache."""

    def place(url: str) -> None:
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return place


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "the hub answers 401.*hf auth login"),
        (403, "the hub answers 403.*ask its owner"),
        (404, "the hub answers 404.*check name and commit"),
        (429, "127.0.0.1 answers 429 just now, try later.*what works offline: a local folder, or attiqa-mini"),
        (503, "answers 503 just now.*attiqa-mini"),
    ],
)
def test_an_answer_that_is_no_file_is_told_with_its_cure(at, status, said):
    with served(status) as url:
        at(url)
        with pytest.raises(InputError, match=said):
            hub.fetch("org/name", COMMIT, ("scorer.json",))


def test_a_proxy_that_takes_the_connection_and_says_nothing_is_given_up(at, monkeypatch):
    monkeypatch.setattr(online, "PATIENCE_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        at(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(InputError, match=r"127\.0\.0\.1 does not answer.*attiqa-mini"):
            hub.fetch("org/name", COMMIT, ("scorer.json",))


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (OSError(28, "No space left on device"), ResourceError, "the disk is full"),
        (RuntimeError("peer closed connection without sending complete message body"), InputError, "peer closed"),
    ],
)
def test_a_download_that_ends_in_the_middle_says_why(at, error, kind, said):
    def broken(repository, name, *, revision, local_files_only=False):
        if local_files_only:
            raise hub.LocalEntryNotFoundError("not cached")
        raise error

    with served(200) as url:
        at(url)
        with pytest.raises(kind, match=said):
            hub.fetch("org/name", COMMIT, ("scorer.json",), download=broken)


def test_downloads_of_weights_have_a_time_limit_and_the_setting_of_others_comes_back(at):
    with served(200) as url:
        before = socket.getdefaulttimeout()
        with online.fetching("weights", "", cached=False, url=url):
            assert socket.getdefaulttimeout() == online.SILENCE_S
        assert socket.getdefaulttimeout() == before
