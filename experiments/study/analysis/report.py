"""The whole analysis of a study, as the content of analysis.json. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from attiqa_core.errors import InputError
from experiments.study.analysis.checks import checks
from experiments.study.analysis.counted import main_votes, of_pair, pairs_of
from experiments.study.analysis.exclusion import Breach, Standing
from experiments.study.analysis.many_arms import ManyArms
from experiments.study.analysis.preference import preference
from experiments.study.analysis.sentence import provenance, sentence
from experiments.study.design.comparisons import comparisons_of
from experiments.study.folder import Study
from experiments.study.protocol import LEAST_VOTES, Exclusion
from experiments.study.trials import SKIPPED
from experiments.study.vote import Vote

ANALYSIS_FORMAT, ANALYSIS_VERSION = "attiqa-study-analysis", 1
SEED = 0


def analyse(study: Study, standing: Standing, many: ManyArms | None = None) -> dict[str, Any]:
    """Return the analysis of all answers to a study, each result with and without those whom its rules leave out.

    Of more than two arms, which are `many`, the sentences are those of the scale, whose pairs are tested together; `pairs`
    are each alone. Raises: InputError if no main pair was answered.
    """
    votes, kept = standing.votes, standing.kept
    if not main_votes(votes):
        raise InputError(f"study {study.study}: no pair that counts was answered; more votes are needed")
    rules = study.protocol.exclusion
    pairs = [_pair(votes, kept, first, second) for first, second in pairs_of(main_votes(votes))]
    said = {
        "format": ANALYSIS_FORMAT,
        "version": ANALYSIS_VERSION,
        "study": study.study,
        "protocol_sha256": study.protocol.sha256,
        "arms": dict(study.arms),
        "answers": study.protocol.question.answers,
        "ties_count_as": 0.5,
        "everyone": _counts(votes),
        "kept": _counts(kept),
        "votes_per_pair": _votes_per_pair(kept, study),
        "exclusion": {"rules": rules_given(rules), "left_out": _told(standing.left_out)},
        "pairs": pairs,
        "many_arms": many.content if many else None,
        "checks": {
            "kept": checks(kept, rules.hasty_seconds, SEED) if main_votes(kept) else None,
            "everyone": checks(votes, rules.hasty_seconds, SEED) if standing.left_out else None,
        },
    }
    together = said["many_arms"]["sentences"] if many else []
    return said | {"sentences": [*together, provenance(said)] if together else [sentence(pair, said) for pair in pairs]}


def rules_given(rules: Exclusion) -> dict[str, Any]:
    """Return the rules that a protocol gives, and that leave somebody out: those that differ from their defaults."""
    given = msgspec.to_builtins(rules)
    return {name: value for name, value in given.items() if value is not None and name != "hasty_seconds"}


def _pair(votes: Sequence[Vote], kept: Sequence[Vote], first: str, second: str) -> dict[str, Any]:
    all_of, kept_of = (of_pair(main_votes(some), first, second) for some in (votes, kept))
    said = {"first": first, "second": second, "kept": preference(kept_of, SEED)}
    everyone = preference(all_of, SEED, in_full=False) if len(all_of) > len(kept_of) else None
    return {**said, "everyone": everyone}


def _counts(votes: Sequence[Vote]) -> dict[str, int]:
    main = main_votes(votes)
    return {
        "raters": len({vote.rater for vote in votes}),
        "scenes": len({vote.trial.scene for vote in main}),
        "votes": len(main),
        "skipped": sum(vote.choice == SKIPPED for vote in votes),
    }


def _votes_per_pair(votes: Sequence[Vote], study: Study) -> dict[str, int]:
    """How many votes a pair of two arms in one scene has, those that nobody judged among them."""
    given = Counter(vote.trial.comparison for vote in main_votes(votes))
    counts = [given[comparison] for comparison in comparisons_of(study.scenes)]
    few = sum(count < LEAST_VOTES for count in counts)
    return {"pairs": len(counts), "least": min(counts), "most": max(counts), "few": few}


def _told(left_out: Mapping[str, Sequence[Breach]]) -> dict[str, list[dict[str, Any]]]:
    return {rater: [broken._asdict() for broken in rules] for rater, rules in left_out.items()}
