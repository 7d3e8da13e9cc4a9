import shutil

import msgspec
import pytest

from attiqa_core.errors import InputError
from experiments.study.making.settled import protocol_toml, settled_protocol
from experiments.study.page.languages.reading import FOLDER
from experiments.study.protocol import Exclusion, Protocol, Question, read_protocol


def settled(file=None, **session):
    return settled_protocol(file, question={"text": session.pop("text", None), "answers": None}, session=session)


def test_without_a_file_and_flags_it_is_the_default_one():
    assert settled() == Protocol()


def test_flags_come_before_the_file_and_the_file_before_the_defaults(tmp_path):
    (tmp_path / "p.toml").write_text(
        '[question]\ntext = "Which is sharper?"\nanswers = "tie"\n[session]\ngold = 4\ntraps = 3\n'
    )
    protocol = settled(tmp_path / "p.toml", gold=2, traps=None, per_rater=0)
    assert (protocol.question.text, protocol.question.answers) == ("Which is sharper?", "tie")
    assert (protocol.session.gold, protocol.session.traps, protocol.session.training) == (2, 3, 5)
    assert settled(tmp_path / "p.toml", text="Which?").question.text == "Which?"


def test_what_is_frozen_is_read_back_as_the_same_with_the_same_hash(tmp_path):
    odd = 'A "quoted" \\ line\nof ünïcode \x7f\t'
    protocol = Protocol(
        name=odd,
        question=Question(text=odd, answers="five", languages=("de", "en")),
        exclusion=Exclusion(min_gold=0.8, min_median_seconds=1e-3, max_side_share=1.0),
    )
    (tmp_path / "p.toml").write_text(protocol_toml(protocol), encoding="utf-8")
    again = read_protocol(tmp_path / "p.toml")
    assert again == protocol and again.sha256 == protocol.sha256


def test_language_files_are_found_beside_the_protocol_and_stand_in_it_whole(tmp_path):
    (tmp_path / "sub").mkdir()
    shutil.copy(FOLDER / "de.toml", tmp_path / "sub" / "nl.toml")
    (tmp_path / "sub" / "p.toml").write_text('[question]\nlanguages = ["en", "nl.toml"]\n')
    assert settled(tmp_path / "sub" / "p.toml").question.languages == ("en", str(tmp_path / "sub" / "nl.toml"))
    (tmp_path / "sub" / "nl.toml").unlink()
    with pytest.raises(InputError, match=r"nl\.toml: no such file"):
        settled(tmp_path / "sub" / "p.toml")


@pytest.mark.parametrize("content", ["[session]\ngold = -1\n", "[sesion]\n", "[exclusion]\nmin_agreement = nan\n", "["])
def test_a_protocol_that_is_none_is_one_sentence_with_its_file(tmp_path, content):
    (tmp_path / "p.toml").write_text(content)
    with pytest.raises(InputError, match=r"p\.toml"):
        settled(tmp_path / "p.toml")


def test_every_field_of_a_protocol_is_in_its_toml():
    text = protocol_toml(Protocol())
    tables = msgspec.to_builtins(Protocol())
    for table, content in tables.items():
        if isinstance(content, dict):
            assert f"[{table}]" in text
            assert all(f"\n{key} = " in text for key, value in content.items() if value is not None)
