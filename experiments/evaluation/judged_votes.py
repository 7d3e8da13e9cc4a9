"""Ready judges on people's votes, without a data set to train on: how often each one's higher score is the chosen picture."""

from collections.abc import Sequence
from typing import Any

from experiments.evaluation.arms import Arm
from experiments.evaluation.features import FeatureStore
from experiments.evaluation.sets import VotedPairs
from experiments.evaluation.votes import agreement_by_rater, agreement_with_votes


def judged(arm: Arm, voted: VotedPairs, store: FeatureStore) -> dict[str, Any]:
    """Return what `agreement_with_votes` says of one judge, and `by_rater` of each rater."""
    scores, _ = store.judgements(arm.reference, voted.material)
    named = dict(zip(voted.images, scores.tolist(), strict=True))
    about = {"arm": arm.name, "judge": arm.reference, "sha256": store.judge(arm.reference).sha256}
    return {**about, **agreement_with_votes(voted.votes, named), "by_rater": agreement_by_rater(voted.votes, named)}


def table(results: Sequence[dict[str, Any]]) -> str:
    """Return the judges as aligned text, the one that foretells most votes first."""
    ranked = sorted(results, key=lambda each: 1.0 if each["accuracy"] is None else -each["accuracy"])
    lines = [f"{'judge':<24}{'votes foretold':<16}{'95 % interval':<18}{'majorities':<12}", *map(_line, ranked)]
    first = results[0]
    evidence = (
        f"{first['votes']} votes by {first['raters']} raters on {first['pairs']} pairs of {first['scenes']} scenes, "
        f"{first['ties_left_out']} ties left out. The interval holds for other raters and other scenes."
    )
    return "\n".join([*lines, "", evidence])


def _line(each: dict[str, Any]) -> str:
    if each["accuracy"] is None:
        return f"{each['arm']:<24}undefined: none of its scores is finite"
    low, high, majorities = (each[name] for name in ("accuracy_low", "accuracy_high", "pair_accuracy"))
    of_pairs = "undefined" if majorities is None else f"{majorities:.3f}"
    return f"{each['arm']:<24}{each['accuracy']:<16.3f}{f'{low:.3f} to {high:.3f}':<18}{of_pairs:<12}".rstrip()
