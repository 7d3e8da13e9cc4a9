"""What a bundle says of a scorer that is several joined, and what is said when one of them is not what it was."""

import re
import shutil

import pytest
from fixtures.policies import random_policy
from fixtures.tiny_net import tiny_net

from agents.bundles.files import load_policy, save_policy
from agents.bundles.names import DESCRIPTION
from agents.bundles.scorer import open_scorer, recorded_scorer
from agents.sharing.bundle_export import export_bundle
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.judges import create_metric
from attiqa_core.scorer import MosRange, Preprocessing, Scorer, save_scorer
from isp_env.core import Task


@pytest.fixture
def parts(tmp_path, tiny_scorer_folder):
    """Two folders of one scorer."""
    return [shutil.copytree(tiny_scorer_folder, tmp_path / name) for name in ("one", "two+")]


@pytest.fixture
def run(tmp_path, parts):
    """A bundle that was trained against both."""
    scorer = recorded_scorer(create_metric("+".join(map(str, parts))))
    return save_policy(tmp_path / "run", random_policy(Task(proxy_px=32, crops=0), scorer=scorer))


def test_a_bundle_records_the_hash_of_each_part_and_opens_with_them(run, parts, tiny_scorer):
    policy = load_policy(run)
    assert policy.scorer["parts"] == [{"name": str(part), "sha256": tiny_scorer.sha256} for part in parts]
    assert open_scorer(policy, run).sha256 == policy.scorer["sha256"]
    assert "parts" not in recorded_scorer(tiny_scorer)


def test_a_part_that_moved_is_given_with_the_others(run, parts, tmp_path):
    moved = parts[1].rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"is 2 judges joined.*name all of them with --scorer") as refused:
        open_scorer(load_policy(run), run)
    assert str(parts[1]) in str(refused.value) and "a judge is one of" not in str(refused.value)
    assert open_scorer(load_policy(run), run, f"{parts[0]}+{moved}").name == "one+elsewhere"


def test_a_part_that_changed_is_named(run, parts):
    shutil.rmtree(parts[1])
    other = Scorer.load(save_scorer(parts[1], tiny_net(4), Preprocessing(72, 64), MosRange(0.0, 100.0), {}))
    with pytest.raises(InputError, match=re.escape(f"({parts[1]} is {other.sha256[:12]} and was ")):
        open_scorer(load_policy(run), run)


def test_a_bundle_has_room_for_one_scorer(run, parts, tmp_path):
    with pytest.raises(UsageError, match="is 2 judges joined, and a bundle has room for one") as refused:
        export_bundle(run, tmp_path / "sent", with_scorer=True)
    assert all(str(part) in str(refused.value) for part in parts) and not (tmp_path / "sent").exists()


@pytest.mark.parametrize("strange", [{"a": 1}, [1], [{"name": "one"}]])
def test_parts_that_are_none_are_refused(run, strange):
    described = read_json(run / DESCRIPTION)
    described["scorer"]["parts"] = strange
    write_json(run / DESCRIPTION, described, seal=True)
    with pytest.raises(InputError, match="copy the bundle again"):
        load_policy(run)
