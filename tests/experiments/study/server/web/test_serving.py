"""A real port: who holds it, who is silent on it, and what stands in the headers."""

import asyncio
import contextlib
import socket
import threading
from dataclasses import replace

import pytest
from fixtures.served import PAGES, served

from attiqa_core.errors import UsageError
from experiments.study.server.web.app import application
from experiments.study.server.web.limits import Limits
from experiments.study.server.web.serving import listen, server_of


@contextlib.contextmanager
def listening(desk, limits):
    """A server on a port of this machine, ended with the context."""
    listener = listen("127.0.0.1", 0)
    server = server_of(application(desk.terms, desk.store, PAGES, limits), limits)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def said(port: int, sent: bytes) -> bytes:
    """All that comes back on one connection until the server closes it."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(sent)
        return b"".join(iter(lambda: line.recv(65536), b""))


@pytest.mark.slow
def test_a_connection_on_which_no_request_is_finished_is_closed(tmp_path):
    with listening(served(tmp_path), replace(Limits(), request_within_s=0.05)) as port:
        assert said(port, b"") == b""
        assert said(port, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""
        assert said(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT").startswith(b"HTTP/1.1 200 OK")
        answer = said(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").lower()
        assert b"\r\nserver:" not in answer and b"\r\ndate:" not in answer and b"nosniff" in answer


@pytest.mark.slow
def test_a_header_of_more_than_16_kib_and_what_is_no_http_are_refused(tmp_path):
    with listening(served(tmp_path), Limits()) as port:
        assert said(port, b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000).startswith(b"HTTP/1.1 400")
        assert said(port, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc").startswith(b"HTTP/1.1 400")


def test_a_port_in_use_or_an_address_of_elsewhere_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"--port {port}: is in use on 127\.0\.0\.1; stop the other program"):
            listen("127.0.0.1", port)
    with pytest.raises(UsageError, match=r"--host 203\.0\.113\.1: cannot be listened on"):
        listen("203.0.113.1", 0)
