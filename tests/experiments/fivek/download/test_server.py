"""What a server's answers mean, and the way to it."""

import contextlib
import threading
import time
import urllib.request
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from fixtures.breaking_server import BreakingServer, serving

from experiments.fivek.download.server import Broken, Server, Trouble, Unreachable, Version, retry_after_s


def test_addresses_are_percent_encoded():
    assert Server("https://host/fivek/").url("img/dng/a0700-IMG (original) [1].dng") == (
        "https://host/fivek/img/dng/a0700-IMG%20%28original%29%20%5B1%5D.dng"
    )


def test_a_part_says_where_it_begins_and_how_long_the_whole_is(fivek):
    path = "img/dng/a0002-dgw_005.dng"
    with Server(fivek.url).ask(path, start=100, end=200) as answer:
        assert (answer.start, answer.total, answer.is_part) == (100, len(fivek.files[path]), True)
        assert answer.read_all(100) == fivek.files[path][100:200]
    with Server(fivek.url).ask(path, start=100, end=200, condition='"of another state"') as answer:
        assert (answer.start, answer.is_part) == (0, False)


def test_a_proxy_of_the_environment_is_asked(fivek, monkeypatch):
    with serving(BreakingServer({"http://fivek.invalid/a": b"by proxy"})) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy")
        urllib.request.install_opener(None)  # type: ignore[arg-type]  # made anew, as in a new process
        try:
            with Server("http://fivek.invalid/").ask("a") as answer:
                assert answer.read_all(100) == b"by proxy"
        finally:
            urllib.request.install_opener(None)  # type: ignore[arg-type]


def test_who_is_not_there_is_told_from_who_breaks_off(fivek):
    with pytest.raises(Unreachable, match="cannot be reached"), Server("http://127.0.0.1:9/").ask("x"):
        pass
    fivek.plan("legal/LicenseAdobe.txt", "silent")
    with pytest.raises(Broken, match="no answer in time"), Server(fivek.url, 0.05).ask("legal/LicenseAdobe.txt"):
        pass


@pytest.mark.parametrize("code", [400, 401, 407, 410])
def test_what_asking_again_does_not_mend_is_no_broken_connection(fivek, code):
    fivek.plan("legal/LicenseAdobe.txt", str(code))
    with pytest.raises(Trouble, match=str(code)) as trouble, Server(fivek.url).ask("legal/LicenseAdobe.txt"):
        pass
    assert not isinstance(trouble.value, Broken)


@pytest.mark.parametrize(("said", "seconds"), [("120", 120), (" 0 ", 0), (None, None), ("soon", None), ("-3", None)])
def test_how_long_to_wait_is_a_number_ofretry_after_s(said, seconds):
    assert retry_after_s(said) == seconds


def test_or_a_date():
    assert retry_after_s(formatdate(time.time() + 100, usegmt=True)) == pytest.approx(100, abs=5)
    assert retry_after_s(formatdate(time.time() - 100, usegmt=True)) == 0


def test_states_differ_where_both_sides_say_so():
    assert Version('"a"', "x").is_other_than(Version('"b"', "x")) and Version(None, "x").is_other_than(
        Version(None, "y")
    )
    assert not Version('"a"').is_other_than(Version(None, "x")) and not Version('"a"', "x").is_other_than(
        Version('"a"', "y")
    )
    assert (Version('W/"a"', "x").condition, Version('W/"a"').condition, Version('"a"', "x").condition) == (
        "x",
        None,
        '"a"',
    )


@pytest.mark.parametrize(
    ("headers", "status", "kind", "said"),
    [
        ({"Location": "http://[::1"}, 302, Trouble, "no address"),
        ({"Location": "file:///etc/passwd"}, 302, Trouble, "302"),
        ({"Content-Encoding": "gzip", "Content-Length": "4"}, 200, Trouble, "coding gzip"),
        ({"Content-Range": f"bytes 0-3/{'9' * 5000}"}, 206, Broken, "without saying which"),
    ],
)
def test_headers_that_cannot_be_true_are_trouble_and_no_crash(answering, headers, status, kind, said):
    with pytest.raises(kind, match=said), answering(headers, status).ask("x", start=status == 206):
        pass


@pytest.mark.parametrize("length", ["-5", "9" * 5000, "\u0665", "4, 4"])
def test_a_length_that_cannot_be_true_counts_as_none(answering, length):
    with answering({"Content-Length": length.encode("utf-8").decode("latin-1")}, 200).ask("x") as answer:
        assert answer.total is None


@pytest.fixture
def answering():
    """A server that answers everything with given headers, a status and four bytes."""
    with contextlib.ExitStack() as stack:

        def begin(headers: dict[str, str], status: int) -> Server:
            class Handler(BaseHTTPRequestHandler):
                def log_message(self, *about) -> None:
                    """Say nothing."""

                def do_GET(self) -> None:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(b"II*\0")

            server = stack.enter_context(HTTPServer(("127.0.0.1", 0), Handler))
            thread = threading.Thread(target=server.handle_request, daemon=True)
            thread.start()
            stack.callback(thread.join, 2)
            return Server(f"http://127.0.0.1:{server.server_address[1]}/", 5)

        yield begin
