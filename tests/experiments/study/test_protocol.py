import msgspec

from experiments.study.protocol import Exclusion, Protocol


def test_a_protocol_has_the_hash_that_it_was_exported_with_whatever_rules_came_later():
    """Whoever changes this makes every study that was exported before unreadable."""
    assert Protocol().sha256 == "8abec8eb6ccfd90a192c9316ef62ace3c16b46bf3c538997abb320d72f65f20e"


def test_every_rule_that_is_given_is_in_the_hash():
    rules = [{name: 2 if name == "min_votes" else 0.25} for name in Exclusion.__struct_fields__]
    hashes = {msgspec.convert({"exclusion": rule}, Protocol).sha256 for rule in rules}
    assert len(hashes) == len(rules) and Protocol().sha256 not in hashes
