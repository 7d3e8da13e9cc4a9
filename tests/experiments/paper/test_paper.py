"""The paper's tables: its numbers as they are printed there, ours in their place, and nothing made up."""

import importlib

import pytest

from attiqa_core.attributes import TABLE_1_PROMPTS
from attiqa_core.errors import InputError
from attiqa_core.files import read_json, write_json
from experiments.paper import report, show
from experiments.paper.stored_results import read_evaluations
from experiments.paper.table import columns_of, grid, markdown
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


def module(name):
    return importlib.import_module(f"experiments.paper.{name}")


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
    text = markdown(module("table2").TABLE, [evaluation()], {}, None)
    ours = row_of(text, "**ours")
    assert ours[0] == "**ours: attiqa, finetune, resnet50, 320 px**"
    assert ours[3:5] == ["**0.900** (-0.042)", "**0.950** (-0.002)"]  # KonIQ; ATTIQA has 0.942 and 0.952
    assert ours[1] == "not run" and ours[-1] == "not run"
    assert "100 of the set's 10073 images" in text and "a GPU; commit abc" in text and "0.850 to 0.940" in text
    assert "- KonIQ: not run" not in text and "- CLIVE: not run (no CLIVE images here)" in text


def test_cells_that_could_be_filled_here_name_the_command(tmp_path):
    text = markdown(module("table3").TABLE, [], {"CLIVE": "D/clive", "KonIQ": "D/koniq --allow-missing"}, tmp_path)
    assert "KonIQ → CLIVE: not run (the data is here): `attiqa evaluate D/koniq --allow-missing --test-on" in text
    assert f"SPAQ → CLIVE: not run (no SPAQ images in {tmp_path})" in text
    commands = [line for line in text.splitlines() if "`attiqa evaluate" in line]
    assert commands and all(line.endswith("--resume`") for line in commands)  # several share one --out


@pytest.mark.parametrize(
    ("table", "fitting", "unfitting"),
    [
        ("table2", {}, {"protocol": "ridge"}),
        ("table2", {}, {"train_share": 0.1}),
        ("table3", {"tested_on": "clive"}, {}),
        ("table3", {"tested_on": "clive"}, {"tested_on": "clive:part"}),
        ("data_efficient", {"train_share": 0.1}, {"train_share": 0.3}),
        ("linear_probing", {"protocol": "probe"}, {}),
        ("ablations", {}, {"arm": "imagenet"}),
        ("agiqa3k", {"tested_on": "agiqa3k"}, {"tested_on": "agiqa3k", "protocol": "ridge"}),
        ("feature_similarity", {"feature_similarity": {"median": 0.8}}, {}),
        ("pairwise", {"tested_on": "votes:mine", "votes": 9, **{name: {"median": 0.7} for name in
                      ("accuracy", "accuracy_low", "accuracy_high")}}, {}),
    ],
)  # fmt: skip
def test_a_table_takes_results_of_its_own_protocol_only(table, fitting, unfitting):
    def ours(**changes):
        text = markdown(module(table).TABLE, [evaluation(**changes)], {}, None)
        return [cell for cell in row_of(text, "**ours")[1:] if cell != "not run"]

    assert ours(**fitting) and not ours(**unfitting)


def test_an_undefined_result_is_called_undefined():
    undefined = dict.fromkeys(("median", "min", "max", "low", "high", "images_low", "images_high"))
    text = markdown(module("table2").TABLE, [evaluation(srocc=undefined)], {}, None)
    assert row_of(text, "**ours")[3] == "undefined"


def test_the_same_system_on_two_sets_is_one_row_and_another_recipe_another():
    other = evaluation("clive")
    larger = evaluation("clive")
    larger["recipe"] = {**larger["recipe"], "crop": 448}
    text = markdown(module("table2").TABLE, [evaluation(), other, larger], {}, None)
    rows = [line for line in text.splitlines() if line.startswith("| **ours")]
    assert len(rows) == 2 and "not run" not in rows[0].split("|")[2] and "448 px" in rows[1]


def test_every_table_prints_without_any_result(tmp_path):
    for name in show.TABLES:
        text = module(name).text(show.Options(runs=(tmp_path,)))
        assert text.startswith("## ") and "not run" in text.lower()


def test_table_1_shows_a_stored_search(tmp_path):
    place = {"prompts": ["Crisp image", "Blurry image"], "score": 1.5, "rank": 1, "of": 2500}
    ranking = {"joint": {"best": place, "table1": {**place, "rank": 40}}}
    write_json(
        tmp_path / "prompts.json", {"format": "attiqa-prompts/1", "ranking": dict.fromkeys(TABLE_1_PROMPTS, ranking)}
    )
    text = module("table1").text(show.Options(runs=(tmp_path,)))
    assert row_of(text, "sharpness")[2:] == ["Crisp image / Blurry image", "1.500", "40 of 2500"]


def test_a_study_stands_beside_the_papers_win_rate(tmp_path):
    write_json(tmp_path / "analysis.json", {"win_rate": 0.6, "clustered_95": [0.5, 0.7], "votes": 50, "images": 10,
                                            "raters": 5, "names": {"a": "agent", "b": "default"}})  # fmt: skip
    row = row_of(module("isp_win_rate").text(show.Options(runs=(tmp_path,))), "**ours")
    assert row == ["**ours: agent over default**", "60%", "50% to 70%", "50 votes, 10 pairs, 5 people"]


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
