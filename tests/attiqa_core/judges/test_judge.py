import subprocess
import sys

import pytest
import torch
from fixtures.judges import fake_pyiqa
from fixtures.seeded import uniform

from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges import JUDGES, PUBLISHED_BASELINES, create_metric
from attiqa_core.judges.judge import Kind
from attiqa_core.judges.pyiqa import score_bounds


@pytest.fixture
def pyiqa(monkeypatch):
    module = fake_pyiqa()
    monkeypatch.setitem(sys.modules, "pyiqa", module)
    return module


@pytest.fixture
def images():
    return uniform(3, 3, 40, 50)


def raw(images):
    return torch.stack([50 * image.mean() - image.std() for image in images])


def test_a_pyiqa_metric_is_mapped_to_the_unit_interval(pyiqa, images):
    judge = create_metric("pyiqa:musiq")
    torch.testing.assert_close(judge.score(images), raw(images) / 100)
    assert pyiqa.asked["as_loss"] is True and pyiqa.asked["loss_reduction"] == "none"
    assert judge.name == judge.reference == "pyiqa:musiq" and len(judge.sha256) == 64


def test_where_lower_is_better_the_score_is_turned_and_the_name_says_so(pyiqa, images):
    judge = create_metric("pyiqa:piqe")
    torch.testing.assert_close(judge.score(images), 1 - raw(images) / 100)
    assert "lower was better" in judge.name and judge.reference == "pyiqa:piqe" and not judge.lower_better


def test_an_open_range_keeps_the_metrics_own_numbers(pyiqa, images):
    judge = create_metric("pyiqa:entropy")
    torch.testing.assert_close(judge.score(images), raw(images))
    assert judge.score_range == "~, ~" and create_metric("pyiqa:musiq").score_range == "~0, ~1"


def test_gradients_pass_and_neighbours_do_not_matter(pyiqa, images):
    judge = create_metric("pyiqa:musiq")
    leaf = images.clone().requires_grad_(True)
    scores, attributes = judge.read(leaf)
    scores.sum().backward()
    assert (
        leaf.grad is not None
        and leaf.grad.abs().sum() > 0
        and attributes.shape == (3, 0)
        and judge.attribute_names == ()
    )
    assert torch.equal(scores, torch.cat([judge(image[None]) for image in images]))
    assert not judge.score(leaf).requires_grad and judge.with_crops(1) is judge


def test_the_hash_follows_the_weights(pyiqa):
    judge, other = create_metric("pyiqa:musiq"), create_metric("pyiqa:musiq")
    assert judge.sha256 == other.sha256
    other.metric.weight.data += 1
    assert judge.sha256 != other.sha256 != create_metric("pyiqa:entropy").sha256


def test_without_pyiqa_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyiqa", None)
    with pytest.raises(InputError, match=r"pip install attiqa-isp\[judges\]"):
        create_metric("pyiqa:musiq")


def test_unknown_metrics_and_missing_weights_are_explained(pyiqa):
    with pytest.raises(UsageError, match="near it: musiq"):
        create_metric("pyiqa:musik")
    with pytest.raises(InputError, match=r"nothing.*cannot fetch weights\)"):
        create_metric("pyiqa:nothing")


@pytest.mark.parametrize(
    ("described", "bounds"),
    [("~0, ~100", (0, 100)), ("1, 5", (1, 5)), ("~-1, ~0.1", (-1, 0.1)), ("0, ~", None), (None, None)],
)
def test_bounds_are_read_from_words(described, bounds):
    assert score_bounds(described) == bounds


@pytest.mark.slow
def test_scorers_are_found_by_folder_and_by_shipped_name(tiny_scorer_folder, images):
    judge = create_metric(tiny_scorer_folder, crops=1)
    assert judge.name == "tiny" and judge.score(images).shape == (3,)
    assert create_metric("attiqa-mini").name == "attiqa-mini"


def test_an_unknown_name_lists_every_kind_of_judge(tmp_path):
    for unknown in ("no-such", str(tmp_path)):
        with pytest.raises(InputError, match="no such judge") as refused:
            create_metric(unknown)
        assert unknown in str(refused.value) and all(kind.reference in str(refused.value) for kind in JUDGES.values())


def test_a_judge_of_ones_own_is_one_row_more(tmp_path, monkeypatch):
    (tmp_path / "my_judges.py").write_text(
        "import torch\n"
        "from attiqa_core.network.frozen_judge import FrozenJudge\n"
        "class Brightness(FrozenJudge):\n"
        "    device, crops = torch.device('cpu'), 1\n"
        "    def _read(self, images):\n"
        "        return images.mean((1, 2, 3)), images.new_zeros(len(images), 0)\n"
        "def brightness(reference, device='cpu', crops=1):\n"
        "    return Brightness()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    row = Kind("mean of the pixels", "brightness", lambda reference: reference == "brightness", "my_judges:brightness")
    monkeypatch.setitem(JUDGES, "brightness", row)
    assert create_metric("brightness").score(torch.full((1, 3, 8, 8), 0.25)).tolist() == [0.25]


@pytest.mark.slow
def test_looking_at_the_table_of_judges_loads_no_network():
    heavy = "import sys, attiqa_core.judges; print([m for m in ('open_clip', 'timm', 'pyiqa', 'onnxruntime') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("metric", ["numpy", "detached"])
def test_a_metric_without_gradients_says_so_and_refuses_to_give_them(pyiqa, images, metric):
    judge = create_metric(f"pyiqa:{metric}")
    assert not judge.differentiable and judge.score(images).shape == (3,)
    with pytest.raises(UsageError, match=rf"pyiqa:{metric}: gives no gradients"):
        judge(images.requires_grad_(True))


def test_every_baseline_has_a_name_in_pyiqa_or_says_why_not():
    assert all(baseline.pyiqa or baseline.note for baseline in PUBLISHED_BASELINES)
    methods = {baseline.method for baseline in PUBLISHED_BASELINES}
    assert {
        "DBCNN",
        "HyperIQA",
        "CONTRIQUE",
        "MUSIQ",
        "TReS",
        "Re-IQA",
        "QPT",
        "CLIP-IQA+",
        "LIQE",
        "ARNIQA",
    } <= methods
