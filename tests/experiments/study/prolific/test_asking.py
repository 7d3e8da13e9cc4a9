"""One request: what comes back, and where the token goes."""

import pytest
from fixtures.prolific import TOKEN, StandIn

from experiments.study.prolific.account import Account
from experiments.study.prolific.asking import Busy, Door, Refused, Unclear, retry_after_s


def test_a_wrong_token_is_one_sentence_that_does_not_repeat_it(stand_in: StandIn):
    wrong = "aWrongToken-9876543210"
    with pytest.raises(Refused) as refused:  # the stand-in says the header back
        Door(stand_in.base, wrong).ask("GET", "studies/")
    assert "PROLIFIC_TOKEN may not do this (401: Bad request; Authentication failed for Token ..." in str(refused.value)
    assert wrong not in str(refused.value) + repr(Door(stand_in.base, wrong))


def test_a_redirect_is_not_followed_with_the_token(account: Account, stand_in: StandIn):
    stand_in.faults.append("elsewhere")
    with pytest.raises(Refused, match="sends us elsewhere"):
        account.door.ask("GET", "studies/")


def test_a_refusal_names_the_fields_that_are_wrong(account: Account):
    with pytest.raises(Refused, match=r"refused \(400: Bad request; name: This field is required") as refused:
        account.door.ask("POST", "studies/", {})
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 600


@pytest.mark.parametrize(("fault", "said"), [("500", "failed"), ("gone", "studies"), ("html", "no JSON")])
def test_what_leaves_open_whether_it_was_done_is_unclear(account: Account, stand_in: StandIn, fault: str, said: str):
    stand_in.faults.append(fault)
    with pytest.raises(Unclear, match=said):
        account.door.ask("GET", "studies/")


def test_no_answer_in_time_is_unclear(stand_in: StandIn):
    stand_in.faults.append("slow")
    with pytest.raises(Unclear, match="no answer in time"):
        Door(stand_in.base, TOKEN, timeout_s=0.03).ask("GET", "studies/")


def test_nobody_there_is_unclear_and_names_the_address():
    with pytest.raises(Unclear, match=r"http://127\.0\.0\.1:9/studies/: .*refused"):
        Door("http://127.0.0.1:9/", TOKEN).ask("GET", "studies/")


def test_a_busy_server_says_how_long_to_wait(account: Account, stand_in: StandIn):
    stand_in.faults.append("429")
    with pytest.raises(Busy) as busy:
        account.door.ask("GET", "studies/")
    assert busy.value.after_s == 7


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("12", 12), (None, None), ("soon", None), ("-3", None), ("9" * 400, None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(said: str | None, seconds: float | None):
    assert retry_after_s(said) == seconds
