import re

import pytest

from attiqa_core.files.whole import read_json
from attiqa_core.sharing.model_card import PAPER_MAIN_TABLE, model_card

META = {"commit": "abc123", "written": "2026-01-02T03:04:05Z", "device": "a machine", "versions": {"torch": "9.8.7"}}
EVALUATION = {
    "data": "my photos",
    "images": 431,
    "results": [
        {
            **{"arm": "pretrained", "protocol": "finetune", "train_share": 1, "tested_on": "test", "splits": 7},
            **{"srocc": {"median": 0.6543, "min": 0.6, "max": 0.7}, "plcc": {"median": None}},
        },
        {"arm": "failed", "protocol": "finetune", "tested_on": "test", "srocc": {"median": None}},
    ],
}


@pytest.fixture
def described(tiny_scorer_folder) -> dict:
    return read_json(tiny_scorer_folder / "scorer.json")


def test_every_number_of_the_card_is_in_the_run_or_in_the_paper(described):
    card = model_card(described, "mine", meta=META, evaluation=EVALUATION)
    front, body = card.split("---\n", 2)[1:]
    measured = body.split("## Measured")[1].split("## Limits")[0]
    known = {"0.654", "0.600", "0.700", "7", "431", "50", "16", "2"}  # ResNet-50, ViT-B/16, Table 2
    known |= {f"{value:.3f}" for pair in PAPER_MAIN_TABLE.values() for value in pair} | {"10"}  # KonIQ-10k
    assert set(re.findall(r"(?<![\w.])\d+(?:\.\d+)?", measured.replace("-", " "))) <= known
    assert "value: 0.6543" in front and front.count("value:") == 1
    assert described["sha256"] in body and "9.8.7" in body and "a machine" in body and "failed" not in measured


def test_what_was_not_measured_is_said_to_be_so(described):
    card = model_card(described, "mine")
    assert "was not evaluated" in card and "model-index" not in card and "meta.json was not given" in card


def test_the_front_matter_is_yaml(described):
    yaml = pytest.importorskip("yaml")
    card = model_card(described, "a: 'name'", evaluation=EVALUATION, licence="apache-2.0")
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["license"] == "apache-2.0" and front["model-index"][0]["name"] == "a: 'name'"
    assert front["model-index"][0]["results"][0]["metrics"][0] == {
        "type": "spearmanr",
        "value": 0.6543,
        "name": "SROCC, median over splits, pretrained, finetune, tested on test",
    }
