"""The paper's tables: its numbers as they are printed there, ours in their place, and nothing made up."""

import sys

import pytest

from attiqa_core.attributes import TABLE_1_PROMPTS
from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, write_json
from experiments.paper import report, show
from experiments.paper.markdown import columns_of, grid, markdown
from experiments.paper.stored_results import read_evaluations
from experiments.paper.tables import TABLES
from experiments.paper.targets import Column, paper_name, read_targets


def evaluation(data="koniq10k", **results):
    spread = {
        "median": 0.9,
        "min": 0.88,
        "max": 0.93,
        "low": 0.89,
        "high": 0.92,
        "images_low": 0.85,
        "images_high": 0.94,
    }
    result = {"arm": "attiqa", "protocol": "finetune", "train_share": 1.0, "tested_on": data, "splits": 10,
              "trained_images": 80, "tested_images": 20, "srocc": spread, "plcc": {**spread, "median": 0.95}}  # fmt: skip
    return {
        "format": "attiqa-evaluation/1",
        "data": data,
        "images": 100,
        "split": {"kind": "random", "numbers": list(range(10)), "grouped": False},
        "arms": {"attiqa": {"source": "run", "start": "pretrained 0123", "architecture": {"backbone": "resnet50", "pooling": "last"}}},
        "recipe": {"resize": 340, "crop": 320, "frozen": [], "regressor": "mlp", "epochs": 100},
        "hardware": "a GPU",
        "commit": "abc",
        "written": "2026-11-22T00:00:00Z",
        "results": [{**result, **results}],
        "comparisons": [],
    }  # fmt: skip


def table(name):
    return next(each for each in TABLES if each.name == name)


def text(name, *evaluations, here=None, data=None):
    return markdown(table(name), evaluations, here or {}, data)


def parts_of(text):
    """The table's own part of a section, and what stands below it as measured otherwise."""
    own, _, apart = text.partition("Measured otherwise")
    return own, apart.partition("Protocol of our rows")[0]


def row_of(text: str, start: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_papers_numbers_stand_where_the_paper_has_them():
    by_cell = {(each.method, each.column): each.value for each in read_targets("table2")}
    assert by_cell["ATTIQA (Joint strategy)", Column("AVA", "AVA", "", "plcc")] == "0.761"
    assert by_cell["QPT", Column("CLIVE", "CLIVE", "", "srocc")] == "0.895"
    assert ("MUSIQ", Column("CLIVE", "CLIVE", "", "srocc")) not in by_cell  # "-" in the paper
    cross = {(each.method, *each.column[:2]): each.value for each in read_targets("table3")}
    assert cross["LIQE", "KonIQ", "FLIVE"] == "0.551" and ("LIQE", "SPAQ", "CLIVE") not in cross
    efficient = {(each.method, each.column.tested_on, each.column.condition): each.value
                 for each in read_targets("data_efficient")}  # fmt: skip
    assert efficient["ATTIQA", "CLIVE", "0.1"] == "0.820"
    assert len(columns_of(read_targets("table3"))) == 12 and len(columns_of(read_targets("table2"))) == 10


def test_table_1_is_the_prompts_that_the_library_ships():
    for target in read_targets("table1"):
        assert getattr(TABLE_1_PROMPTS[target.column.condition], target.column.metric) == target.value


def test_a_stored_result_stands_beside_the_papers_with_its_difference_and_card():
    shown = text("table2", evaluation())
    ours = row_of(shown, "**ours")
    assert ours[0] == "**ours: attiqa, finetune, resnet50, 320 px**"
    assert ours[3:5] == ["**0.900** (-0.042)", "**0.950** (-0.002)"]  # KonIQ; ATTIQA has 0.942 and 0.952
    assert ours[1] == "not run" and ours[-1] == "not run"
    assert "100 of the set's 10073 images" in shown and "a GPU; commit abc" in shown and "0.850 to 0.940" in shown
    assert "- KonIQ: not run" not in shown and "- CLIVE: not run (no CLIVE images here)" in shown


def test_cells_that_could_be_filled_here_name_the_command(tmp_path):
    shown = text("table3", here={"CLIVE": "D/clive", "KonIQ": "D/koniq --allow-missing"}, data=tmp_path)
    assert "KonIQ → CLIVE: not run (the data is here): `attiqa evaluate D/koniq --allow-missing --test-on" in shown
    assert f"SPAQ → CLIVE: not run (no SPAQ images in {tmp_path})" in shown
    commands = [line for line in shown.splitlines() if "`attiqa evaluate" in line]
    assert commands and all(line.endswith("--resume`") for line in commands)  # several share one --out


OF_VOTES = {"tested_on": "votes:mine", "votes": 9, **{name: {"median": 0.7} for name in
            ("accuracy", "accuracy_low", "accuracy_high")}}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "fitting", "unfitting"),
    [
        ("table2", {}, {"protocol": "ridge"}),
        ("table2", {}, {"protocol": "as-is"}),
        ("table2", {}, {"train_share": 0.1}),
        ("table3", {"tested_on": "clive"}, {"tested_on": "clive", "train_share": 0.1}),
        ("table3", {"tested_on": "clive"}, {"tested_on": "clive:part"}),
        ("data_efficient", {"train_share": 0.1}, {"train_share": 0.3}),
        ("data_efficient", {"train_share": 0.1}, {"train_share": 0.1, "protocol": "ridge"}),
        ("linear_probing", {"protocol": "probe"}, {}),
        ("linear_probing", {"protocol": "probe"}, {"protocol": "ridge"}),
        ("ablations", {}, {"arm": "imagenet"}),
        ("agiqa3k", {"tested_on": "agiqa3k"}, {"tested_on": "agiqa3k", "protocol": "ridge"}),
        ("agiqa3k", {"tested_on": "agiqa3k"}, {"tested_on": "agiqa3k:part"}),
        ("feature_similarity", {"feature_similarity": {"median": 0.8}}, {}),
        ("pairwise", OF_VOTES, {**OF_VOTES, "protocol": "ridge"}),
        ("pairwise", OF_VOTES, {**OF_VOTES, "train_share": 0.1}),
        ("pairwise", OF_VOTES, {**OF_VOTES, "protocol": "ridge", "train_share": 0.1}),
    ],
)
def test_a_table_takes_results_of_its_own_protocol_only(name, fitting, unfitting):
    def ours(**changes):
        own, _ = parts_of(text(name, evaluation(**changes)))
        return [cell for cell in row_of(own, "**ours")[1:] if cell != "not run"]

    assert ours(**fitting) and not ours(**unfitting)


@pytest.mark.parametrize(("data", "name"), [("flive", "FLIVE"), ("ava", "AVA")])
def test_random_splits_of_a_set_with_an_official_one_stay_out_of_the_main_table(data, name):
    random = evaluation(data)
    own, apart = parts_of(text("table2", random))
    assert row_of(own, "**ours")[1:] == ["not run"] * 10
    assert f"{name} SROCC" in apart and "random splits, not the official split" in apart and "0.900" in apart
    official = {**random, "split": {**random["split"], "kind": "official"}}
    own, apart = parts_of(text("table2", official))
    assert row_of(own, "**ours").count("not run") == 8 and not apart


def test_an_official_split_or_a_validation_part_of_a_set_with_random_ones_stays_out():
    for change, said in (
        ({"kind": "official"}, "the official split, not random splits"),
        ({"val": 0.1}, "10% of the images"),
    ):
        other = evaluation()
        other["split"] |= change
        own, apart = parts_of(text("table2", other))
        assert row_of(own, "**ours")[1:] == ["not run"] * 10 and said in apart


def test_a_regression_on_a_frozen_encoder_is_no_fine_tuning():
    frozen = evaluation(train_share=0.1)
    frozen["recipe"] |= {"frozen": ["all"], "regressor": "linear"}
    own, apart = parts_of(text("data_efficient", frozen))
    assert row_of(own, "**ours")[1:] == ["not run"] * 6
    assert row_of(apart, "attiqa, finetune")[-1] == "encoder frozen; linear regressor"


def test_a_judge_that_is_taken_as_it_is_stands_apart_whatever_it_was_evaluated_beside():
    judged = evaluation("clive", protocol="as-is", tested_on="agiqa3k", trained_images=0)
    judged["arms"] = {"attiqa": {"source": "judge:clip-iqa"}}
    own, apart = parts_of(text("agiqa3k", judged))
    assert row_of(own, "**ours")[1:] == ["not run"] * 2
    assert row_of(apart, "attiqa, as-is")[-1] == "taken as it is"


def test_votes_are_named_as_what_they_are():
    assert "**ours: attiqa, finetune, resnet50, 320 px, votes:mine**" in text("pairwise", evaluation(**OF_VOTES))


def test_an_undefined_result_is_called_undefined():
    undefined = dict.fromkeys(("median", "min", "max", "low", "high", "images_low", "images_high"))
    shown = text("table2", evaluation(srocc=undefined))
    assert row_of(shown, "**ours")[3] == "undefined"


def test_the_same_system_on_two_sets_is_one_row_and_another_recipe_another():
    other = evaluation("clive")
    larger = evaluation("clive")
    larger["recipe"] = {**larger["recipe"], "crop": 448}
    shown = text("table2", evaluation(), other, larger)
    rows = [line for line in shown.splitlines() if line.startswith("| **ours")]
    assert len(rows) == 2 and "not run" not in rows[0].split("|")[2] and "448 px" in rows[1]


def test_every_table_prints_without_any_result(tmp_path):
    for each in TABLES:
        shown = show.text_of(each, (tmp_path,))
        assert shown.startswith("## ") and "not run" in shown.lower()


def test_each_table_is_a_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["show", "table3"])
    show.main()
    assert capsys.readouterr().out.startswith("## Table 3")
    monkeypatch.setattr(sys, "argv", ["show", "table3", "--runs", "nowhere"])
    with pytest.raises(SystemExit) as left:
        show.main()
    assert left.value.code == 3 and "nowhere" in capsys.readouterr().err


def test_table_1_shows_a_stored_search(tmp_path):
    place = {"prompts": ["Crisp image", "Blurry image"], "score": 1.5, "rank": 1, "of": 2500}
    ranking = {"joint": {"best": place, "table1": {**place, "rank": 40}}}
    write_json(
        tmp_path / "prompts.json", {"format": "attiqa-prompts/1", "ranking": dict.fromkeys(TABLE_1_PROMPTS, ranking)}
    )
    shown = show.text_of(table("table1"), (tmp_path,))
    assert row_of(shown, "sharpness")[2:] == ["Crisp image / Blurry image", "1.500", "40 of 2500"]


def test_a_study_stands_beside_the_papers_win_rate(tmp_path):
    kept = {"win_rate": 0.6, "intervals": {"by vote": [0.4, 0.8], "sandwich": [0.5, 0.7]}, "deciding": "sandwich",
            "votes": 50, "scenes": 10, "raters": 5}  # fmt: skip
    pairs = [{"first": "a", "second": "b", "kept": kept, "everyone": None}]
    arms = {"a": "agent", "b": "default"}
    write_json(
        tmp_path / "analysis.json", {"format": "attiqa-study-analysis", "version": 1, "arms": arms, "pairs": pairs}
    )
    row = row_of(show.text_of(table("isp_win_rate"), (tmp_path,)), "**ours")
    assert row == ["**ours: agent over default**", "60%", "50% to 70%", "50 votes, 10 pairs, 5 people"]


def test_a_study_of_three_arms_has_a_row_for_each_pair_by_the_interval_that_decides(tmp_path):
    said = {"win_rate": 0.6, "votes": 50, "raters": 5, "scenes": 10, "deciding": "sandwich",
            "intervals": {"sandwich": [0.5, 0.7], "wilson": [0.55, 0.65]}}  # fmt: skip
    pairs = [{"first": "a", "second": "b", "kept": said}, {"first": "a", "second": "c", "kept": None}]
    arms = {"a": "agent", "b": "default", "c": "expert"}
    write_json(tmp_path / "analysis.json", {"arms": arms, "pairs": pairs})
    shown = show.text_of(table("isp_win_rate"), (tmp_path,))
    row = row_of(shown, "**ours")
    assert row == ["**ours: agent over default**", "60%", "50% to 70%", "50 votes, 10 pairs, 5 people"]
    assert shown.count("**ours") == 1 and "58%" in shown


def test_the_report_keeps_summaries_and_is_the_same_twice(tmp_path):
    run, results = tmp_path / "paper-koniq", tmp_path / "results"
    write_json(run / "summary.json", evaluation())
    options = report.Report(keep=(run,), results=results, out=tmp_path / "README.md")
    first = report.write_report(options).read_text()
    assert read_json(results / "paper-koniq.json")["data"] == "koniq10k" and "**0.900** (-0.042)" in first
    assert report.write_report(report.Report(results=results, out=tmp_path / "README.md")).read_text() == first
    write_json(tmp_path / "other" / "summary.json", {"format": "something else"})
    with pytest.raises(InputError, match="is no run of `attiqa evaluate`"):
        report.write_report(report.Report(keep=(tmp_path / "other",), results=results, out=tmp_path / "README.md"))


def test_the_committed_report_is_what_the_kept_results_give(tmp_path):
    written = report.write_report(report.Report(out=tmp_path / "README.md")).read_text()
    assert written == report.README.read_text(), "run `python -m experiments.paper.report` and commit README.md"


def test_missing_run_folders_are_named(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        read_evaluations([tmp_path / "nowhere"])


def test_names_of_sets_are_the_papers():
    assert [paper_name(name) for name in ("clive", "CLIVE", "koniq10k", "agiqa3k", "mine")] == [
        "CLIVE", "CLIVE", "KonIQ", "AGIQA-3k", "mine"]  # fmt: skip


def test_a_grid_is_a_markdown_table():
    assert grid(["a", "b"], [["1", "22222"]]) == ["| a | b     |", "| --- | ----- |", "| 1 | 22222 |"]
