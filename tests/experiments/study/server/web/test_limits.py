"""One client cannot take the server away from the others."""

import json

import pytest
from fixtures.served import served

from experiments.study.rehearsal.asgi import Asked
from experiments.study.rehearsal.mischief import headers_of
from experiments.study.server.web.limits import Limits

pytestmark = pytest.mark.slow

SLOWLY = Limits(per_rater=0.2, unknown=0.3, joins=0.1, joins_burst=3, burst_s=10.0)


def test_a_rater_who_asks_too_often_is_told_when_to_come_again_and_others_are_not(tmp_path):
    desk = served(tmp_path, limits=SLOWLY)
    one, other = desk.join(), desk.join()
    statuses = [desk.ask("POST", "/api/join", None, {"token": one}).status for _ in range(4)]
    assert statuses == [200, 429, 429, 429]
    answer = desk.ask("POST", "/api/finish", one, b"{}")
    assert json.loads(answer.body)["error"] == "too-often" and dict(answer.headers)[b"retry-after"] == b"5"
    assert desk.step("join", None, {"token": other})
    desk.wait(5 / 60)
    assert desk.step("join", None, {"token": one})


def test_new_raters_come_at_a_rate_for_all_together(tmp_path):
    desk = served(tmp_path, limits=SLOWLY)
    assert [desk.ask("POST", "/api/join", None, b"{}").status for _ in range(5)] == [200, 200, 200, 429, 429]
    desk.wait(10 / 60)
    assert desk.join() and len(desk.rows("SELECT * FROM raters")) == 4


def test_a_clock_that_is_set_back_keeps_nobody_out(tmp_path):
    desk = served(tmp_path, limits=Limits())
    token = desk.join()
    desk.wait(-60)
    assert desk.step("join", None, {"token": token}) and desk.join()


def test_guesses_of_tokens_are_counted_together_and_cost_nobody_else_anything(tmp_path):
    desk = served(tmp_path, limits=SLOWLY)
    token = desk.join()
    statuses = [desk.ask("POST", "/api/finish", f"guess-{number}", b"{}").status for number in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert desk.ask("GET", "/api/progress", "guess").status == 429
    assert desk.step("join", None, {"token": token})


@pytest.mark.parametrize(("body", "headers", "status"), [
    (b" " * 16_384, (), 400), (b" " * 16_385, (), 413), (b"{}", ((b"content-length", b"16385"),), 413),
    (b"{}", ((b"content-length", b"9" * 400),), 413), (b"{}", ((b"content-length", b"-1"),), 413),
    (b"{}", ((b"content-length", b"\xb2"),), 413), (b"x" * 3_000_000, (), 413),
])  # fmt: skip
def test_a_body_has_at_most_16_kib_whatever_it_says_of_itself(tmp_path, body, headers, status):
    desk = served(tmp_path)
    token = desk.join()
    assert desk.door.ask(Asked("POST", "/api/vote", body, headers_of(token, *headers))).status == status


@pytest.mark.parametrize(("headers", "status"), [
    (((b"x", b"a" * 16_384),), 431), (((b"content-length", b"2"), (b"transfer-encoding", b"chunked")), 400),
])  # fmt: skip
def test_a_header_too_long_or_a_body_of_two_lengths_is_refused_and_nothing_behind_it_is_read(tmp_path, headers, status):
    answer = served(tmp_path).door.ask(Asked("POST", "/api/join", b"{}", headers_of(None, *headers)))
    assert answer.status == status and dict(answer.headers)[b"connection"] == b"close"


@pytest.mark.parametrize("kind", [b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data", b""])
def test_a_form_of_another_site_is_not_taken_for_the_page(tmp_path, kind):
    desk = served(tmp_path)
    assert desk.door.ask(Asked("POST", "/api/join", b"{}", ((b"content-type", kind),))).status == 415
    assert desk.rows("SELECT * FROM raters") == []
