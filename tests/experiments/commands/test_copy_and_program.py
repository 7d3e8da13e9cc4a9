"""A copy of a program from the command line: trained on the copy, counted on the program; and Ctrl-C while it is made."""

import csv
import json
import os

import pytest
from fixtures.black_boxes import BLOCKS, dark_raws, described

from agents.audit.verdict import read_verdict

pytestmark = pytest.mark.slow

SMALL = ("--proxy-px", 40, "--crops", 1, "--pictures", 2, "--held-out-pictures", 1, "--held-out-share", 0.4)
BRIEF = ("--steps", 2, "--steps-per-epoch", 1, "--batch-size", 2, "--window-px", 12, "--width", 8, "--device", "cpu")


def test_trained_on_the_copy_a_policy_is_benchmarked_and_audited_on_the_program(
    succeed, attiqa, tiny_scorer_folder, tmp_path
):
    (folder := tmp_path / "held_out").mkdir()
    known, held_out = dark_raws(tmp_path, (-2.0, -1.0)), dark_raws(folder, (-1.5,))
    copy, agent, bench = (tmp_path / name for name in ("copy", "agent", "bench"))
    program = ("--isp", BLOCKS, "--isp-cache", tmp_path / "cache")
    succeed("imitate", *known, "--isp", BLOCKS, "--out", copy, "--cache", tmp_path / "cache", *SMALL, *BRIEF)
    few = ("--algo", "gradient", "--timesteps", 4, "--constant-samples", 4, "--validation-share", 0, "--allow-ungated")
    scorer = ("--scorer", tiny_scorer_folder, "--device", "cpu")
    on_copy = ("--isp", copy, "--isp-cache", tmp_path / "cache")
    succeed("train", *known, "--out", agent, "--proxy-px", 40, "--crops", 1, *few, *on_copy, *scorer)
    judges = ("--judges", "colour-naturalness")
    succeed(
        "benchmark", *held_out, "--out", bench, "--policy", agent, "--tuners", "sobol-2", *judges, *program, *scorer
    )
    rows = list(csv.DictReader((bench / "results.csv").open()))
    policy = next(row for row in rows if row["tuner"] not in ("default", "sobol-2"))
    assert json.loads((bench / "standings.json").read_text())["policies"] and "look" in policy

    code, _, err = attiqa("audit", agent, *held_out, *judges, "--isp", copy)
    assert code == 2 and "is a learned copy, and a verdict is about the program's own pictures" in err
    code, _, err = attiqa(
        "audit", agent, *held_out, *judges, *program, "--steps", 1, "--permutations", 1, "--device", "cpu"
    )
    assert code == 0 and (verdict := read_verdict(agent)) is not None, err
    assert verdict.verdict != "safe"  # one scene
    about = json.loads((agent / "audit.json").read_text())["about"]
    assert (
        "a learned copy of it, off by Delta E" in about["trained on"]
        and "there it had a reward of" in about["trained on"]
    )


CALLS_ITS_PARENT = """
import os, signal, sys, time
from pathlib import Path

raw, out, amount = sys.argv[1:]
here = Path(__file__).parent
with open(here / "calls", "a") as calls:
    calls.write(f"{os.getpid()}\\n")
if (here / "armed").exists() and len((here / "calls").read_text().splitlines()) == 4:
    (here / "armed").unlink()
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(60)
grey = bytes([round(255 * float(amount))])
open(out, "wb").write(b"P6\\n48 48\\n255\\n" + 3 * 48 * 48 * grey)
"""


def test_ctrl_c_in_imitate_ends_the_program_and_keeps_every_picture_that_was_made(attiqa, tmp_path):
    raws = dark_raws(tmp_path, (-2.0, -1.0))
    program, calls = described(tmp_path, CALLS_ITS_PARENT), tmp_path / "calls"

    def imitate(name, *more):
        where = ("--out", tmp_path / name, "--cache", tmp_path / f"{name} cache", "--jobs", 1)
        return attiqa("imitate", *raws, "--isp", program, *where, *SMALL, *BRIEF, *more)

    code, _, err = imitate("undisturbed")
    assert code == 0, err
    usual = len(calls.read_text().splitlines())
    calls.unlink()
    (tmp_path / "armed").touch()
    assert imitate("ended")[0] == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(calls.read_text().splitlines()[-1]), 0)
    code, _, err = imitate("ended")
    assert code == 2 and "interrupted run of `attiqa imitate`; go on with --resume" in err
    code, _, err = imitate("ended", "--resume")
    assert code == 0, err
    assert len(calls.read_text().splitlines()) == usual + 1
    one, other = (next((tmp_path / name).glob("learned_isp-*.safetensors")) for name in ("undisturbed", "ended"))
    assert one.name == other.name and one.read_bytes() == other.read_bytes()
