"""Where a study asks for less than the field expects: told at the export, when it can still be changed. Pure."""

from experiments.study.design.comparisons import comparisons_of
from experiments.study.folder import Study
from experiments.study.protocol import LEAST_VOTES

TRIALS_PER_CHECK = 10
"""A gold trial and a trap in so many trials. Source: the defaults of ITU-T P.808's open toolkit for crowds."""


def shortcomings(study: Study) -> tuple[str, ...]:
    """Return a sentence for each; none about numbers of raters where one list is for all, or for trying out."""
    return (*_few_votes(study), *_few_checks(study), *_rules_without_trials(study))


def _shown(study: Study) -> tuple[int, int]:
    """How many pairs there are, and how many a rater judges."""
    pairs = len(comparisons_of(study.scenes))
    return pairs, study.protocol.session.per_rater or pairs


def _few_votes(study: Study) -> tuple[str, ...]:
    pairs, shown = _shown(study)
    quota, lists = study.protocol.session.votes_per_pair, len(study.lists)
    if quota and quota < LEAST_VOTES:
        return (f"votes_per_pair = {quota}: ITU-T P.910 asks for {LEAST_VOTES} votes on each pair at least",)
    if lists > 1 and lists * shown < LEAST_VOTES * pairs:
        wanted = -(-LEAST_VOTES * pairs // shown)
        return (
            f"{lists} raters of {shown} out of {pairs} pairs give {lists * shown / pairs:.1f} votes on each; "
            f"ITU-T P.910 asks for {LEAST_VOTES} at least, that is {wanted} raters",
        )
    return ()


def _few_checks(study: Study) -> tuple[str, ...]:
    session = study.protocol.session
    wanted = (_shown(study)[1] + session.repeats) // TRIALS_PER_CHECK
    few = [f"{kind} = {asked}" for kind, asked in (("gold", session.gold), ("traps", session.traps)) if asked < wanted]
    if len(study.lists) == 1 or not few:
        return ()
    return (
        f"{' and '.join(few)}: about one of each in {TRIALS_PER_CHECK} trials tells who does not look, here {wanted}; "
        "raters whom nobody watches need them",
    )


def _rules_without_trials(study: Study) -> tuple[str, ...]:
    """Rules that leave nobody out, as what they measure is never asked."""
    session, rules = study.protocol.session, study.protocol.exclusion
    asked = {"min_gold": session.gold, "min_traps": session.traps, "min_repeats": session.repeats}
    return tuple(
        f"{rule} = {getattr(rules, rule):g} is a rule, and {rule.removeprefix('min_')} = 0: it can leave nobody out"
        for rule, trials in asked.items()
        if getattr(rules, rule) is not None and not trials
    )
