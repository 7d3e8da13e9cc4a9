import csv
import json

import numpy as np
import pytest
from fixtures.handed_in import file_of, hand_in, repeated_study
from PIL import Image

from attiqa_core.errors import InputError, UsageError
from attiqa_core.photos.images import read_picture, to_images
from attiqa_core.scorer import Scorer
from experiments.commands import evaluate, study_export
from experiments.commands.study_analyse import Config, run
from experiments.evaluation import votes as choices
from experiments.options.rated_data import RatedData
from experiments.study.folder import PICTURES, open_study

pytestmark = pytest.mark.slow


@pytest.fixture
def study(tmp_path):
    return repeated_study(tmp_path)


def analysis_of(folder, *paths, **options):
    outcome = run(Config(folder, tuple(paths), **options))
    return json.loads(outcome.path.read_text()), outcome


def table(outcome, name):
    return list(csv.DictReader((outcome.path.parent / name).open()))


def test_a_rater_who_always_takes_a_gives_it_every_win_whatever_the_side(study, tmp_path, capsys):
    analysis, outcome = analysis_of(tmp_path, hand_in(tmp_path, file_of(study)))
    (pair,) = analysis["pairs"]
    assert pair["kept"]["wins"] == {"first": 10, "second": 0, "ties": 0} and pair["kept"]["win_rate"] == 1.0
    checks = analysis["checks"]["kept"]
    assert checks["repeats"]["answered"] == checks["repeats"]["same"] == 4
    assert checks["gold"]["rate"] == checks["traps"]["rate"] == 1.0
    assert outcome.failures == () and analysis["protocol_sha256"] == study.protocol.sha256
    printed = capsys.readouterr().out
    assert "agent over default" in printed and "100.0%" in printed and "these raters only" in printed


def test_nobody_elses_number_stands_under_a_users_own_result(study, tmp_path, capsys):
    analysis, _ = analysis_of(tmp_path, hand_in(tmp_path, file_of(study)))
    assert "paper" not in analysis and "58%" not in capsys.readouterr().out


def test_a_rater_who_always_presses_left_is_seen_and_moves_nothing(study, tmp_path):
    analysis, _ = analysis_of(tmp_path, hand_in(tmp_path, file_of(study, lambda trial: "left")))
    assert analysis["pairs"][0]["kept"]["win_rate"] == 0.5
    sides = analysis["checks"]["kept"]["sides"]
    assert (sides["left"], sides["right"], sides["p_by_vote"]) == (14, 0, pytest.approx(2 / 2**14))
    assert analysis["checks"]["kept"]["repeats"]["same"] == 0


def test_ties_count_half_and_repeats_not_at_all_for_the_win_rate(study, tmp_path):
    def wanted(trial):
        return "b" if trial.repeat_of else {"shot0": "tie", "shot1": "a"}.get(trial.scene, "b")

    analysis, _ = analysis_of(tmp_path, hand_in(tmp_path, file_of(study, wanted)))
    kept = analysis["pairs"][0]["kept"]
    assert kept["wins"] == {"first": 1, "second": 8, "ties": 1} and kept["win_rate"] == pytest.approx(0.15)
    assert kept["without_ties"]["win_rate"] == pytest.approx(1 / 9) and kept["votes"] == 10
    assert analysis["votes_per_pair"] == {"pairs": 10, "least": 1, "most": 1, "few": 10}


def test_tables_by_image_and_by_rater_and_every_answer_are_written(study, tmp_path):
    files = [
        hand_in(tmp_path, file_of(study, rater="anna"), "1.json"),
        hand_in(tmp_path, file_of(study, lambda trial: "b" if trial.scene == "shot3" else "a", rater="ben"), "2.json"),
    ]
    _, outcome = analysis_of(tmp_path, *files)
    images = {row["image"]: row for row in table(outcome, "images.csv")}
    assert (
        images["shot3"]["first_wins"] == images["shot3"]["second_wins"] == "1" and images["shot4"]["first_wins"] == "2"
    )
    raters = {row["rater"]: row for row in table(outcome, "raters.csv")}
    assert raters["ben"]["first_win_rate"] == "0.9000" and float(raters["anna"]["left_share"]) == pytest.approx(0.5)
    trials = table(outcome, "trials.csv")
    assert len(trials) == 36 and {row["kind"] for row in trials} == {"main", "repeat", "gold", "trap"}
    assert all(row["chosen"] == ("default" if row["rater"] == "ben" and row["scene"] == "shot3" else "agent")
               for row in trials if row["kind"] == "main")  # fmt: skip


def test_names_that_begin_as_a_formula_are_no_formula_in_any_table(study, tmp_path):
    rater = '=HYPERLINK("http://example.org")'
    _, outcome = analysis_of(tmp_path, hand_in(tmp_path, file_of(study, rater=rater)))
    for name in ("raters.csv", "trials.csv", "votes.csv"):
        cells = [cell for row in csv.reader((outcome.path.parent / name).open()) for cell in row]
        assert any(cell.startswith("'=") for cell in cells), name
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells), name
    assert {vote.rater for vote in choices.read_votes(outcome.path.parent / "votes.csv")} == {rater.casefold()}


def test_the_votes_that_count_are_written_as_choices_between_two_pictures(study, tmp_path):
    def wanted(trial):
        return "b" if trial.repeat_of else {"shot0": "tie", "shot1": "a", "shot2": "skipped"}.get(trial.scene, "b")

    again = file_of(study, rater="anna")
    files = [
        hand_in(tmp_path, file_of(study, wanted, rater="Anna"), "1.json"),
        hand_in(tmp_path, file_of(study, rater="ben"), "2.json"),
        hand_in(tmp_path, {**again, "votes": again["votes"][:1]}, "again.json"),
        hand_in(tmp_path, "{", "odd.json"),
    ]
    _, outcome = analysis_of(tmp_path, *files)
    votes = choices.read_votes(outcome.path.parent / "votes.csv")
    assert len(votes) == 9 + 10 and {vote.rater for vote in votes} == {"anna", "ben"}  # no repeat, skip or second file
    of_anna = {vote.image_a: vote.choice for vote in votes if vote.rater == "anna"}
    assert of_anna["a-shot0.jpg"] == "tie" and of_anna["a-shot1.jpg"] == "a" and of_anna["a-shot3.jpg"] == "b"
    assert all(vote.image_b == "b" + vote.image_a[1:] for vote in votes)


def test_those_whom_the_rules_leave_out_are_named_with_the_rule_and_count_beside_not_within(tmp_path, capsys):
    study = repeated_study(tmp_path, exclusion={"max_side_share": 0.9, "min_traps": 1.0})
    for rater in ("anna", "ben", "cora"):
        hand_in(tmp_path, file_of(study, rater=rater), f"{rater}.json")
    hand_in(tmp_path, file_of(study, lambda trial: "left", rater="dan"), "dan.json")
    analysis, outcome = analysis_of(tmp_path, tmp_path / "results")
    (pair,) = analysis["pairs"]
    assert pair["kept"]["win_rate"] == 1.0 and pair["everyone"]["win_rate"] == pytest.approx(0.875)
    rules = {broken["rule"]: broken["measured"] for broken in analysis["exclusion"]["left_out"]["dan"]}
    assert rules == {"max_side_share": 1.0, "min_traps": 0.5}
    raters = {row["rater"]: row for row in table(outcome, "raters.csv")}
    assert raters["dan"]["left_out_by"] == "min_traps 1, measured 0.5; max_side_share 0.9, measured 1"
    assert raters["anna"]["left_out_by"] == "" and raters["anna"]["min_traps_measured"] == "1"
    assert {vote.rater for vote in choices.read_votes(outcome.path.parent / "votes.csv")} == {"anna", "ben", "cora"}
    printed = capsys.readouterr().out
    assert "1 rater left out by rules fixed beforehand" in printed and "with everyone 87.5%" in printed
    assert study.protocol.sha256[:12] in printed


def test_a_study_of_three_arms_has_a_result_for_each_pair_that_was_voted_on(tmp_path):
    study = repeated_study(tmp_path, arms=3, lists=2)
    for number in range(2):
        hand_in(tmp_path, file_of(study, number=number), f"{number}.json")
    analysis, outcome = analysis_of(tmp_path, tmp_path / "results")
    assert [(pair["first"], pair["second"]) for pair in analysis["pairs"]] == [("a", "b")]
    assert len(table(outcome, "pwcmp.csv")) == 10 * 3


@pytest.mark.slow
def test_a_vote_on_the_page_reaches_a_judge(tmp_path, tiny_scorer_folder):
    """Two folders of pictures, a study, what a rater sent back, its analysis, and how often a judge chooses alike."""
    random = np.random.default_rng(0)
    names = [f"shot{index}" for index in range(4)]
    for side, brightest in (("bright", 255), ("dark", 90)):
        (tmp_path / side).mkdir()
        for name in names:
            pixels = random.integers(0, brightest, (60, 80, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / side / f"{name}.png")
    folder = tmp_path / "study"
    study_export.run(study_export.Config((tmp_path / "bright", tmp_path / "dark"), folder, seed=3))
    scorer = Scorer.load(tiny_scorer_folder)
    scores = {
        path.name: scorer.score(to_images(read_picture(path)[None])).item() for path in (folder / PICTURES).iterdir()
    }
    study = open_study(folder)

    def as_the_judge(trial):
        if trial.kind != "main":
            return "left"
        files = study.scenes[trial.scene].files
        return max((trial.left, trial.right), key=lambda side: scores[files[side]])

    wishes = {"anna": as_the_judge, "ben": as_the_judge, "cora": lambda trial: "a"}
    paths = [hand_in(folder, file_of(study, wanted, rater=rater), f"{rater}.json") for rater, wanted in wishes.items()]
    analysis = run(Config(folder, tuple(paths))).path

    rated = tmp_path / "rated.csv"
    rated.write_text("image,mos\n" + "".join(f"{name},{number}\n" for number, name in enumerate(sorted(scores))))
    config = evaluate.Config(
        rated, tmp_path / "run", arm=(f"tiny=judge:{tiny_scorer_folder}",), splits=1, device="cpu",
        data=RatedData(images=folder / PICTURES),
        votes=analysis.parent / "votes.csv", votes_images=folder / PICTURES,
    )  # fmt: skip
    rows = (evaluate.run(config).path / "splits.jsonl").read_text().splitlines()
    row = next(row for row in map(json.loads, rows) if row["tested_on"] == "votes:votes")
    chosen_a = sum(as_the_judge(trial) == "a" for trial in study.lists[0].trials if trial.kind == "main")
    assert row["votes"] == 12 and row["pairs"] == 4 and row["raters"] == 3
    assert row["accuracy"] == pytest.approx((4 + 4 + chosen_a) / 12)  # cora always takes A


def test_a_broken_result_is_left_out_and_the_rest_is_analysed(study, tmp_path):
    hand_in(tmp_path, file_of(study), "good.json")
    hand_in(tmp_path, "{", "odd.json")
    analysis, outcome = analysis_of(tmp_path, tmp_path / "results", tmp_path / "absent.json")
    assert analysis["kept"]["raters"] == 1
    assert len(outcome.failures) == 2 and analysis["left_out"] == list(outcome.failures)


def test_nothing_usable_is_an_input_error(study, tmp_path):
    with pytest.raises(InputError, match="no result can be used"):
        run(Config(tmp_path, (hand_in(tmp_path, "{"),)))
    with pytest.raises(InputError, match=r"no \.json files"):
        (tmp_path / "empty").mkdir()
        run(Config(tmp_path, (tmp_path / "empty",)))
    with pytest.raises(InputError, match=r"key\.json"):
        run(Config(tmp_path / "empty", (tmp_path / "results",)))
    only_checks = {**file_of(study), "votes": file_of(study)["votes"][14:]}
    with pytest.raises(InputError, match="no pair that counts"):
        run(Config(tmp_path, (hand_in(tmp_path, only_checks),)))


def test_without_files_there_must_be_a_store(study, tmp_path):
    with pytest.raises(UsageError, match="no results named"):
        run(Config(tmp_path))
    with pytest.raises(UsageError, match="--store"):
        run(Config(tmp_path, (hand_in(tmp_path, file_of(study)),), store=tmp_path / "votes.sqlite"))


def test_an_earlier_analysis_is_kept_unless_told_otherwise(study, tmp_path):
    path = hand_in(tmp_path, file_of(study))
    before, _ = analysis_of(tmp_path, path)
    with pytest.raises(UsageError, match="--overwrite"):
        run(Config(tmp_path, (path,)))
    again, _ = analysis_of(tmp_path, path, overwrite=True)
    assert again == before
