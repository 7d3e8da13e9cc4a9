"""Lists, licences and consent."""

import pytest

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json
from experiments.fivek.download.choice import listed_and_licensed
from experiments.fivek.download.legal import consented, fetch_legal, listed_photos, obtain_consent
from experiments.fivek.download.server import Server

BOTH = ("Adobe", "AdobeMIT")


@pytest.fixture
def folder(fivek, tmp_path):
    fetch_legal(Server(fivek.url), tmp_path)
    return tmp_path


def consent(folder, *, accepted=False, answer=None, licences=BOTH) -> list[str]:
    said: list[str] = []
    ask = None if answer is None else lambda question: said.append(question) or answer
    obtain_consent(folder, licences, accepted=accepted, ask=ask, say=said.append)
    return said


def test_the_four_texts_are_fetched_once_to_the_byte(fivek, folder):
    fetch_legal(Server(fivek.url), folder)
    for path, content in fivek.files.items():
        if path.startswith("legal/"):
            assert (folder / path).read_bytes() == content and fivek.asked["GET", path] == 1


def test_a_list_that_breaks_off_is_asked_for_again(fivek, tmp_path):
    pauses: list[float] = []
    fivek.plan("legal/filesAdobe.txt", "break", "503")
    fetch_legal(Server(fivek.url), tmp_path, pauses.append)
    assert (tmp_path / "legal/filesAdobe.txt").read_bytes() == fivek.files["legal/filesAdobe.txt"] and len(pauses) == 2


@pytest.mark.parametrize(("fault", "said"), [("404", "--base-url"), ("page", "a web page came")])
def test_a_server_without_the_lists_is_another_one(fivek, tmp_path, fault, said):
    fivek.plan("legal/filesAdobe.txt", *[fault] * 9)
    with pytest.raises(InputError, match=said):
        fetch_legal(Server(fivek.url), tmp_path)


def test_a_server_that_is_not_there_is_said_at_once(tmp_path):
    with pytest.raises(InputError, match=r"cannot be reached \(.*\); check the network"):
        fetch_legal(Server("http://127.0.0.1:9/"), tmp_path, pause=lambda seconds: pytest.fail("waited"))


@pytest.mark.parametrize("name", ["a0001-../../x", "a0001-..%2F..%2Fx", "a0001-..\\x"])
def test_a_name_that_leads_elsewhere_is_refused(folder, name):
    (folder / "legal/filesAdobe.txt").write_text(f"{name}\n")
    with pytest.raises(InputError, match="is no name of a photo"):
        listed_photos(folder)


def test_photos_are_chosen_by_number_in_that_order_and_by_licence(folder):
    names, licences = listed_photos(folder)
    assert listed_and_licensed(names, licences, None, None) == [1, 2, 3, 700, 4501]
    assert listed_and_licensed(names, licences, [700, 1], None) == [700, 1]
    assert listed_and_licensed(names, licences, None, "AdobeMIT") == [2, 700]
    with pytest.raises(InputError, match="photo 4999: the lists of licences name no such photo"):
        listed_and_licensed(names, licences, [1, 4999], None)
    with pytest.raises(InputError, match="under the licence AdobeMIT"):
        listed_and_licensed(names, licences, [1], "AdobeMIT")


def test_without_flag_and_terminal_there_is_no_consent(folder):
    with pytest.raises(
        UsageError, match=r"research only: read .*LicenseAdobe.txt and .*LicenseAdobeMIT.txt, and give --accept-"
    ):
        consent(folder)
    assert not (folder / "legal/consent.json").exists()


def test_on_a_terminal_the_texts_are_shown_and_yes_is_asked_for(folder):
    said = consent(folder, answer=" Yes ")
    assert said[:2] == ["Research only, says Adobe.\n", "Research only, say Adobe and MIT.\n"] and "[yes/no]" in said[2]
    assert consented(folder, BOTH) and read_json(folder / "legal/consent.json")["Adobe"]["how"] == "on a terminal"


@pytest.mark.parametrize("answer", ["", "no", "yesterday"])
def test_anything_but_yes_is_no(folder, answer):
    with pytest.raises(UsageError, match="not accepted"):
        consent(folder, answer=answer)
    assert not consented(folder, ["Adobe"])


def test_consent_is_recorded_asked_for_once_and_holds_for_its_licence_and_text_alone(folder):
    consent(folder, accepted=True, licences=["Adobe"])
    assert consent(folder, licences=["Adobe"]) == []
    with pytest.raises(UsageError):
        consent(folder)
    (folder / "legal/LicenseAdobe.txt").write_text("Another text.")
    with pytest.raises(UsageError):
        consent(folder, licences=["Adobe"])
