"""`attiqa audit --resume`: what was ended goes on, asks nothing twice, and comes to the same files."""

import json
import re
import shutil

import pytest
from fixtures.audited import action_of, policy_of

from agents.audit.examination import CHECKS
from agents.bundles.files import save_policy
from attiqa_core.scorer import Scorer

pytestmark = pytest.mark.slow

SCENE = r"^(s\d)_"
OPTIONS = ("--judges", "colour-naturalness", "--errors", "0", "--scene", SCENE, "--steps", "1", "--permutations", "1")
RESULTS = ("verdict.json", "audit.json", "audit.html")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\"sealed\": \"\w+\"")


@pytest.fixture(scope="module")
def bundle(tiny_scorer_folder, tmp_path_factory):
    policy = policy_of(action_of(exposure_ev=0.5))
    scorer = Scorer.load(tiny_scorer_folder, crops=1)
    policy.scorer.update(name=str(tiny_scorer_folder), sha256=scorer.sha256)
    return save_policy(tmp_path_factory.mktemp("bundle") / "run", policy)


def interrupted(*given, **named):
    raise KeyboardInterrupt


def written(run):
    """The results without the time of day, the seal that holds it, and where they lie."""
    return {name: TIME.sub("", (run / name).read_text(encoding="utf-8")).replace(str(run), "RUN") for name in RESULTS}


def test_ended_while_it_climbs_it_goes_on_to_the_same_files_and_does_nothing_twice(
    bundle, raws, attiqa, tmp_path, monkeypatch
):
    words = (*sorted(raws.glob("s*.dng"))[::2], *OPTIONS)
    run, other = (shutil.copytree(bundle, tmp_path / name / "run") for name in ("ended", "undisturbed"))
    code, _, err = attiqa("audit", other, *words)
    assert code == 0, err
    with monkeypatch.context() as patched:
        patched.setattr("agents.audit.temptation._scores", interrupted)  # what comes after the climbs
        assert attiqa("audit", run, *words)[0] == 130
    parts = run / ".attiqa" / "audit"
    assert (parts / "attack-0.safetensors").is_file() and not (parts / "attack.json").exists()
    assert not any((run / name).exists() for name in RESULTS)

    code, _, err = attiqa("audit", run, *words)
    assert code == 2 and "interrupted run of `attiqa audit`; go on with --resume" in err
    code, _, err = attiqa("audit", run, *words, "--seed", 1, "--resume")
    assert code == 3 and "begun with another seed (0, now 1)" in err
    described = (run / "policy.json").read_text()
    changed = {name: value for name, value in json.loads(described).items() if name != "sealed"}
    (run / "policy.json").write_text(json.dumps({**changed, "reach": 0.5}))
    code, _, err = attiqa("audit", run, *words, "--resume")
    assert code == 3 and "begun with another policy" in err
    (run / "policy.json").write_text(described)
    gain = (parts / "gain.json").read_text()
    (parts / "gain.json").write_text(json.dumps({**json.loads(gain), "state": "failed"}))
    code, _, err = attiqa("audit", run, *words, "--resume")
    assert code == 3 and "gain.json: was changed" in err and "go on with --resume" in err
    (parts / "gain.json").write_text(gain)

    with monkeypatch.context() as patched:
        patched.setattr("agents.audit.temptation.climb", interrupted)
        for check in ("gain", "judges", "constant", "pictures", "parameters"):
            patched.setitem(CHECKS, check, interrupted)
        code, _, err = attiqa("audit", run, *words, "--resume")
    assert code == 0, err
    assert written(run) == written(other) and not parts.exists()
