"""The report of a benchmark: one HTML file, well formed, that fetches nothing."""

import json
import re
import shutil
from html import escape

import pytest
from fixtures.report_pages import Page

from attiqa_core.files.whole import read_json, write_json
from experiments.commands.report import how_to_ask_people

CLIMBED = "NOT held out, and no evidence: tiny (what the tuners climbed)."


@pytest.fixture(scope="module")
def benchmark(raws, tiny_scorer_folder, tmp_path_factory):
    from experiments.commands import benchmark

    out = tmp_path_factory.mktemp("report") / "benchmark"
    config = benchmark.Config(
        (raws,), out, tuners=("sobol-2",), scorer=str(tiny_scorer_folder), judges=("colour-naturalness",),
        scene=r"^(s\d)_", errors=1, device="cpu",
    )  # fmt: skip
    benchmark.run(config)
    return out


@pytest.fixture
def training(tmp_path):
    run = tmp_path / "agent<1>"
    run.mkdir()
    write_json(run / "policy.json", {})
    rows = [{"timesteps": 512 * n, "reward": 0.01 * n, "validation_reward": None, "approx_kl": 0.2} for n in (1, 2, 3)]
    (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"cut')
    return run


@pytest.mark.slow
def test_a_report_is_one_well_formed_file_that_fetches_nothing(succeed, benchmark, training, tmp_path):
    out = tmp_path / "report.html"
    succeed("report", benchmark, training, "--out", out, "--title", "Raws & <rooms>")
    text = out.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == [] and all(each.startswith("data:") for each in page.fetched)
    assert "default-src 'none'" in text and not re.search(r"https?://|url\(|@import|%%", text)
    assert "<title>Raws &amp; &lt;rooms&gt;</title>" in text and "agent&lt;1&gt;" in text
    assert len(page.pictures) == 2 * 2 * 4 and all(
        picture["alt"] for picture in page.pictures
    )  # before, after; tables; raws
    ask = f"attiqa render RAWS --benchmark {benchmark} --tuners default sobol-2 --out arms; attiqa study export arms/default"
    assert ask in text
    for told in (
        "Best scene",
        "Worst scene",
        "What was not proved",
        "sobol-2",
        "2 scenes are few",
        "approx_kl rose",
        CLIMBED,
    ):
        assert told in text, told
    assert text.count("<svg") == 4  # gains of each table, reward and KL


@pytest.mark.slow
def test_each_seed_and_each_run_of_one_name_has_its_own_curves(succeed, benchmark, training, tmp_path):
    (seeds := tmp_path / "several").mkdir()
    write_json(seeds / "policy.json", {})
    shutil.copytree(training, seeds / "seed-3")
    shutil.copytree(training, other := tmp_path / "other" / training.name)
    succeed("report", benchmark, training, other, seeds, "--out", tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.count("<h2>Training of") == 3 and "several_seed-3" in text and f"other_{escape(training.name)}" in text


@pytest.mark.slow
def test_what_is_no_run_no_benchmark_or_no_html_is_refused(attiqa, benchmark, training, tmp_path):
    (tmp_path / "other").mkdir()
    for words, code, told in (
        ((tmp_path / "other", "--out", tmp_path / "r.html"), 3, "is no run"),
        ((training, "--out", tmp_path / "r.html"), 3, "0 benchmarks named"),
        ((benchmark, "--out", tmp_path / "r.pdf"), 2, "ends in .html"),
        ((tmp_path / "nowhere", "--out", tmp_path / "r.html"), 3, "nowhere"),
    ):
        given, _, err = attiqa("report", *words)
        assert given == code and told in err, err
    assert not (tmp_path / "r.html").exists()


@pytest.mark.slow
def test_a_policy_without_a_verdict_is_said_to_have_none_and_not_to_be_proved(succeed, benchmark, training, tmp_path):
    run = shutil.copytree(benchmark, tmp_path / "benchmark")
    stored = read_json(run / "standings.json")
    write_json(run / "standings.json", {**stored, "policies": {"ppo": {"run": str(training), "training": {}}}})
    succeed("report", run, "--out", tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "That the gain of ppo is real" in text and text.count("no verdict on this policy") == 2


def test_a_benchmark_whose_parameters_are_not_ours_is_rendered_by_its_own_program(tmp_path):
    (tmp_path / "results.csv").write_text("image,tuner,their_knob\nr1,default,0.5\n")
    said = how_to_ask_people(tmp_path, "sobol 2")
    assert "render both with that program; attiqa study export arms/default 'arms/sobol 2'" in said
