import json

import numpy as np

from attiqa_core.evaluation.intervals import Judged
from experiments.evaluation.summary import summarise, table


def test_undefined_coefficients_stay_null_to_the_end():
    row = {"arm": "a", "protocol": "ridge", "train_share": 1.0, "split": 0, "tested_on": "x", "trained_images": 4,
           "tested_images": 5} | dict.fromkeys(("srocc", "plcc", "plcc_logistic", "krocc"), None) | {"rmse": 1.0}  # fmt: skip
    constant = Judged([f"{index}" for index in range(5)], np.arange(5.0), np.ones(5))
    summary = summarise([row], lambda cell, split: constant)
    (result,) = summary["results"]
    assert result["srocc"]["median"] is None and result["srocc"]["undefined"] == 1
    assert result["srocc"]["images_low"] is None and "undefined" in table(summary)
    json.dumps(summary, allow_nan=False)


def test_a_split_without_a_best_epoch_is_counted_as_undefined():
    cell = {
        "arm": "a",
        "protocol": "finetune",
        "train_share": 1.0,
        "tested_on": "x",
        "trained_images": 4,
        "tested_images": 5,
    }
    scores = dict.fromkeys(("srocc", "plcc", "plcc_logistic", "krocc", "rmse"), 0.5)
    rows = [{**cell, **scores, "split": 0}, {**cell, **scores, "split": 1}]
    rows[1]["best_on_test"] = {"epoch": 3, "srocc": 0.7, "plcc": 0.6}
    for each in (rows, [rows[1], {**rows[0], "split": 2}]):
        (result,) = summarise(each, lambda cell, split: Judged(["a", "b"], np.arange(2.0), np.arange(2.0)))["results"]
        assert result["best_on_test"]["srocc"]["median"] == 0.7 and result["best_on_test"]["srocc"]["undefined"] == 1
