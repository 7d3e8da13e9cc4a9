import csv
import json

import numpy as np
import pytest
from PIL import Image

from attiqa_core.errors import InputError, UsageError
from attiqa_core.photos.images import read_picture, to_images
from attiqa_core.scorer import Scorer
from experiments.commands import evaluate, study_export
from experiments.commands.study_analyse import Config, run
from experiments.evaluation import votes as choices
from experiments.options.rated_data import RatedData
from experiments.study.key import PICTURES, make_key, read_key
from experiments.study.pairs import design
from experiments.study.votes import read_all, read_votes

NAMES = [f"shot{index}" for index in range(10)]


@pytest.fixture
def study(tmp_path):
    trials = design(NAMES, 4, np.random.default_rng(2))
    pairs = {name: {side: {"file": f"{side}-{name}.jpg"} for side in "ab"} for name in NAMES}
    key = make_key(trials, pairs, names={"a": "agent", "b": "default"}, question="?", ties=True, seed=2)
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "key.json").write_text(json.dumps(key))
    return tmp_path


def side_of(key, trial, wanted):
    """The side on which A ("a") or B ("b") stood, or the answer itself."""
    if wanted not in ("a", "b"):
        return wanted
    return "left" if key.trials[trial].left == wanted else "right"


def result(study, rater="anna", wanted=lambda trial: "a", **changes):
    """What a rater sends back; `wanted` says for each trial whether A, B or what else was answered."""
    key = read_key(study)
    votes = [
        {"trial": name, "choice": side_of(key, name, wanted(trial)), "ms": 1500, "zoomed": False, "revised": False}
        for name, trial in key.trials.items()
    ]
    head = {"format": "attiqa-study-votes", "version": 1, "study": key.study, "rater": rater, "complete": True}
    return {**head, "votes": votes, **changes}


def hand_in(study, content, name="votes.json"):
    path = study / "results" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def analysis_of(study, *paths, **options):
    outcome = run(Config(study, tuple(paths), **options))
    return json.loads(outcome.path.read_text()), outcome


def test_a_rater_who_always_takes_a_gives_it_every_win_whatever_the_side(study, capsys):
    analysis, outcome = analysis_of(study, hand_in(study, result(study)))
    assert analysis["wins"] == {"a": 10, "b": 0, "ties": 0} and analysis["win_rate"] == 1.0
    assert analysis["repeats"]["answered"] == analysis["repeats"]["same"] == 4
    assert abs(analysis["sides"]["left"] - analysis["sides"]["right"]) <= 1
    assert outcome.failures == ()
    printed = capsys.readouterr().out
    assert "agent over default" in printed and "100.0%" in printed and "58%" in printed


def test_a_rater_who_always_presses_left_is_seen_and_moves_nothing(study):
    analysis, _ = analysis_of(study, hand_in(study, result(study, wanted=lambda trial: "left")))
    assert analysis["win_rate"] == 0.5
    assert analysis["sides"] == {"left": 14, "right": 0, "p_value": pytest.approx(2 / 2**14)}
    assert analysis["repeats"]["same"] == 0


def test_ties_count_half_and_repeats_not_at_all_for_the_win_rate(study):
    def wanted(trial):
        return "b" if trial.repeat_of else {"shot0": "tie", "shot1": "a"}.get(trial.pair, "b")

    analysis, _ = analysis_of(study, hand_in(study, result(study, wanted=wanted)))
    assert analysis["wins"] == {"a": 1, "b": 8, "ties": 1} and analysis["win_rate"] == pytest.approx(0.15)
    assert analysis["votes"] == 10


def test_tables_by_image_and_by_rater_are_written(study):
    files = [
        hand_in(study, result(study, "anna"), "1.json"),
        hand_in(study, result(study, "ben", lambda trial: "b" if trial.pair == "shot3" else "a"), "2.json"),
    ]
    analysis, outcome = analysis_of(study, *files)
    assert (analysis["raters"], analysis["images"], analysis["votes"]) == (2, 10, 20)
    images = {row["image"]: row for row in csv.DictReader((outcome.path.parent / "images.csv").open())}
    assert images["shot3"]["a_wins"] == images["shot3"]["b_wins"] == "1" and images["shot4"]["a_wins"] == "2"
    raters = {row["rater"]: row for row in csv.DictReader((outcome.path.parent / "raters.csv").open())}
    assert raters["ben"]["a_win_rate"] == "0.9000" and float(raters["anna"]["left_share"]) == pytest.approx(0.5)


def test_the_votes_that_count_are_written_as_choices_between_two_pictures(study):
    def wanted(trial):
        return "b" if trial.repeat_of else {"shot0": "tie", "shot1": "a", "shot2": "skipped"}.get(trial.pair, "b")

    files = [
        hand_in(study, result(study, "Anna", wanted), "1.json"),
        hand_in(study, result(study, "ben"), "2.json"),
        hand_in(study, {**result(study, "anna"), "votes": result(study)["votes"][:1]}, "again.json"),
        hand_in(study, "{", "odd.json"),
    ]
    _, outcome = analysis_of(study, *files)
    votes = choices.read_votes(outcome.path.parent / "votes.csv")
    assert len(votes) == 9 + 10 and {vote.rater for vote in votes} == {"anna", "ben"}  # no repeat, skip or second file
    of_anna = {vote.image_a: vote.choice for vote in votes if vote.rater == "anna"}
    assert of_anna["a-shot0.jpg"] == "tie" and of_anna["a-shot1.jpg"] == "a" and of_anna["a-shot3.jpg"] == "b"
    assert all(vote.image_b == "b" + vote.image_a[1:] for vote in votes)


@pytest.mark.slow
def test_a_vote_on_the_page_reaches_a_judge(tmp_path, tiny_scorer_folder):
    """Two folders of pictures, a study, what a rater sent back, its analysis, and how often a judge chooses alike."""
    random = np.random.default_rng(0)
    for side, brightest in (("bright", 255), ("dark", 90)):
        (tmp_path / side).mkdir()
        for name in NAMES[:4]:
            pixels = random.integers(0, brightest, (60, 80, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / side / f"{name}.png")
    study = tmp_path / "study"
    study_export.run(study_export.Config((tmp_path / "bright", tmp_path / "dark"), study, seed=3))
    scorer = Scorer.load(tiny_scorer_folder)
    scores = {
        path.name: scorer.score(to_images(read_picture(path)[None])).item() for path in (study / PICTURES).iterdir()
    }
    files = read_key(study).files

    def as_the_judge(trial):
        return max("ab", key=lambda side: scores[files[trial.pair][side]])

    paths = [hand_in(study, result(study, rater, as_the_judge), f"{rater}.json") for rater in ("anna", "ben")]
    analysis = run(Config(study, (*paths, hand_in(study, result(study, "cora"), "cora.json")))).path

    rated = tmp_path / "rated.csv"
    names = sorted(scores)
    rated.write_text("image,mos\n" + "".join(f"{name},{number}\n" for number, name in enumerate(names)))
    config = evaluate.Config(
        rated, tmp_path / "run", arm=(f"tiny=judge:{tiny_scorer_folder}",), splits=1, device="cpu",
        data=RatedData(images=study / PICTURES),
        votes=analysis.parent / "votes.csv", votes_images=study / PICTURES,
    )  # fmt: skip
    rows = (evaluate.run(config).path / "splits.jsonl").read_text().splitlines()
    row = next(row for row in map(json.loads, rows) if row["tested_on"] == "votes:votes")
    chosen_a = sum(as_the_judge(trial) == "a" for trial in read_key(study).trials.values())
    assert row["votes"] == 12 and row["pairs"] == 4 and row["raters"] == 3
    assert row["accuracy"] == pytest.approx((4 + 4 + chosen_a) / 12)  # cora always takes A


BROKEN = {
    "not JSON": "{",
    "nested too deeply": "[" * 100_000,
    "another file": {"format": "recipe"},
    "another version": {"version": 2},
    "another study": {"study": "0123456789ab"},
    "no rater": {"rater": "  "},
    "no votes": {"votes": []},
    "votes that are a number": {"votes": 3},
    "unknown trial": {"votes": [{"trial": "t9999", "choice": "left", "ms": 1}]},
    "trial that is a list": {"votes": [{"trial": [], "choice": "left", "ms": 1}]},
    "a trial twice": {"votes": [{"trial": "t0001", "choice": "left", "ms": 1}] * 2},
    "unknown answer": {"votes": [{"trial": "t0001", "choice": "a", "ms": 1}]},
    "answer that is a list": {"votes": [{"trial": "t0001", "choice": [], "ms": 1}]},
    "no time": {"votes": [{"trial": "t0001", "choice": "left"}]},
    "a time of NaN": {"votes": [{"trial": "t0001", "choice": "left", "ms": float("nan")}]},
    "a time that is true": {"votes": [{"trial": "t0001", "choice": "left", "ms": True}]},
    "only skipped pairs": {"votes": [{"trial": "t0001", "choice": "skipped", "ms": 0}]},
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_result_is_an_input_error_that_names_it(study, content):
    path = hand_in(study, content if isinstance(content, str) else {**result(study), **content}, "odd.json")
    with pytest.raises(InputError, match=r"odd\.json"):
        read_votes(path, read_key(study))


def test_a_broken_result_is_left_out_and_the_rest_is_analysed(study, tmp_path):
    hand_in(study, result(study), "good.json")
    hand_in(study, "{", "odd.json")
    analysis, outcome = analysis_of(study, study / "results", study / "absent.json")
    assert analysis["raters"] == 1
    assert len(outcome.failures) == 2 and analysis["left_out"] == list(outcome.failures)


def test_a_rater_counts_once_by_the_fuller_file(study):
    key = read_key(study)
    whole = result(study, "Anna ")
    paths = [
        hand_in(study, {**whole, "votes": whole["votes"][:5]}, "early.json"),
        hand_in(study, {**whole, "rater": "anna"}, "late.json"),
    ]
    for order in (paths, paths[::-1]):
        votes, complaints = read_all(order, key)
        assert len(votes) == 14
        assert len(complaints) == 1 and "early.json: left out" in complaints[0]


def test_ties_are_refused_where_the_page_offered_none(study):
    path = study / "private" / "key.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "ties": False}))
    with pytest.raises(InputError, match="tie"):
        read_votes(hand_in(study, result(study, wanted=lambda trial: "tie")), read_key(study))


def test_nothing_usable_is_an_input_error(study):
    with pytest.raises(InputError, match="no result can be used"):
        run(Config(study, (hand_in(study, "{"),)))
    with pytest.raises(InputError, match=r"no \.json files"):
        (study / "empty").mkdir()
        run(Config(study, (study / "empty",)))
    with pytest.raises(InputError, match=r"key\.json"):
        run(Config(study / "empty", (study / "results",)))


def test_a_changed_key_is_refused(study):
    path = study / "private" / "key.json"
    key = json.loads(path.read_text())
    for change in ({"format": "x"}, {"version": 9}, {"trials": 1}, {"trials": [key["trials"][0]] * 2}, {"names": {}},
                   {"pairs": {}}):  # fmt: skip
        path.write_text(json.dumps({**key, **change}))
        with pytest.raises(InputError, match=r"key\.json"):
            read_key(study)


def test_an_earlier_analysis_is_kept_unless_told_otherwise(study):
    path = hand_in(study, result(study))
    before, _ = analysis_of(study, path)
    with pytest.raises(UsageError, match="--overwrite"):
        run(Config(study, (path,)))
    again, _ = analysis_of(study, path, overwrite=True)
    assert again == before
