import importlib.util

import pytest
import torch
from fixtures.pages import ROOT

from attiqa_core.errors import UsageError
from attiqa_core.scorer import Scorer


def hub(entry: str, *args, **options):
    return torch.hub.load(str(ROOT), entry, *args, source="local", trust_repo=True, **options)


@pytest.mark.slow
def test_torch_hub_returns_the_scorer_that_ships():
    image = torch.rand(1, 3, 64, 64)
    assert torch.equal(hub("attiqa_mini", crops=1).score(image), Scorer.load("attiqa-mini", crops=1).score(image))


def test_torch_hub_takes_a_folder_and_refuses_an_unpinned_repository(tiny_scorer_folder):
    assert hub("attiqa", str(tiny_scorer_folder)).reference == str(tiny_scorer_folder)
    with pytest.raises(UsageError, match="pinned commit"):
        hub("attiqa", "org/name")


def test_the_dependencies_are_what_loading_imports():
    spec = importlib.util.spec_from_file_location("hubconf", ROOT / "hubconf.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert all(importlib.util.find_spec(name) is not None for name in module.dependencies)
