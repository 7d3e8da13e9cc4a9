import pytest

from experiments.cli import run_command

PLAN = ["study", "plan", "--check-studies", "0"]


@pytest.mark.slow
def test_the_plan_is_a_table_cheapest_first_with_what_it_assumes(capsys):
    assert run_command(PLAN) == 0
    said = capsys.readouterr()
    assert "tastes differ by 0.50 logits, scenes by 1.00 (standard deviations; assumed: no pilot was given)" in said.out
    lines = said.out.splitlines()
    rows = [line for line in lines[lines.index("") + 2 :] if not line.startswith("on a pair:")]
    hours = [float(row.split()[-2]) for row in rows]
    assert len(hours) > 3 and hours == sorted(hours)
    assert all(float(row.split()[4]) <= 5.0 for row in rows)
    on_a_pair = [float(row.split()[3]) for row in rows]
    votes = [int(row.split()[2].replace(",", "")) for row in rows]
    assert on_a_pair == [round(count / 200, 1) for count in votes]
    assert (min(on_a_pair) < 5) == ("on a pair: ITU-T P.910 asks for 5 votes at least" in said.out)
    assert said.err.startswith("attiqa: ")


def test_what_cannot_be_reached_is_said_with_the_reason(capsys):
    assert run_command([*PLAN, "--half-width", "0.02", "--scenes", "50"]) == 0
    said = capsys.readouterr().out
    assert (
        "no size reaches 2.0 points: with 50 scenes even 10,000 raters come to" in said and "take more scenes" in said
    )


@pytest.mark.slow
def test_the_cheapest_is_simulated_and_its_errors_are_said(capsys):
    pytest.importorskip("statsmodels", reason="needs the extra `study`")
    words = ["study", "plan", "--half-width", "0.1", "--scenes", "60", "--check-studies", "20", "--seed", "3"]
    assert run_command(words) == 0
    one = capsys.readouterr().out
    assert "the cheapest, simulated 20 times: half width" in one and "one standard error of the simulation" in one
    run_command(words)
    assert capsys.readouterr().out == one
