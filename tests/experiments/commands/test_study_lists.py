"""From a draft on Prolific to two lists: raters come through the server's API, and end in every way that there is."""

import csv
from pathlib import Path

import pytest
from fixtures.prolific import CODES, RECRUITMENT, TOKEN, StandIn, standing_in
from fixtures.studies import small_study
from fixtures.taking_part import SMALL, Served

from experiments.commands.study_analyse import counted_though_not_used
from experiments.study.analysis.exclusion import Standing
from experiments.study.folder import open_study


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    small_study(
        tmp_path / "study",
        scenes=6,
        session={"per_rater": 4, "votes_per_pair": 20, "gold": 1, "traps": 2, "repeats": 0},
        exclusion={"min_traps": 1.0, "max_side_share": 0.99},
        prolific=CODES,
    )
    (tmp_path / "recruitment.toml").write_text(RECRUITMENT + "raters = 20\n")
    return tmp_path / "study"


def table(path: Path, key: str) -> dict[str, dict[str, str]]:
    return {row[key]: row for row in csv.DictReader(path.read_text().splitlines())}


def take_part(stand_in: StandIn, served: Served) -> dict[str, str]:
    """Eight people come, and end in eight ways; returns the submission of each, by how it ended."""
    (study_id,) = stand_in.studies
    sessions, addresses = {}, {}
    for end in ("complete", "small-screen", "inattentive", "returned", "no-consent", "half-way", "never-came", "cheat"):
        sessions[end], addresses[end] = stand_in.take_place(study_id)
    done = served.arrive(addresses["complete"])
    done.begin()
    done.answer()
    assert stand_in.hand_in(sessions["complete"], done.finish()) == "AWAITING REVIEW"
    small = served.arrive(addresses["small-screen"]).begin(SMALL)
    assert stand_in.hand_in(sessions["small-screen"], small["return_url"]) == "AWAITING REVIEW"
    inattentive = served.arrive(addresses["inattentive"])
    inattentive.begin()
    inattentive.answer(reads=False)
    stand_in.hand_in(sessions["inattentive"], inattentive.finish())
    gone = served.arrive(addresses["returned"])
    gone.begin()
    gone.answer(3)
    stand_in.give_back(sessions["returned"])
    refusing = served.arrive(addresses["no-consent"]).begin(agreed=False)
    stand_in.hand_in(sessions["no-consent"], refusing["return_url"])
    half = served.arrive(addresses["half-way"])
    half.begin()
    half.answer(4)
    stand_in.hand_in(sessions["cheat"], "https://app.prolific.com/submissions/complete?cc=CDONE111")
    forged = served.arrive("https://study.example.org/?PROLIFIC_PID=madeup&STUDY_ID=x&SESSION_ID=forged")
    forged.begin()
    forged.answer()
    forged.finish()
    return sessions | {"forged": "forged"}


@pytest.mark.slow
def test_a_round_trip_ends_in_two_lists(succeed, folder: Path, monkeypatch):
    monkeypatch.setenv("PROLIFIC_TOKEN", TOKEN)
    with standing_in() as stand_in:
        recruit = ("study", "recruit", folder, folder.parent / "recruitment.toml", "--api", stand_in.base)
        succeed(*recruit, "--send")
        succeed(*recruit, "--publish")
        served = Served(folder)
        sessions = take_part(stand_in, served)
        votes, _ = served.store.collected(open_study(folder))
        served.close()
        out = succeed("study", "lists", folder, "--fetch", "--api", stand_in.base)
    pay, use = table(folder / "private" / "pay.csv", "submission"), table(folder / "private" / "use.csv", "rater")
    suggested = {end: pay[session]["suggestion"] for end, session in sessions.items()}
    assert suggested == {
        "complete": "approve",
        "small-screen": "ask-to-return",
        "inattentive": "reject",
        "returned": "nothing",
        "no-consent": "ask-to-return",
        "half-way": "wait",
        "never-came": "wait",
        "cheat": "look",
        "forged": "nothing",
    }
    assert len(pay[sessions["inattentive"]]["reason"]) >= 100 and "made-up names" in pay["forged"]["reason"]
    assert 0 < float(pay[sessions["returned"]]["bonus_share"]) < 1
    forged, done = (
        next(row["rater"] for row in use.values() if row["participant"] == pid)
        for pid in ("madeup", stand_in.submissions[sessions["complete"]]["participant_id"])
    )
    used = {row["participant"]: row["use"] for row in use.values()}
    pids = {
        end: stand_in.submissions[session]["participant_id"] for end, session in sessions.items() if end != "forged"
    }
    assert used[pids["complete"]] == "True" and used[pids["inattentive"]] == "False" and used["madeup"] == "False"
    assert "min_traps 1, measured 0" in next(
        row["reason"] for row in use.values() if row["participant"] == pids["inattentive"]
    )
    assert out.splitlines()[-1] == str(folder / "private" / "pay.csv")
    (note,) = counted_though_not_used(
        folder, Standing((), {}, {}, tuple(vote for vote in votes if vote.rater in (forged, done)))
    )
    assert note.startswith(f"{forged}: counts") and "Prolific knows no such submission" in note


@pytest.mark.slow
def test_identifiers_are_in_the_lists_and_the_store_alone(succeed, attiqa, folder: Path, monkeypatch):
    monkeypatch.setenv("PROLIFIC_TOKEN", TOKEN)
    served = Served(folder)
    visitor = served.arrive("https://study.example.org/?PROLIFIC_PID=5f0aPERSON&STUDY_ID=x&SESSION_ID=y")
    visitor.begin()
    visitor.answer()
    visitor.finish()
    served.close()
    out = succeed("study", "lists", folder)
    hold = {path.name for path in folder.rglob("*") if path.is_file() and b"5f0aPERSON" in path.read_bytes()}
    assert hold == {"pay.csv", "use.csv", "votes.sqlite"} and "PERSON" not in out
    code, _, err = attiqa("study", "lists", folder)
    assert code == 2 and "--overwrite" in err
    assert attiqa("study", "lists", folder, "--overwrite")[0] == 0
    code, _, err = attiqa("study", "lists", folder, "--overwrite", "--fetch", "--api", "http://127.0.0.1:9/")
    assert code == 3 and "no study was made at http://127.0.0.1:9/; run `attiqa study recruit --send`" in err


def test_without_a_store_there_is_one_sentence(attiqa, folder: Path):
    code, _, err = attiqa("study", "lists", folder)
    assert code == 3 and err.count("\n") == 1 and "`attiqa study serve` makes it" in err
    assert not list((folder / "private").glob("*.csv"))
