"""Where a rater goes at the end."""

import pytest

from experiments.study.protocol import Prolific, Protocol
from experiments.study.server.return_url import return_url

PROTOCOL = Protocol(
    prolific=Prolific(completed="CDONE", screened_out="CSCREEN", failed_checks="CFAIL", no_consent="CNO")
)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("complete", "CDONE"),
        ("nothing-left", "CSCREEN"),
        ("screened-out", "CSCREEN"),
        ("failed-checks", "CFAIL"),
        ("no-consent", "CNO"),
        ("withdrawn", "CNO"),
    ],
)
def test_a_session_that_ended_goes_back_with_the_code_of_how_it_ended(status: str, code: str):
    assert return_url(PROTOCOL, status) == f"https://app.prolific.com/submissions/complete?cc={code}"


@pytest.mark.parametrize("status", ["consent", "training", "trials", "invented"])
def test_a_session_that_goes_on_is_sent_nowhere(status: str):
    assert return_url(PROTOCOL, status) is None


def test_without_a_code_nobody_is_sent_back():
    assert return_url(Protocol(prolific=Prolific(completed="CDONE")), "screened-out") is None


def test_what_a_code_holds_cannot_change_the_address():
    url = return_url(Protocol(prolific=Prolific(completed="A&x=1#b c")), "complete")
    assert url == "https://app.prolific.com/submissions/complete?cc=A%26x%3D1%23b+c"
