"""`attiqa study recruit`, against the stand-in of Prolific's API."""

import json
from pathlib import Path

import pytest
from fixtures.prolific import RECRUITMENT, TOKEN, standing_in
from fixtures.studies import small_study


@pytest.fixture
def words(tmp_path: Path) -> tuple[str, ...]:
    small_study(
        tmp_path / "study",
        session={"per_rater": 2, "votes_per_pair": 3},
        prolific={"completed": "CDONE111", "screened_out": "CSCRN222"},
    )
    (tmp_path / "recruitment.toml").write_text(RECRUITMENT)
    return "study", "recruit", str(tmp_path / "study"), str(tmp_path / "recruitment.toml")


def test_it_sends_nothing_unless_asked_and_says_what_it_would_cost(attiqa, words, monkeypatch, tmp_path):
    monkeypatch.delenv("PROLIFIC_TOKEN", raising=False)
    with standing_in() as stand_in:
        code, out, err = attiqa(*words, "--api", stand_in.base)
    assert code == 0 and not stand_in.asked and not (tmp_path / "study" / "private" / "prolific.json").exists()
    assert json.loads(out)["total_available_places"] == 6
    assert err == (
        f"attiqa: dry run, nothing was sent to {stand_in.base}; --send makes a draft: 6 x 1.80 GBP = 10.80 GBP "
        "+ 4.63 GBP fee (42.8 %, as the TOML says) = 15.43 GBP at most; 9.00 GBP an hour for 12 min\n"
    )


def test_draft_and_publication_are_two_steps_and_each_is_done_once(attiqa, words, monkeypatch, tmp_path):
    monkeypatch.setenv("PROLIFIC_TOKEN", TOKEN)
    said = []
    with standing_in() as stand_in:
        for step in ("--send", "--send", "--publish", "--publish"):
            said.append(attiqa(*words, step, "--api", stand_in.base))
    assert [code for code, _, _ in said] == [0] * 4
    phrases = ("made as a draft", "was there already", "published", "was not published, it is ACTIVE already")
    assert all(phrase in err for phrase, (_, _, err) in zip(phrases, said, strict=True))
    assert [row["status"] for row in stand_in.studies.values()] == ["ACTIVE"]
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert TOKEN not in repr(said) and not any(TOKEN.encode() in content for content in kept)


def test_without_a_token_nothing_is_sent(attiqa, words, monkeypatch):
    monkeypatch.delenv("PROLIFIC_TOKEN", raising=False)
    with standing_in() as stand_in:
        code, _, err = attiqa(*words, "--send", "--api", stand_in.base)
    assert (code, err) == (
        2,
        "attiqa: PROLIFIC_TOKEN: is not set; make a token on Prolific (API tokens) and export it\n",
    )
    assert not stand_in.asked


def test_a_wrong_token_is_one_sentence_without_it(attiqa, words, monkeypatch):
    monkeypatch.setenv("PROLIFIC_TOKEN", "aWrongToken-9876543210")
    with standing_in() as stand_in:
        code, _, err = attiqa(*words, "--send", "--api", stand_in.base)
    assert code == 3 and err.count("\n") == 1 and "aWrongToken" not in err and "PROLIFIC_TOKEN may not do this" in err
