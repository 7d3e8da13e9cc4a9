import pytest
from fixtures.studies import small_study

from experiments.study.making.customs import shortcomings


@pytest.mark.parametrize(("session", "rules", "said"), [
    ({"votes_per_pair": 5, "gold": 2, "traps": 2}, {"min_gold": 0.8, "min_traps": 0.8}, ()),
    ({"votes_per_pair": 4, "gold": 2, "traps": 2}, {}, ("votes_per_pair = 4: ITU-T P.910 asks for 5 votes",)),
    ({"gold": 1, "traps": 2}, {}, ("gold = 1: about one of each in 10 trials",)),
    ({"gold": 0, "traps": 0}, {"min_gold": 0.8}, ("gold = 0 and traps = 0: about", "min_gold = 0.8 is a rule, and gold = 0")),
    ({"gold": 2, "traps": 2, "repeats": 0}, {"min_repeats": 0.6}, ("min_repeats = 0.6 is a rule, and repeats = 0",)),
])  # fmt: skip
def test_what_the_field_expects_and_a_study_lacks_is_said(tmp_path, session, rules, said):
    study = small_study(tmp_path, scenes=20, session={"repeats": 2, **session}, exclusion=rules)
    found = shortcomings(study)
    assert len(found) == len(said) and all(each.startswith(start) for each, start in zip(found, said, strict=True))


def test_too_few_lists_for_five_votes_on_each_pair_are_said_with_the_number_that_is_enough(tmp_path):
    session = {"per_rater": 10, "gold": 1, "traps": 1, "repeats": 0}
    few, enough, one = (small_study(tmp_path / str(n), scenes=20, session=session, lists=n) for n in (9, 10, 1))
    assert shortcomings(few) == (
        "9 raters of 10 out of 20 pairs give 4.5 votes on each; ITU-T P.910 asks for 5 at least, that is 10 raters",
    )
    assert shortcomings(enough) == () == shortcomings(one)
