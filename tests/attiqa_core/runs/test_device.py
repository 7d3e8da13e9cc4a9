import pytest
import torch

from attiqa_core.errors import UsageError
from attiqa_core.runs.device import pick_device


def test_a_missing_cuda_device_is_a_usage_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="no CUDA device"):
        pick_device("cuda")
    assert pick_device("auto").type == "cpu"
