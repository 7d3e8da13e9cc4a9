"""Numbers and words that stay as they are while the code around them moves.

The stored values were recorded before the moves of issue 7, at the commit that pins.json names. Whoever changes one on purpose
records them again (`PYTHONPATH=.:tests python tests/pins/record.py`) and says so in CHANGELOG.md. Tolerances are those of fp32 sums in
another order on another processor, not of this machine.
"""

import json
from pathlib import Path

import pytest
from fixtures.pinned import PHOTOS, action, help_options, render_cells, scores
from pytest import approx

HERE = Path(__file__).parent
PINS = json.loads((HERE / "pins.json").read_text())


@pytest.mark.parametrize("photo", [*(pytest.param(each, marks=pytest.mark.slow) for each in PHOTOS[:-1]), PHOTOS[-1]])
def test_attiqa_mini_scores_a_packaged_photo_as_it_did(photo):
    mos, attributes = scores(photo)
    assert mos == approx(PINS["scores"][photo]["mos"], abs=1e-4)
    assert attributes == approx(PINS["scores"][photo]["attributes"], abs=2e-3)


@pytest.mark.parametrize("look", ["linear", "camera"])
def test_a_render_is_as_it_was(look):
    assert render_cells(look) == approx(PINS["renders"][look], abs=1e-4)


def test_a_stored_policy_acts_as_it_did():
    assert action(HERE / "policy") == approx(PINS["action"], abs=1e-5)


@pytest.mark.parametrize("command", PINS["help"])
def test_every_option_of_a_command_keeps_its_name_its_words_and_its_default(command):
    shown = help_options(command)
    changed = [option for option in PINS["help"][command] if option not in shown]
    assert not changed, f"attiqa {command} --help no longer says: {changed}"
