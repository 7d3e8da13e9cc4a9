"""The protocols of known studies are ones that `attiqa study export` takes."""

from pathlib import Path

import pytest

from experiments import cli
from experiments.study.protocol import read_protocol

STUDIES = sorted((Path(cli.__file__).parent / "presets" / "studies").glob("*.toml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_stored_protocol_can_be_read(path):
    assert len(read_protocol(path).sha256) == 64


def test_the_papers_study_asks_for_one_of_two_and_everybody_for_all_pairs():
    protocol = read_protocol(next(path for path in STUDIES if path.stem == "paper"))
    session = protocol.session
    assert protocol.question.answers == "two" and session.per_rater == 0
    assert session.training == session.repeats == session.gold == session.traps == 0
