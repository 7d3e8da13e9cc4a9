"""A study is made on Prolific once, whatever is run twice, killed or lost."""

from pathlib import Path

import pytest
from fixtures.prolific import TOKEN, StandIn

from attiqa_core.errors import InputError, UsageError
from experiments.study.folder import Study
from experiments.study.prolific import sent
from experiments.study.prolific.account import Account
from experiments.study.prolific.recruitment import read_recruitment, request_of
from experiments.study.prolific.sent import SENT_FILE, publish, read_sent, send


class Killed(BaseException):
    """What a kill looks like from inside."""


@pytest.fixture
def request_body(study: Study, recruitment: Path) -> dict:
    return request_of(study, read_recruitment(recruitment))


def posts(stand_in: StandIn) -> int:
    return sum(asked == "POST /api/v1/studies/" for asked in stand_in.asked)


def test_twice_in_a_row_makes_one_study(folder, request_body, account, stand_in):
    first, made = send(folder, request_body, account)
    again, made_again = send(folder, request_body, account)
    assert (first.id, made, made_again) == (again.id, True, False) and posts(stand_in) == 1
    assert TOKEN not in (folder / SENT_FILE).read_text()


def test_killed_after_the_request_goes_on_with_the_study_that_was_made(
    folder, request_body, account, stand_in, monkeypatch
):
    def make_and_die(self: Account, request: dict):
        self.door.ask("POST", "studies/", request)
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Account, "create", make_and_die)
        send(folder, request_body, account)
    assert [each.id for each in read_sent(folder)] == [None]
    draft, made = send(folder, request_body, account)
    assert not made and list(stand_in.studies) == [draft.id] and read_sent(folder)[0].id == draft.id


def test_killed_before_the_request_makes_it_the_next_time(folder, request_body, account, stand_in, monkeypatch):
    def die(*_):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Account, "create", die)
        send(folder, request_body, account)
    assert send(folder, request_body, account)[1] and len(stand_in.studies) == 1


def test_a_lost_file_makes_no_second_study(folder, request_body, account, stand_in):
    first, _ = send(folder, request_body, account)
    (folder / SENT_FILE).unlink()
    assert send(folder, request_body, account) == (account.study(first.id), False) and len(stand_in.studies) == 1


def test_another_request_under_the_same_name_is_said_and_not_sent(folder, request_body, account, stand_in):
    send(folder, request_body, account)
    with pytest.raises(InputError, match="made by another request"):
        send(folder, {**request_body, "reward": 999}, account)
    send(folder, {**request_body, "internal_name": "second-round"}, account)
    assert [each.internal_name for each in read_sent(folder)] == [request_body["internal_name"], "second-round"]


def test_somebody_elses_study_of_the_same_name_is_not_taken(folder, request_body, account):
    account.create({**request_body, "external_study_url": "https://other.example.org/?x=1"})
    with pytest.raises(InputError, match="sends raters to another address"):
        send(folder, request_body, account)


def test_a_study_deleted_on_prolific_is_said(folder, request_body, account, stand_in):
    send(folder, request_body, account)
    stand_in.studies.clear()
    with pytest.raises(InputError, match="Prolific has no study"):
        send(folder, request_body, account)


def test_two_runs_at_once_make_one_study(folder, request_body, account, stand_in):
    with sent._alone(folder), pytest.raises(UsageError, match="another `attiqa study recruit` is at it"):
        send(folder, request_body, account)
    assert not stand_in.studies


def test_publishing_twice_publishes_once(folder, request_body, account, stand_in):
    with pytest.raises(InputError, match="run with --send first"):
        publish(folder, request_body, account)
    send(folder, request_body, account)
    assert publish(folder, request_body, account)[1]
    draft, now = publish(folder, request_body, account)
    assert (draft.status, now) == ("ACTIVE", False)
    assert sum("transition" in asked for asked in stand_in.asked) == 1


@pytest.mark.parametrize(
    "text", ["[]", '{"format": "attiqa-study-prolific", "version": 1, "studies": [{"id": 4}]}', "{}"]
)
def test_a_file_that_is_not_ours_is_named(folder: Path, study: Study, text: str):
    (folder / SENT_FILE).write_text(text)
    with pytest.raises(InputError, match=r"prolific\.json"):
        read_sent(folder)
