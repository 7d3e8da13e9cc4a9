"""What goes over the wire: nothing that tells the arms apart, nothing that is not asked for, and no address kept."""

import json

import pytest
from fixtures.served import served
from fixtures.studies import BYTES_OF_A_PICTURE

from experiments.study.folder import PICTURES
from experiments.study.rehearsal.asgi import Asked
from experiments.study.rehearsal.fuzz import CHECK_WORDS, words_of
from experiments.study.rehearsal.mischief import headers_of
from experiments.study.server.web.pages import pages_of

pytestmark = pytest.mark.slow


def pictures(desk, token, trial):
    return [desk.ask("GET", f"/api/picture/{trial}/{side}", token) for side in ("left", "right")]


def test_both_sides_differ_in_their_pictures_alone(tmp_path):
    """Row 11 of studies.md: order on the disk gave the key away; here not even size, headers or order of reading do."""
    desk = served(tmp_path, arms=3)
    token, state = desk.begin()
    while state["next"]:
        trial = state["next"][0]["trial"]
        left, right = pictures(desk, token, trial)
        row = desk.row(trial)
        shown = [
            (tmp_path / PICTURES / desk.study.scenes[row["scene"]].files[row[side]]).read_bytes()
            for side in ("left", "right")
        ]
        assert (left.status, left.headers) == (right.status, right.headers)
        assert [left.body, right.body] == shown and len(left.body) == BYTES_OF_A_PICTURE
        assert not {b"etag", b"last-modified", b"date", b"server", b"set-cookie"} & {name for name, _ in left.headers}
        state = desk.vote(token, trial)["state"]


def test_pictures_of_unlike_sizes_are_sent_as_long_as_the_longer_one(tmp_path):
    desk = served(tmp_path)
    token, state = desk.begin()
    trial = state["next"][0]["trial"]
    row = desk.row(trial)
    file = tmp_path / PICTURES / desk.study.scenes[row["scene"]].files[row["left"]]
    file.write_bytes(file.read_bytes() + b"\0" * 500)
    left, right = pictures(desk, token, trial)
    assert len(left.body) == len(right.body) == BYTES_OF_A_PICTURE + 500 and left.headers == right.headers


def test_pictures_are_those_of_the_next_trials_and_the_last_one_alone(tmp_path):
    desk = served(tmp_path)
    token, state = desk.begin()
    trials = [row["trial"] for row in desk.rows("SELECT trial FROM trials ORDER BY position")]
    desk.answer(token, state, 2)
    seen = [desk.ask("GET", f"/api/picture/{trial}/left", token).status for trial in trials]
    assert seen == [403, 200, 200, 200, 200, *[403] * (len(trials) - 5)]
    other = desk.begin()[0]
    assert {answer.body for answer in (*pictures(desk, other, trials[2]), *pictures(desk, other, "0" * 16))} == {
        b'{"error":"not-yours","message":"This is not one of your trials."}'
    }


def test_a_picture_that_is_gone_is_said_to_be_and_the_pair_can_be_skipped(tmp_path):
    desk = served(tmp_path)
    token, state = desk.begin()
    for file in (tmp_path / PICTURES).iterdir():
        file.unlink()
    trial = state["next"][0]["trial"]
    assert {answer.status for answer in pictures(desk, token, trial)} == {404}
    desk.vote(token, trial, "skipped")


def test_no_answer_to_a_rater_names_an_arm_a_scene_a_file_or_a_check(tmp_path):
    desk = served(tmp_path, arms=3, session={"traps": 2})
    desk.ask("GET", "/")
    token, state = desk.begin()
    said = [json.dumps(desk.step("join", None, {"token": token}))]
    while state["next"]:
        answer = desk.vote(token, state["next"][0]["trial"])
        state = answer["state"]
        said.append(json.dumps(answer))
    text = "\n".join([*said, json.dumps(desk.step("finish", token))]).encode()
    assert not [word for word in (*words_of(desk.study), *CHECK_WORDS) if word in text]


@pytest.mark.parametrize(("method", "path", "status", "word"), [
    ("GET", "/nothing", 404, "not-found"), ("GET", "/language/xx", 404, "not-found"), ("OPTIONS", "/api/vote", 405, "method"),
    ("GET", "/api/vote", 405, "method"), ("POST", "/", 405, "method"), ("GET", "/api/vote/", 404, "not-found"),
    ("GET", "/private/key.json", 404, "not-found"), ("GET", "/api/picture/../../private/key.json/left", 404, "not-found"),
    ("GET", "/api/picture/0/left", 401, "token"), ("POST", "/api/vote", 401, "token"), ("GET", "/api/progress", 401, "token"),
])  # fmt: skip
def test_what_is_not_there_or_not_allowed_is_said_in_one_sentence(tmp_path, method, path, status, word):
    answer = served(tmp_path).ask(method, path, None, b"{}")
    assert answer.status == status and json.loads(answer.body)["error"] == word


def test_head_is_answered_as_get_is_without_a_step_done(tmp_path):
    desk = served(tmp_path)
    assert desk.ask("HEAD", "/").status == 200 and desk.ask("HEAD", "/api/join").status == 405


@pytest.mark.parametrize("body", [
    b"{", b"null", b"[]", b'"x"', b"\xff", b"\xef\xbb\xbf{}", b"[" * 9000, b'{"ms":NaN}', b'{"trial":"\\ud800","choice":"left","ms":1}',
    b'{"trial":"0","choice":"left","ms":1' + b"0" * 400 + b"}", b'{"trial":"0","choice":"left","ms":1e999}',
    b'{"trial":"0","choice":"left","ms":-1}', b'{"trial":"0","choice":"left","ms":1,"rater":"me"}',
    b'{"trial":"0\\n","choice":"left","ms":1}', b'{"trial":"0","choice":"left","ms":1,"revision":true}', b"",
])  # fmt: skip
def test_a_body_that_is_none_is_refused_as_such(tmp_path, body):
    """Row 7 of studies.md: a number of 400 digits or half a character stopped the analysis; here it is never kept."""
    desk = served(tmp_path)
    token, _ = desk.begin()
    answer = desk.ask("POST", "/api/vote", token, body)
    assert answer.status == 400 and json.loads(answer.body)["error"] == "malformed"
    assert desk.rows("SELECT * FROM votes") == []


def test_every_answer_forbids_the_browser_all_that_is_not_needed(tmp_path):
    desk = served(tmp_path, pages=pages_of(served(tmp_path / "other").study))
    paths = ("/", "/experimenter", "/language/en", "/nothing", "/api/progress", "/api/picture/0/left")
    for answer in [*(desk.ask("GET", path) for path in paths), desk.ask("POST", "/api/join", None, b"{")]:
        headers = {name.decode(): value.decode() for name, value in answer.headers}
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert headers["cache-control"] == "no-store" and headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer" and headers["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in headers if name.startswith("access-control") or name == "set-cookie"]


def test_the_pages_that_anyone_can_read_hold_nothing_of_the_study(tmp_path):
    desk = served(tmp_path, arms=3)
    pages = pages_of(desk.study)
    for page in (pages.rater, pages.experimenter):
        assert (
            not [word for word in words_of(desk.study) if word in page.encode()]
            and desk.study.protocol.name not in page
        )
    assert set(pages.languages) == {"en"}


def test_no_address_of_a_rater_is_kept(tmp_path):
    desk = served(tmp_path)
    headers = headers_of(
        None, (b"x-forwarded-for", b"198.51.100.9"), (b"forwarded", b"for=198.51.100.9"), (b"user-agent", b"Odd/9")
    )
    token = json.loads(desk.door.ask(Asked("POST", "/api/join", b"{}", headers)).body)["token"]
    desk.answer(*desk.begin(token=token), most=2)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "private").glob("votes.sqlite*"))
    assert not [word for word in (b"198.51.100", b"203.0.113", b"Odd/9") if word in kept]


def test_a_full_disk_acknowledges_nothing_and_the_vote_comes_again(tmp_path):
    desk = served(tmp_path)
    token, state = desk.begin()
    vote = {"trial": state["next"][0]["trial"], "choice": "left", "ms": 900}
    (pages,) = desk.rows("PRAGMA page_count")[0]
    desk.store._connection.execute(f"PRAGMA max_page_count = {pages}")  # not one page more
    revision = 0
    while (answer := desk.ask("POST", "/api/vote", token, {**vote, "revision": revision})).status == 200:
        revision += 1
    assert answer.status == 503 and dict(answer.headers)[b"retry-after"] == b"5" and revision > 5
    assert len(desk.rows("SELECT * FROM votes")) == revision
    desk.store._connection.execute("PRAGMA max_page_count = 1000000")
    desk.step("vote", token, {**vote, "revision": revision})
    assert len(desk.rows("SELECT * FROM votes")) == revision + 1
