import json

from attiqa_core.runs.metrics import append_metrics


def test_a_metric_that_is_not_finite_is_null_in_the_run_folder(tmp_path):
    append_metrics(tmp_path, {"epoch": 1, "loss": float("nan"), "accuracy": {"a": [float("inf"), 0.5]}})
    line = (tmp_path / "metrics.jsonl").read_text()
    assert "NaN" not in line and {**json.loads(line), "crc": 0} == {"crc": 0, "epoch": 1, "loss": None, "accuracy": {"a": [None, 0.5]}}
