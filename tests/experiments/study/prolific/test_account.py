"""An account: a draft once, its publication, and who took part."""

from pathlib import Path

import pytest
from fixtures.prolific import StandIn

from attiqa_core.errors import InputError, UsageError
from experiments.study.folder import Study
from experiments.study.prolific.account import TRIES, Account, token_of
from experiments.study.prolific.asking import Door
from experiments.study.prolific.recruitment import read_recruitment, request_of

pytestmark = pytest.mark.slow


@pytest.fixture
def request_body(study: Study, recruitment: Path) -> dict:
    return request_of(study, read_recruitment(recruitment))


@pytest.mark.parametrize("faults", [["silent"], ["gone"], ["500", "gone"], ["429", "silent"], ["429", "429", "500"]])
def test_whatever_breaks_there_is_one_draft(account: Account, stand_in: StandIn, request_body: dict, faults: list[str]):
    stand_in.faults.extend(faults)
    draft = account.create(request_body)
    assert list(stand_in.studies) == [draft.id]


def test_the_server_is_left_alone_as_long_as_it_asks(account, stand_in, request_body, pauses):
    stand_in.faults.extend(["429"])
    account.create(request_body)
    assert pauses == [7.0]


def test_a_server_that_stays_busy_or_down_is_given_up_in_one_sentence(account, stand_in, request_body, pauses):
    stand_in.faults.extend(["429"] * TRIES)
    with pytest.raises(InputError, match=r"asks to be left alone .*; try again in 60 s"):
        account.create(request_body)
    stand_in.faults.extend(["500"] * 100)
    with pytest.raises(InputError, match=r"the server failed .*; check the network"):
        account.find("any")
    assert not stand_in.studies


def test_a_draft_is_found_by_its_internal_name_on_whatever_page(account, stand_in, request_body):
    for number in range(5):
        account.create({**request_body, "internal_name": f"round-{number}"})
    found = account.find("round-4")
    assert found and found.id == list(stand_in.studies)[4] and account.find("round-9") is None


def test_two_studies_of_one_internal_name_are_named_and_neither_is_taken(account, request_body):
    one, other = account.create(request_body), account.create(request_body)
    with pytest.raises(InputError, match=f"{one.id}, {other.id}"):
        account.find(request_body["internal_name"])


def test_a_next_page_on_another_server_is_not_asked_for(account, stand_in, request_body, monkeypatch):
    account.create(request_body)
    page = {"results": [], "_links": {"next": {"href": "http://127.0.0.1:9/steal"}}}
    monkeypatch.setattr(stand_in, "answer", lambda *_: (200, page))
    with pytest.raises(InputError, match="another server"):
        account.find("any")


@pytest.mark.parametrize("page", [{"results": "none"}, [], {"results": [{"id": 7}, 3, None]}, {"error": None}])
def test_an_answer_of_another_kind_is_one_sentence_or_no_row(account, stand_in, monkeypatch, page):
    monkeypatch.setattr(stand_in, "answer", lambda *_: (200, page))
    try:
        account.submissions("5e1")
    except InputError as error:
        assert "check --api" in str(error)


def test_publishing_without_money_is_one_sentence(account, stand_in, request_body):
    stand_in.wallet = 100
    with pytest.raises(InputError, match=r"not have enough money in your account.*wallet"):
        account.publish(account.create(request_body).id)


def test_who_took_part_is_listed_over_all_pages_without_what_we_do_not_need(account, stand_in, request_body):
    draft = account.create(request_body)
    account.publish(draft.id)
    sessions = [stand_in.take_place(draft.id)[0] for _ in range(5)]
    assert [each.id for each in account.submissions(draft.id)] == sessions
    assert "owner@example.org" not in repr(account.study(draft.id))


def test_an_id_that_is_a_path_is_never_asked_for(account, stand_in):
    with pytest.raises(InputError, match="no id of a study"):
        account.study("../users/me")
    assert not stand_in.asked


@pytest.mark.parametrize("token", ["", "  ", "two words of it", "line\nbreak-in-it", "kürzel-aus-umlauten", "short"])
def test_a_token_that_is_none_is_refused_without_repeating_it(token: str):
    with pytest.raises(UsageError, match="PROLIFIC_TOKEN") as error:
        token_of({"PROLIFIC_TOKEN": token})
    assert not token.strip() or token not in str(error.value)


def test_a_token_may_have_a_line_break_at_its_end():
    assert token_of({"PROLIFIC_TOKEN": "abcdefgh12\n"}) == "abcdefgh12"
    assert "abcdefgh12" not in repr(Account(Door("https://x/", "abcdefgh12")))
