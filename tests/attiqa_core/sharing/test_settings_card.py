"""A scorer of settings is not told as one of people's opinions."""

from fixtures.settings_scorer import settings_scorer

from attiqa_core.files.whole import read_json
from attiqa_core.sharing.model_card import model_card


def test_the_card_of_a_scorer_of_settings_speaks_of_no_rated_images(tmp_path):
    card = model_card(read_json(settings_scorer(tmp_path / "reads") / "scorer.json"), "reads")
    assert "EV" in card and "No person's opinion is in it" in card
    for untrue in ("mean opinion score", "rated images", "CLIVE", "people's taste"):
        assert untrue not in card
